/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>

#include "engine/dice.h"

/* The finisher of splitmix64: every bit of the input moves every other. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

uint64_t dice_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return mix(hash);
}

struct dice dice_of(const char *text)
{
	return (struct dice){ dice_hash(text) };
}

struct dice dice_of_part(const char *text, size_t n)
{
	return (struct dice){ mix(dice_hash(text) + n * 0x9e3779b97f4a7c15u) };
}

static uint64_t roll(struct dice *dice)
{
	dice->state += 0x9e3779b97f4a7c15u;
	return mix(dice->state);
}

size_t dice_below(struct dice *dice, size_t n)
{
	assert(n > 0);
	return (size_t)(roll(dice) % n);
}

double dice_unit(struct dice *dice)
{
	return (double)(roll(dice) >> 11) * 0x1.0p-53;
}

double dice_between(struct dice *dice, double from, double to)
{
	return from + (to - from) * dice_unit(dice);
}

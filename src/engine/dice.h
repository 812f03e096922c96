/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_DICE_H
#define ENGINE_DICE_H

/**
 * Choices that look random and are not: they follow from a text, so that the
 * same request gives the same story, the same pictures and the same faults
 * on every host and in every run.
 */

#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/** A well mixed hash of `text`; NULL counts as "". */
uint64_t dice_hash(const char *text);

/** Dice that fall as `text` says. */
struct dice dice_of(const char *text);

/** Dice for part `n` of what `text` is about. */
struct dice dice_of_part(const char *text, size_t n);

/** 0 .. n - 1; n is not 0. */
size_t dice_below(struct dice *dice, size_t n);

/** 0 <= x < 1. */
double dice_unit(struct dice *dice);

/** from <= x < to. */
double dice_between(struct dice *dice, double from, double to);

#endif

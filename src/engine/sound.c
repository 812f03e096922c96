/* SPDX-License-Identifier: MIT */

/*
 * The engines that make sound: speech is a soft tone for each word, as high
 * and as long as the word has it; music is a broken chord in the mood. Both
 * are WAV of 16 bits, one channel.
 */

#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/dice.h"
#include "engine/picture.h"
#include "engine/role.h"
#include "engine/storage.h"
#include "engine/words.h"

enum {
	RATE = 16000,
	MAX_SECONDS = 60,
	MUSIC_BARS = 4,
	TTS_CENTS = 5,
	MUSIC_CENTS = 8,
};

static void put_number(struct strbuf *out, unsigned int number, size_t bytes)
{
	for (; bytes > 0; bytes--, number >>= 8)
		strbuf_addc(out, (char)(number & 0xff));
}

/* Add a tone that swells and fades; frequency 0 is silence. */
static void put_tone(struct strbuf *samples, double frequency, double seconds)
{
	int n = (int)(seconds * RATE), i;

	for (i = 0; i < n; i++) {
		double at = (double)i / RATE;
		double swell = sin(M_PI * i / n);
		double wave = sin(2 * M_PI * frequency * at) +
			      0.3 * sin(4 * M_PI * frequency * at);
		int sample = (int)(7000 * swell * wave);

		put_number(samples, (unsigned int)sample & 0xffff, 2);
	}
}

static double note(size_t step)
{
	/* Five tones that never clash. */
	static const int scale[] = { 0, 2, 4, 7, 9 };

	return 220 * pow(2, (scale[step % 5] + 12 * (int)(step / 5)) / 12.0);
}

static void put_speech(struct strbuf *samples, const char *text)
{
	while (*text && !samples->is_full) {
		size_t len = strcspn(text, " \n");
		char *word = xstrndup(text, len);
		struct dice dice = dice_of(word);

		put_tone(samples, note(dice_below(&dice, 10)),
			 0.10 + 0.02 * (double)MIN(len, 12));
		put_tone(samples, 0, 0.05);
		free(word);
		text += len;
		text += *text != '\0';
	}
}

static void put_music(struct strbuf *samples, enum mood mood, struct dice *dice)
{
	double beat = mood == MOOD_JOYFUL || mood == MOOD_TENSE ? 0.22 : 0.36;
	size_t bar, i;

	for (bar = 0; bar < MUSIC_BARS; bar++) {
		size_t root = dice_below(dice, 4);

		for (i = 0; i < 8; i++)
			put_tone(samples, note(root + i % 4 * 2), beat);
	}
}

/* Where a sound belongs: DIR/episodes/EPISODE/NAME. */
struct sound {
	const char *episode;
	const char *name;
	struct strbuf samples;
};

/* Store it; `out` gets {file, seconds, bytes}. Empties the sound. */
static int save(const struct role_ctx *ctx, struct sound *sound, jv *out,
		struct err *err)
{
	char *path =
		storage_place(ctx->storage, sound->episode, sound->name, err);
	unsigned int len = (unsigned int)sound->samples.len;
	struct strbuf head = { 0 };
	size_t bytes;
	int rc = -1;

	strbuf_adds(&head, "RIFF");
	put_number(&head, 36 + len, 4);
	strbuf_adds(&head, "WAVEfmt ");
	put_number(&head, 16, 4);
	put_number(&head, 1, 2); /* PCM */
	put_number(&head, 1, 2);
	put_number(&head, RATE, 4);
	put_number(&head, RATE * 2, 4);
	put_number(&head, 2, 2);
	put_number(&head, 16, 2);
	strbuf_adds(&head, "data");
	put_number(&head, len, 4);
	strbuf_add(&head, strbuf_str(&sound->samples), len);
	if (path && storage_write(path, &head, &bytes, err) == 0) {
		*out = jv_object();
		body_set_text(out, "file", path);
		body_set(out, "seconds",
			 jv_number(round(len / 2.0 / RATE * 100) / 100));
		body_set_size(out, "bytes", bytes);
		rc = 0;
	}
	strbuf_release(&head);
	strbuf_release(&sound->samples);
	free(path);
	return rc;
}

/* The speech of one page; `arg` is the episode. */
static int speak_page(const struct role_ctx *ctx, jv page, size_t place,
		      void *arg, jv *out, struct err *err)
{
	size_t index = picture_index(page, place);
	char *name = xasprintf("audio/%02zu.wav", index + 1);
	struct sound sound = { arg,
			       name,
			       { .max = (size_t)MAX_SECONDS * RATE * 2 } };
	const char *text = json_str(page, "text");
	int rc;

	put_speech(&sound.samples, text ? text : "");
	rc = save(ctx, &sound, out, err);
	if (rc == 0)
		body_set_size(out, "index", index);
	free(name);
	return rc;
}

int role_tts(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	char *episode = body_episode(body, err);
	jv pages = jv_null(), audio;
	int rc = -1;

	if (episode &&
	    body_array(body, "pages", PICTURES_MAX, &pages, err) == 0)
		rc = role_map(ctx, pages, speak_page, episode, &audio, err);
	if (rc == 0) {
		*out = jv_object();
		body_set(out, "audio", audio);
		role_set_cost(out, TTS_CENTS, 0, 12);
	}
	jv_free(pages);
	free(episode);
	return rc;
}

int role_music(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	char *episode = body_episode(body, err);
	char *mood = body_text(body, "mood", "");
	struct sound sound = { episode,
			       "audio/music.wav",
			       { .max = (size_t)MAX_SECONDS * RATE * 2 } };
	struct dice dice;
	jv music;
	int rc = -1;

	if (episode) {
		dice = dice_of(episode);
		put_music(&sound.samples,
			  (enum mood)word_find(mood_words, mood, MOOD_CALM),
			  &dice);
		rc = save(ctx, &sound, &music, err);
	}
	if (rc == 0) {
		*out = jv_object();
		body_set(out, "music", music);
		role_set_cost(out, MUSIC_CENTS, 0, 12);
	}
	free(mood);
	free(episode);
	return rc;
}

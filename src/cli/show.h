/* SPDX-License-Identifier: MIT */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

/**
 * How runs, steps and times look, in text and in JSON: the same in every
 * command. Times are milliseconds since 1970 by the server's clock (0: has not
 * happened), shown in the user's time zone and as ISO 8601 in UTC in JSON.
 */

#include <stdint.h>

#include "base/json.h"
#include "base/num.h"
#include "base/util.h"

struct err;
struct out;
struct rundown;
struct strbuf;
struct cmd_ctx;
struct view_list;
struct view_row;

/** A line on stderr for people, not about an error; dim on a terminal. */
void show_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/**
 * The run that the user named. When the name could mean an episode too, a
 * note says so. As resolve_run().
 */
int show_find_run(const struct cmd_ctx *ctx, const char *name,
		  uint64_t *run_id_out, struct err *err) MUST_CHECK;

/**
 * The step that the user named, "image" or "rendering#2" for one round of it,
 * else its latest. NULL with an error that lists the steps there are.
 */
const struct view_row *show_find_step(const struct rundown *rundown,
				      const char *name, struct err *err);

/** "01:22:19", with the date before it unless it is that of `now_ms`. */
enum {
	SHOW_TIME = 32,
	SHOW_COST = 32,
	SHOW_ID = 24,
};
const char *show_time(int64_t ms, int64_t now_ms, char buf[SHOW_TIME]);

/** How long a run or step took, or takes so far; "" before it starts. */
const char *show_took(const struct view_row *row, int64_t now_ms,
		      char buf[DUR_TEXT]);

/** "1.12" for "1.120000"; "" for nothing. */
const char *show_cost(const char *cost, char buf[SHOW_COST]);

/** The episode's number; "-" without one. */
const char *show_episode(int has_episode, uint64_t episode_id,
			 char buf[SHOW_ID]);

/** "run 67  pipeline.full  episode 25", appended. */
void show_title(struct strbuf *sb, const struct view_row *run);

/** A step or item: "image", "rendering #2" in a later round, "image[5]". */
void show_name(struct strbuf *sb, const struct view_row *row);

/** "12:00:00 (in 4m)", appended. */
void show_until(struct strbuf *sb, int64_t ms, int64_t now_ms);

/**
 * "done in 2m54s, 4m ago, cost 1.12", appended; without colour where `out` is
 * NULL.
 */
void show_state(const struct out *out, struct strbuf *sb,
		const struct view_row *run, int64_t now_ms);

/** A state as a word of its colour, appended; `out` as above. */
void show_status(const struct out *out, struct strbuf *sb, const char *status);

/**
 * Bytes from outside as text of one line, LIMIT_MESSAGE at most; NULL is
 * nothing. Appended.
 */
void show_line(struct strbuf *sb, const char *text);

/** " (text, director are kept)", appended; nothing for NULL. */
void show_kept(struct strbuf *sb, const char *names);

/** `object` with one more member. Takes both, as jv_object_set(). */
jv show_json_set(jv object, const char *key, jv value) MUST_CHECK;

jv show_json_time(int64_t ms) MUST_CHECK;
jv show_json_text(const char *text) MUST_CHECK;

/** A number, or a string of digits where a double could not hold it. */
jv show_json_id(uint64_t id) MUST_CHECK;
jv show_json_episode(int has_episode, uint64_t episode_id) MUST_CHECK;

/** "text, director" as an array, NULL as an empty one; names hold no comma. */
jv show_json_names(const char *names) MUST_CHECK;

/**
 * Add to object `v`, which is taken, the fields that runs and steps have in
 * common.
 */
jv show_json_row(jv v, const struct view_row *row, int64_t now_ms) MUST_CHECK;

/** A step or item: its name, what it is, and those. */
jv show_json_step(const struct view_row *step, int64_t now_ms) MUST_CHECK;

/** A run, pipeline, episode and those. */
jv show_json_run(const struct view_row *run, int64_t now_ms) MUST_CHECK;

#endif

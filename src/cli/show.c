/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/resolve.h"
#include "store/rundown.h"

void show_note(const char *fmt, ...)
{
	const char *no_colour = getenv("NO_COLOR");
	int is_dim = isatty(STDERR_FILENO) && !(no_colour && *no_colour);
	struct strbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "%s%s%s\n", is_dim ? "\033[2m" : "",
		      strbuf_str(&text), is_dim ? "\033[0m" : "");
	strbuf_release(&text);
}

int show_find_run(const struct cmd_ctx *ctx, const char *name,
		  uint64_t *run_id_out, struct err *err)
{
	struct resolved found;

	if (resolve_run(ctx->db, name, &found, err))
		return -1;
	if (found.is_also_episode)
		show_note("%s is also an episode: stepq %s episode:%s", name,
			  ctx->cmd->name, name);
	*run_id_out = found.run_id;
	return 0;
}

const struct view_row *show_find_step(const struct rundown *rundown,
				      const char *name, struct err *err)
{
	size_t len = strcspn(name, " #");
	char *step = xstrndup(name, len);
	const struct view_row *found = NULL;
	struct strbuf names = { 0 };
	uint64_t round = 0;
	size_t i;

	name += len + strspn(name + len, " ");
	if (*name == '\0' || (*name == '#' && num_u64(name + 1, &round) == 0))
		found = rundown_step(rundown, step, (uint32_t)round);
	for (i = 1; !found && i < rundown->list.n; i++)
		if (rundown->list.rows[i].round == 1)
			strbuf_addf(&names, "%s%s", names.len ? ", " : "",
				    rundown->list.rows[i].step);
	if (!found) {
		(void)err_set(err, ERR_NOT_FOUND,
			      "run %" PRIu64 " has no step '%s%s'",
			      rundown->list.rows[0].id, step, name);
		if (strchr(step, '['))
			(void)err_hint(err,
				       "stepq status %" PRIu64
				       " %.*s lists"
				       " the items of a map",
				       rundown->list.rows[0].id,
				       (int)strcspn(step, "["), step);
		else
			(void)err_hint(err, "one of %s", strbuf_str(&names));
	}
	strbuf_release(&names);
	free(step);
	return found;
}

const char *show_time(int64_t ms, int64_t now_ms, char buf[SHOW_TIME])
{
	time_t seconds = (time_t)(ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm then, today;
	int is_today;

	buf[0] = '\0';
	if (ms == 0 || !localtime_r(&seconds, &then) ||
	    !localtime_r(&now, &today))
		return buf;
	is_today =
		then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
	(void)strftime(buf, SHOW_TIME,
		       is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
	return buf;
}

static int64_t took_ms(const struct view_row *row, int64_t now_ms)
{
	return (row->completed_ms ? row->completed_ms : now_ms) -
	       row->started_ms;
}

const char *show_took(const struct view_row *row, int64_t now_ms,
		      char buf[DUR_TEXT])
{
	if (row->started_ms == 0) {
		buf[0] = '\0';
		return buf;
	}
	return dur_format(took_ms(row, now_ms), buf);
}

const char *show_cost(const char *cost, char buf[SHOW_COST])
{
	const char *point = cost ? strchr(cost, '.') : NULL;
	size_t len = cost ? strlen(cost) : 0;

	buf[0] = '\0';
	if (len == 0 || len >= SHOW_COST || strspn(cost, "0.") == len)
		return buf;
	while (point && len > (size_t)(point - cost) + 3 &&
	       cost[len - 1] == '0')
		len--;
	memcpy(buf, cost, len);
	buf[len] = '\0';
	return buf;
}

const char *show_episode(int has_episode, uint64_t episode_id,
			 char buf[SHOW_ID])
{
	if (has_episode)
		(void)snprintf(buf, SHOW_ID, "%" PRIu64, episode_id);
	else
		(void)snprintf(buf, SHOW_ID, "-");
	return buf;
}

void show_line(struct strbuf *sb, const char *text)
{
	if (text)
		strbuf_add_excerpt(sb, text, strlen(text), LIMIT_MESSAGE);
}

void show_title(struct strbuf *sb, const struct view_row *run)
{
	strbuf_addf(sb, "run %" PRIu64 "  ", run->id);
	show_line(sb, run->pipeline);
	if (run->has_episode)
		strbuf_addf(sb, "  episode %" PRIu64, run->episode_id);
}

void show_name(struct strbuf *sb, const struct view_row *row)
{
	show_line(sb, row->step);
	if (row->round > 1)
		strbuf_addf(sb, " #%" PRIu32, row->round);
	if (row->kind == VIEW_ITEM)
		strbuf_addf(sb, "[%" PRIu32 "]", row->item);
}

void show_until(struct strbuf *sb, int64_t ms, int64_t now_ms)
{
	char time[SHOW_TIME], age[OUT_AGE];

	strbuf_addf(sb, "%s (%s)", show_time(ms, now_ms, time),
		    out_age(now_ms - ms, age));
}

void show_status(const struct out *out, struct strbuf *sb, const char *status)
{
	if (out)
		out_styled(out, sb, out_status_style(status), status);
	else
		strbuf_adds(sb, status);
}

void show_state(const struct out *out, struct strbuf *sb,
		const struct view_row *run, int64_t now_ms)
{
	char took[DUR_TEXT], cost[SHOW_COST], age[OUT_AGE];
	int64_t ago_ms = now_ms - run->completed_ms;

	show_status(out, sb, state_name(run->state));
	if (!state_is_final(run->state)) {
		int64_t since =
			run->started_ms ? run->started_ms : run->created_ms;

		strbuf_addf(sb, " for %s", dur_format(now_ms - since, took));
		if (run->started_ms)
			strbuf_addf(sb, ", %.0f %%", run->progress);
	} else {
		if (run->started_ms)
			strbuf_addf(sb, " %s %s",
				    run->state == STATE_DONE ? "in" : "after",
				    show_took(run, now_ms, took));
		if (run->completed_ms)
			strbuf_addf(sb, ", %s",
				    ago_ms < 1000 ? "just now"
						  : out_age(ago_ms, age));
	}
	if (*show_cost(run->cost, cost))
		strbuf_addf(sb, ", cost %s", cost);
	if (run->kind == VIEW_RUN && run->origin_id)
		strbuf_addf(sb, ", repeats run %" PRIu64, run->origin_id);
}

jv show_json_time(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char date[SHOW_TIME];
	struct tm tm;

	if (ms == 0 || !gmtime_r(&seconds, &tm) ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return jv_null();
	return jv_string_fmt("%s.%03dZ", date, (int)(ms % 1000));
}

jv show_json_text(const char *text)
{
	return text ? jv_string(text) : jv_null();
}

jv show_json_id(uint64_t id)
{
	return id >> 53 ? jv_string_fmt("%" PRIu64, id) : jv_number((double)id);
}

jv show_json_episode(int has_episode, uint64_t episode_id)
{
	return has_episode ? show_json_id(episode_id) : jv_null();
}

jv show_json_set(jv object, const char *key, jv value)
{
	return jv_object_set(object, jv_string(key), value);
}

jv show_json_row(jv v, const struct view_row *row, int64_t now_ms)
{
	v = show_json_set(v, "uuid", show_json_text(row->uuid));
	v = show_json_set(v, "status", jv_string(state_name(row->state)));
	v = show_json_set(v, "progress", jv_number(row->progress));
	v = show_json_set(v, "cost", show_json_text(row->cost));
	v = show_json_set(v, "queue", show_json_text(row->queue));
	v = show_json_set(v, "message", show_json_text(row->message));
	v = show_json_set(v, "error", show_json_text(row->error));
	v = show_json_set(v, "waiting_on", jv_number(row->waiting_on));
	v = show_json_set(v, "created_at", show_json_time(row->created_ms));
	v = show_json_set(v, "started_at", show_json_time(row->started_ms));
	v = show_json_set(v, "completed_at", show_json_time(row->completed_ms));
	return show_json_set(v, "took_ms",
			     row->started_ms
				     ? jv_number((double)took_ms(row, now_ms))
				     : jv_null());
}

/* {"count":12,"done":7,"running":5}; null for what is no map. */
static jv json_items(const struct view_row *map)
{
	jv v = jv_object();
	int state;

	if (!map->has_items) {
		jv_free(v);
		return jv_null();
	}
	v = show_json_set(v, "count", jv_number(map->items));
	v = show_json_set(v, "over", jv_number(view_items_over(map)));
	for (state = 0; state < STATE_COUNT; state++)
		if (map->items_in[state])
			v = show_json_set(v, state_name((enum state)state),
					  jv_number(map->items_in[state]));
	return v;
}

jv show_json_step(const struct view_row *step, int64_t now_ms)
{
	jv v = jv_object();

	v = show_json_set(v, "step", show_json_text(step->step));
	v = show_json_set(v, "kind", jv_string(view_kind_name(step->kind)));
	v = show_json_set(v, "round", jv_number(step->round));
	v = show_json_set(v, "item",
			  step->kind == VIEW_ITEM ? jv_number(step->item)
						  : jv_null());
	v = show_json_row(v, step, now_ms);
	v = show_json_set(v, "items", json_items(step));
	v = show_json_set(v, "from_run",
			  step->origin_run ? show_json_id(step->origin_run)
					   : jv_null());
	v = show_json_set(v, "attempts", jv_number(step->attempts));
	v = show_json_set(v, "worker", show_json_text(step->worker));
	return v;
}

jv show_json_run(const struct view_row *run, int64_t now_ms)
{
	jv v = jv_object();

	v = show_json_set(v, "run", show_json_id(run->id));
	v = show_json_set(v, "pipeline", show_json_text(run->pipeline));
	v = show_json_set(v, "episode",
			  show_json_episode(run->has_episode, run->episode_id));
	v = show_json_row(v, run, now_ms);
	return show_json_set(v, "repeats",
			     run->origin_id ? show_json_id(run->origin_id)
					    : jv_null());
}

void show_kept(struct strbuf *sb, const char *names)
{
	if (!names)
		return;
	strbuf_adds(sb, " (");
	show_line(sb, names);
	strbuf_adds(sb, strchr(names, ',') ? " are kept)" : " is kept)");
}

jv show_json_names(const char *names)
{
	jv list = jv_array();

	while (names && *names) {
		size_t len = strcspn(names, ",");

		list = jv_array_append(list, jv_string_sized(names, (int)len));
		names += len;
		names += strspn(names, ", ");
	}
	return list;
}

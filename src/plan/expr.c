/* SPDX-License-Identifier: MIT */

/*
 * A program is compiled as the body of a function between a head and a tail
 * of ours, which hand it its input: `$state` cannot be an argument of libjq's,
 * because those are bound when a program is compiled. The head takes away
 * what an expression has no use for: `halt` and `stderr` would act on the
 * worker, and `input` and `debug` call callbacks that jq_init() of 1.6 leaves
 * as it finds the memory. It also keeps data from bringing libjq 1.6 down:
 * strftime() asserts that a format is a text and a year fits an int, a search
 * for "" never ends, and a text times a large number is built piece by piece
 * until memory is out.
 * `import` and `include` are out since they must come first.
 *
 * A run is stopped by a timer of this thread's processor time, whose signal
 * sets the mark that libjq looks at before each instruction. Leaving a run in
 * the middle is what libjq 1.6 is not made for: unwinding asserts when a path
 * that path(..) began has ended already. So the tail has the program run in
 * an argument of a path of its own: jq then has an array for the current path
 * all the time, which is what the assertion wants to see, and a state can be
 * unwound at any instruction. The path made is one key, an object (any will
 * do for null), and holds the values gathered.
 *
 * The timer is made anew for each run, for 2 us. One kept per expression
 * would save half of that, but is not there any more after fork(), and counts
 * towards RLIMIT_SIGPENDING, of all workers of this user together.
 * Its signal goes to the thread that runs the program and is not blocked
 * there, so none is left pending once the timer is gone.
 *
 * jq_state is neither reentrant nor small (builtins are compiled into each,
 * which is where the 27 ms go), so steps with the same program share one.
 */

#include <config.h>

#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jq.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "plan/expr.h"

struct expr {
	jq_state *jq;
	char *program;
	char *message; /* the first that libjq reported */
	enum expr_kind kind;
	unsigned int refs;
	unsigned int stopped; /* times in a row */
};

/* glibc leaves this name to the kernel's header, which clashes with its own. */
#ifndef sigev_notify_thread_id
# define sigev_notify_thread_id _sigev_un._tid
#endif

/* All in one line: a program's first line is line 1 in libjq's messages. */
static const char head[] =
	"def halt: error(\"halt is not taken here\"); "
	"def halt_error: halt; def halt_error(f): halt; "
	"def input: error(\"there is no input to read\"); def inputs: input; "
	"def _input: input; "
	"def input_filename: null; def input_line_number: 0; "
	"def debug: .; def stderr: .; "
	"def env: error(\"the environment is not shown to expressions\"); "
	"def _text(f): f as $f | if ($f | type) == \"string\" then $f "
	"else error(\"the format of a time must be a text\") end; "
	"def _strftime(f): strftime(f); def strftime(f): _text(f) as $f | "
	"if type == \"number\" then gmtime else . end | _strftime($f); "
	"def _strflocaltime(f): strflocaltime(f); "
	"def strflocaltime(f): _text(f) as $f | "
	"if type == \"number\" then localtime else . end | "
	"_strflocaltime($f); "
	"def todateiso8601: strftime(\"%%Y-%%m-%%dT%%H:%%M:%%SZ\"); "
	"def todate: todateiso8601; "
	"def _indices(f): indices(f); "
	"def indices($i): if $i == \"\" and type == \"string\" then [] "
	"else _indices($i) end; "
	"def index($i): indices($i) | .[0]; "
	"def rindex($i): indices($i) | .[-1:][0]; "
	"def _times(a; b): a * b; "
	"def _is_huge: (map(type) | sort) == [\"number\", \"string\"] and "
	"(map(if type == \"string\" then utf8bytelength else . end) | "
	"_times(.[0]; .[1])) > %zu; "
	"def _multiply(a; b): b as $b | a as $a | "
	"if ($a | type) != ($b | type) and ([$a, $b] | _is_huge) then "
	"error(\"a text times a number is larger than %zu MiB\") "
	"else _times($a; $b) end; "
	"\"the environment is not shown to expressions\" as $ENV | ";

/* The input is [., how many values to take at most, the state]. */
static const char head_response[] = ".[2] as $state | ";
static const char tail[] =
	"\n; .[0] as $dot | .[1] as $most | null | "
	"path(.[{values: [$dot | limit($most; program)]}]) | .[0].values";

enum {
	PROGRAM_SHOWN = 80,
	REASON_SHOWN = 300,
	VALUE_SHOWN = 60,
};

/* libjq reports what it has to say piece by piece; the first is the cause. */
static void keep_first(void *data, jv msg)
{
	struct expr *expr = data;

	if (!expr->message && jv_get_kind(msg) == JV_KIND_STRING)
		expr->message = xstrdup(jv_string_value(msg));
	jv_free(msg);
}

static unsigned int count_lines(const char *s)
{
	unsigned int lines = 1;

	while ((s = strchr(s, '\n'))) {
		lines++;
		s++;
	}
	return lines;
}

/*
 * "jq: error: syntax error, unexpected '}' (Unix shell quoting issues?) at
 * <top-level>, line 2:\n..." to "syntax error, unexpected '}' in line 2". An
 * error in a line behind the program's last is one about our tail.
 */
static void add_reason(struct strbuf *out, const char *message,
		       const char *program)
{
	static const char prefix[] = "jq: error: ";
	static const char place[] = " at <top-level>, line ";
	size_t len = strcspn(message, "\n"), digits = 0;
	const char *line = strstr(message, place);
	uint64_t number = 0;
	char *text;

	if (line) {
		len = (size_t)(line - message);
		line += strlen(place);
		digits = strspn(line, "0123456789");
		text = xstrndup(line, digits);
		if (num_u64(text, &number))
			number = 0;
		free(text);
	}
	if (number > count_lines(program)) {
		strbuf_adds(out, "syntax error at its end");
		return;
	}
	if (strncmp(message, prefix, strlen(prefix)) == 0) {
		message += strlen(prefix);
		len -= strlen(prefix);
	}
	text = xstrndup(message, len);
	len = strlen(text);
	if (strstr(text, " (Unix shell"))
		len = (size_t)(strstr(text, " (Unix shell") - text);
	strbuf_add_excerpt(out, text, len, REASON_SHOWN);
	free(text);
	if (line)
		strbuf_addf(out, " in line %.*s", (int)digits, line);
}

static void add_program(struct strbuf *out, const char *program)
{
	strbuf_addc(out, '\'');
	strbuf_add_excerpt(out, program, strlen(program), PROGRAM_SHOWN);
	strbuf_addc(out, '\'');
}

static int compile(struct expr *expr, struct err *err)
{
	struct strbuf text = { 0 };
	int is_compiled;

	expr->jq = jq_init();
	if (!expr->jq)
		BUG("jq_init: out of memory");
	jq_set_error_cb(expr->jq, keep_first, expr);
	strbuf_addf(&text, head, LIMIT_STRBUF, LIMIT_STRBUF / MIB);
	if (expr->kind == EXPR_RESPONSE)
		strbuf_adds(&text, head_response);
	strbuf_addf(&text, "def program: %s%s", expr->program, tail);
	is_compiled = jq_compile(expr->jq, strbuf_str(&text));
	strbuf_clear(&text);
	if (!is_compiled) {
		add_program(&text, expr->program);
		strbuf_adds(&text, " is no jq program: ");
		add_reason(&text,
			   expr->message ? expr->message : "not accepted",
			   expr->program);
		(void)err_set(err, ERR_CONFIG, "%s", strbuf_str(&text));
	}
	strbuf_release(&text);
	return is_compiled ? 0 : -1;
}

/* In the thread that runs the program, between two of its instructions. */
static void on_time_over(int signo, siginfo_t *info, void *context)
{
	jq_state *jq = info->si_value.sival_ptr;

	(void)signo;
	(void)context;
	if (info->si_code == SI_TIMER && !jq_halted(jq))
		jq_halt(jq, jv_true(), jv_null());
}

/* Both outlive what runs us: a mask is inherited from there. */
static void listen_to_timers(void)
{
	struct sigaction action = {
		.sa_sigaction = on_time_over,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN);
	if (sigaction(SIGRTMIN, &action, NULL) ||
	    pthread_sigmask(SIG_UNBLOCK, &set, NULL))
		BUG("the signal of the time limit is refused");
}

int expr_new(const char *program, enum expr_kind kind, struct expr **out,
	     struct err *err)
{
	struct expr *expr;

	if (!program[strspn(program, " \t\r\n")])
		return err_set(err, ERR_CONFIG, "is empty");
	expr = xcalloc(1, sizeof(*expr));
	expr->program = xstrdup(program);
	expr->kind = kind;
	expr->refs = 1;
	listen_to_timers();
	if (compile(expr, err)) {
		expr_free(&expr);
		return -1;
	}
	*out = expr;
	return 0;
}

struct expr *expr_ref(struct expr *expr)
{
	expr->refs++;
	return expr;
}

void expr_free(struct expr **expr)
{
	struct expr *e = *expr;

	*expr = NULL;
	if (!e || --e->refs > 0)
		return;
	jq_teardown(&e->jq);
	free(e->program);
	free(e->message);
	free(e);
}

/* Takes `why`, what the program raised: a text or any other value. */
static int fail(const struct expr *expr, jv why, struct err *err)
{
	struct strbuf text = { 0 };
	jv shown = jv_get_kind(why) == JV_KIND_STRING ? why
						      : jv_dump_string(why, 0);

	add_program(&text, expr->program);
	strbuf_adds(&text, ": ");
	strbuf_add_excerpt(&text, jv_string_value(shown),
			   (size_t)jv_string_length_bytes(jv_copy(shown)),
			   REASON_SHOWN);
	(void)err_set(err, ERR_INPUT, "%s", strbuf_str(&text));
	strbuf_release(&text);
	jv_free(shown);
	return -1;
}

/*
 * Where the system has no such timer to give, a program runs without a limit
 * rather than not at all.
 */
static int start_timer(jq_state *jq, long ms, timer_t *timer)
{
	const struct itimerspec limit = {
		.it_value = { .tv_sec = ms / 1000,
			      .tv_nsec = ms % 1000 * 1000000L },
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGRTMIN,
		.sigev_value.sival_ptr = jq,
	};

	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, timer))
		return 0;
	if (timer_settime(*timer, 0, &limit, NULL))
		BUG("timer_settime");
	return 1;
}

/*
 * A hundred runs may wait with the same endless program, and each holds up
 * all that the worker does: it gets half of the time that it had before.
 */
static long limit_of(const struct expr *expr)
{
	return LIMIT_JQ_MS >> MIN(expr->stopped, 6u);
}

/* The array that the tail makes of the values. Takes `dot`. */
static int run(struct expr *expr, jv dot, jv state, size_t most, jv *values,
	       struct err *err)
{
	jv input = JV_ARRAY_3(dot, jv_number((double)most), jv_copy(state));
	long ms = limit_of(expr);
	int has_timer, rc = 0;
	timer_t timer;
	jv v;

	jq_start(expr->jq, input, 0);
	has_timer = start_timer(expr->jq, ms, &timer);
	v = jq_next(expr->jq);
	if (has_timer)
		(void)timer_delete(timer);
	if (!jq_halted(expr->jq))
		expr->stopped = 0;
	if (jv_is_valid(v)) {
		*values = v;
	} else if (jv_invalid_has_msg(jv_copy(v))) {
		rc = fail(expr, jv_invalid_get_msg(v), err);
	} else {
		assert(jq_halted(expr->jq));
		rc = fail(expr,
			  jv_string_fmt("stopped after %g s: it does not end",
					(double)ms / 1000),
			  err);
		expr->stopped++;
	}
	/* Wherever the run was left: let go of all that it holds. */
	jq_start(expr->jq, jv_null(), 0);
	return rc;
}

int expr_run(struct expr *expr, jv state, jv response, jv *out, struct err *err)
{
	int is_response = expr->kind == EXPR_RESPONSE;
	int n, rc = -1;
	jv values;

	assert(expr->kind != EXPR_ITEMS);
	if (run(expr, jv_copy(is_response ? response : state), state, 2,
		&values, err))
		return -1;
	n = jv_array_length(jv_copy(values));
	if (n == 0) {
		(void)fail(expr, jv_string("it gives no value"), err);
	} else if (n > 1) {
		(void)fail(expr, jv_string("it gives more than one value"),
			   err);
	} else {
		*out = jv_array_get(jv_copy(values), 0);
		rc = 0;
	}
	jv_free(values);
	return rc;
}

int expr_run_bool(struct expr *expr, jv state, int *out, struct err *err)
{
	struct strbuf why = { 0 };
	char *shown;
	jv v;

	assert(expr->kind == EXPR_STATE);
	if (expr_run(expr, state, jv_null(), &v, err))
		return -1;
	if (jv_get_kind(v) == JV_KIND_TRUE || jv_get_kind(v) == JV_KIND_FALSE) {
		*out = jv_get_kind(v) == JV_KIND_TRUE;
		jv_free(v);
		return 0;
	}
	shown = json_text(v);
	jv_free(v);
	strbuf_adds(&why, "it gives ");
	strbuf_add_excerpt(&why, shown, strlen(shown), VALUE_SHOWN);
	strbuf_adds(&why, ", not true or false");
	(void)fail(expr, jv_string(strbuf_str(&why)), err);
	strbuf_release(&why);
	free(shown);
	return -1;
}

/* A list where its elements were meant: `.panels` for `.panels[]`. */
static int fail_list(const struct expr *expr, struct err *err)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
	struct strbuf program = { 0 };
	int is_plain = !expr->program[strspn(expr->program, plain)];

	strbuf_add_excerpt(&program, expr->program, strlen(expr->program),
			   PROGRAM_SHOWN);
	(void)fail(expr,
		   jv_string_fmt("it gives one list, not its elements; did "
				 "you mean '%s%s%s[]'?",
				 is_plain ? "" : "(", strbuf_str(&program),
				 is_plain ? "" : ")"),
		   err);
	strbuf_release(&program);
	return -1;
}

static int check_items(const struct expr *expr, jv items, size_t max,
		       struct err *err)
{
	size_t n = (size_t)jv_array_length(jv_copy(items));
	jv_kind kind;
	jv only;

	if (n > max)
		return fail(expr,
			    jv_string_fmt("it gives more than %zu items", max),
			    err);
	if (n != 1)
		return 0;
	only = jv_array_get(jv_copy(items), 0);
	kind = jv_get_kind(only);
	jv_free(only);
	if (kind == JV_KIND_NULL)
		return fail(expr, jv_string("it gives null"), err);
	if (kind == JV_KIND_ARRAY && !strstr(expr->program, "[]"))
		return fail_list(expr, err);
	return 0;
}

int expr_run_all(struct expr *expr, jv state, size_t max, jv *items_out,
		 struct err *err)
{
	jv items;

	assert(expr->kind == EXPR_ITEMS);
	if (run(expr, jv_copy(state), state, max + 1, &items, err))
		return -1;
	if (check_items(expr, items, max, err)) {
		jv_free(items);
		return -1;
	}
	*items_out = items;
	return 0;
}

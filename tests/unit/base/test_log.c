/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"

/* What the lines written since capture_begin() were. */
static struct capture {
	int fd, stderr_before;
	char text[64 * 1024];
} capture;

static int capture_begin(void **state)
{
	(void)state;
	capture.fd = memfd_create("log", MFD_CLOEXEC);
	capture.stderr_before = dup(STDERR_FILENO);
	(void)dup2(capture.fd, STDERR_FILENO);
	clock_test_set(946684800042); /* 2000-01-01 */
	return 0;
}

static int capture_end(void **state)
{
	(void)state;
	(void)dup2(capture.stderr_before, STDERR_FILENO);
	(void)close(capture.stderr_before);
	(void)close(capture.fd);
	clock_test_set(-1);
	log_setup(LOG_INFO, LOG_LOGFMT);
	return 0;
}

static const char *written(void)
{
	ssize_t n =
		pread(capture.fd, capture.text, sizeof(capture.text) - 1, 0);

	assert_true(n >= 0);
	capture.text[n] = '\0';
	return capture.text;
}

static void logfmt_has_time_level_message_and_values(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_info("step done", F_U64("job", 7), F_STR("step", "image"),
		 F_MS("took", 512));
	assert_string_equal(written(),
			    "ts=2000-01-01T00:00:00.042Z level=info "
			    "msg=\"step done\" job=7 step=image "
			    "took=0.512s\n");
}

static void json_is_one_object_a_line(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_JSON);
	log_warn("step \"done\"", F_U64("job", 7), F_STR("step", "a\nb"),
		 F_MS("took", 512));
	assert_string_equal(written(),
			    "{\"ts\":\"2000-01-01T00:00:00.042Z\","
			    "\"level\":\"warn\",\"msg\":\"step \\\"done\\\"\","
			    "\"job\":7,\"step\":\"a\\nb\","
			    "\"took\":0.512}\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
	(void)state;
	log_setup(LOG_WARN, LOG_LOGFMT);
	assert_false(log_enabled(LOG_INFO));
	assert_true(log_enabled(LOG_WARN));
	log_debug("a");
	log_info("b");
	assert_string_equal(written(), "");
	log_error("c");
	assert_non_null(strstr(written(), "level=error msg=c\n"));
}

static void nothing_is_written_when_off(void **state)
{
	(void)state;
	log_setup(LOG_OFF, LOG_LOGFMT);
	log_error("c");
	assert_string_equal(written(), "");
}

static void null_is_left_out_and_empty_is_not(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_info("m", F_STR("a", NULL), F_STR("b", ""));
	assert_non_null(strstr(written(), " msg=m b=\"\"\n"));
}

static void a_value_cannot_forge_a_line_or_a_key(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_info("m", F_STR("a", "x\nlevel=error"), F_STR("b", "y=z"),
		 F_STR("c", "\x1b[2J"), F_STR("d", "\xff"), F_STR("e", "q\"r"),
		 F_STR("f", "s\\t"));
	assert_non_null(strstr(written(),
			       " a=\"x\\nlevel=error\" b=\"y=z\" "
			       "c=\"\\u001b[2J\" d=\"\xef\xbf\xbd\" "
			       "e=\"q\\\"r\" f=\"s\\\\t\"\n"));
}

static void a_number_is_unsigned(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_info("m", F_U64("a", UINT64_MAX));
	assert_non_null(strstr(written(), " a=18446744073709551615\n"));
}

static void a_long_value_is_cut_and_the_line_stays_whole(void **state)
{
	static char huge[60 * 1024];
	struct err *no_err = NULL;
	const char *text;
	jv v;

	(void)state;
	memset(huge, '\n', sizeof(huge) - 1);
	log_setup(LOG_INFO, LOG_JSON);
	log_info("m", F_STR("a", huge), F_STR("b", "end"));
	text = written();
	assert_int_equal(json_parse(text, strlen(text), &v, no_err), 0);
	assert_int_equal(strlen(json_str(v, "a")), LIMIT_LOG_VALUE);
	assert_string_equal(json_str(v, "b"), "end");
	jv_free(v);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, capture_begin, capture_end)
	const struct CMUnitTest tests[] = {
		TEST(logfmt_has_time_level_message_and_values),
		TEST(json_is_one_object_a_line),
		TEST(lines_below_the_level_are_dropped),
		TEST(nothing_is_written_when_off),
		TEST(null_is_left_out_and_empty_is_not),
		TEST(a_value_cannot_forge_a_line_or_a_key),
		TEST(a_number_is_unsigned),
		TEST(a_long_value_is_cut_and_the_line_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

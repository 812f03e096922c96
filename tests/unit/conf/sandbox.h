/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CONF_SANDBOX_H
#define TESTS_UNIT_CONF_SANDBOX_H

/**
 * A folder of its own for each test, which is also the current one, so that
 * messages have short names in them; and an environment without STEPQ_*.
 */

/** For cmocka_unit_test_setup_teardown(). */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);

#define SANDBOX_TEST(f) \
 cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

void sandbox_write(const char *name, const char *text);
void sandbox_mkdir(const char *name);

#endif

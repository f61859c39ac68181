/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/pool_command.h"

struct ending {
    struct error failure;
    char line[200];
    size_t count;
};

static void on_end(const struct error *failure, const char *line, void *context)
{
    struct ending *ending = context;

    ending->count++;
    if (failure)
        ending->failure = *failure;
    snprintf(ending->line, sizeof(ending->line), "%s", line);
}

/* Run a command to its end. */
static struct ending run(const char *command, uint64_t limit_ms)
{
    const struct pool_command_order order = {command, "lab", limit_ms};
    struct ending ending = {.failure = {.code = ERROR_NONE}};
    struct error err;
    uv_loop_t loop;

    uv_loop_init(&loop);
    if (!pool_command_start(&loop, &order, on_end, &ending, &err))
        fail_msg("%s", err.text);
    assert_int_equal(0, ending.count);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(1, ending.count);
    assert_int_equal(0, uv_loop_close(&loop));
    return ending;
}

static void a_command_that_ends_well_is_heard(void **state)
{
    struct ending ending = run("/bin/sh -c \"echo one; echo two >&2; echo\"", 60000);

    (void)state;
    assert_int_equal(ERROR_NONE, ending.failure.code);
    assert_string_equal("two", ending.line);
}

static void a_command_that_fails_says_how(void **state)
{
    struct ending ending = run("/bin/sh -c \"printf 'no answer'; exit 3\"", 60000);

    (void)state;
    assert_string_equal("exit status 3", ending.failure.text);
    assert_string_equal("no answer", ending.line);
    ending = run("/bin/sh -c \"kill -9 $$\"", 60000);
    assert_string_equal("killed by signal 9", ending.failure.text);
}

/* Whether the process of that number still is a sleep. What is killed may take a moment
 * to be gone. */
static bool is_asleep(const char *pid)
{
    char path[64], arguments[16] = "";
    FILE *file;

    assert_true(*pid);
    snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (!fgets(arguments, sizeof(arguments), file))
        arguments[0] = '\0';
    fclose(file);
    return strcmp(arguments, "sleep") == 0;
}

static void a_command_that_takes_too_long_is_killed_with_its_children(void **state)
{
    struct ending ending = run("/bin/sh -c \"sleep 600 & echo $!; wait\"", 500);
    int looks = 0;

    (void)state;
    assert_string_equal("it took too long and was killed", ending.failure.text);
    while (is_asleep(ending.line))
        assert_true(++looks < 1000000);
}

static void a_child_that_holds_the_output_open_holds_up_nobody(void **state)
{
    struct ending ending = run("/bin/sh -c \"sleep 3 & echo done\"", 60000);

    (void)state;
    assert_int_equal(ERROR_NONE, ending.failure.code);
    assert_string_equal("done", ending.line);
}

static void its_environment_is_its_pool_and_a_path(void **state)
{
    struct ending ending =
        run("/bin/sh -c \"echo $(/usr/bin/env | /usr/bin/cut -d= -f1 | /usr/bin/sort "
            "| /usr/bin/tr '\\n' ' ') $PENSTOCK_POOL $(pwd)\"",
            60000);

    (void)state;
    /* The shell adds PWD by itself. */
    assert_string_equal("PATH PENSTOCK_POOL PWD lab /", ending.line);
}

static void what_it_writes_is_cut_and_made_harmless(void **state)
{
    char expected[POOL_COMMAND_LINE_MAX + 1];
    struct ending ending = run("/bin/sh -c \"printf '\\033[2J%01000d' 0\"", 60000);

    (void)state;
    memset(expected, '0', sizeof(expected) - 1);
    memcpy(expected, "?[2J", 4);
    expected[sizeof(expected) - 1] = '\0';
    assert_string_equal(expected, ending.line);
}

static void what_cannot_be_run_is_told_at_once(void **state)
{
    const struct pool_command_order orders[] = {{"/no/such/program", "lab", 1000},
                                                {"wake", "lab", 1000}};
    struct error err;
    uv_loop_t loop;

    (void)state;
    uv_loop_init(&loop);
    assert_null(pool_command_start(&loop, &orders[0], on_end, NULL, &err));
    assert_string_equal("cannot run /no/such/program: no such file or directory",
                        err.text);
    assert_null(pool_command_start(&loop, &orders[1], on_end, NULL, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&loop));
}

static void nobody_hears_of_a_command_that_was_abandoned(void **state)
{
    const struct pool_command_order order = {"/bin/sleep 0.1", "lab", 1000};
    struct ending ending = {.count = 0};
    struct pool_command *command;
    uv_loop_t loop;

    (void)state;
    uv_loop_init(&loop);
    command = pool_command_start(&loop, &order, on_end, &ending, NULL);
    assert_non_null(command);
    pool_command_abandon(command);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(0, ending.count);
    assert_int_equal(0, uv_loop_close(&loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_that_ends_well_is_heard),
        cmocka_unit_test(a_command_that_fails_says_how),
        cmocka_unit_test(a_command_that_takes_too_long_is_killed_with_its_children),
        cmocka_unit_test(a_child_that_holds_the_output_open_holds_up_nobody),
        cmocka_unit_test(its_environment_is_its_pool_and_a_path),
        cmocka_unit_test(what_it_writes_is_cut_and_made_harmless),
        cmocka_unit_test(what_cannot_be_run_is_told_at_once),
        cmocka_unit_test(nobody_hears_of_a_command_that_was_abandoned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

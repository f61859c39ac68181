/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/run_directory.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

static bool is_there(const struct local_runs *runs, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/runs/%s", runs->directory, name);
    return access(path, F_OK) == 0;
}

static void make_directory(const struct local_runs *runs, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/runs/%s", runs->directory, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

/* A daemon that died between storing an end and removing its run leaves one behind. */
static void runs_that_no_open_job_has_are_removed_at_the_start(void **state)
{
    static const char *const not_ours[] = {"2.1.old", "02.1", "2", "2.0", "-2.1", "x"};
    struct local_runs *runs = *state;
    struct run_lock lock = {0};
    int run;

    make_directory(runs, "1.1");
    make_directory(runs, "1.2");
    make_directory(runs, "2.1");
    make_directory(runs, "3.1");
    for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
        make_directory(runs, not_ours[i]);
    /* Its runner, for which we stand, lives: nobody knows why it is not known. */
    assert_int_equal(run_process_self(&lock.holder, NULL), 0);
    run = local_runs_open_run(runs, 3);
    assert_int_equal(run_directory_lock(run, &lock, NULL), 0);
    close(run);
    local_runs_adopt(runs, 1);
    local_executor_clear(runs->local);
    assert_true(is_there(runs, "1.1"));
    assert_false(is_there(runs, "1.2"));
    assert_false(is_there(runs, "2.1"));
    assert_false(is_there(runs, "2.1" RUN_DIRECTORY_GONE));
    assert_true(is_there(runs, "3.1"));
    for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
        assert_true(is_there(runs, not_ours[i]));
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            runs_that_no_open_job_has_are_removed_at_the_start, local_runs_setup,
            local_runs_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

/* Jobs that take away the lock of their own run, to be taken for never having run. */

static void remove_lock(const struct local_runs *runs, int64_t job_id)
{
    int run = local_runs_open_run(runs, job_id);

    assert_int_equal(unlinkat(run, RUN_LOCK_FILE, 0), 0);
    close(run);
}

static void a_job_that_takes_its_lock_away_has_ended_as_it_did(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "echo up; read x < go; exit 3");
    char line[16];

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    local_runs_wait(runs, EXECUTOR_STARTED);
    remove_lock(runs, 1);
    local_runs_let_go(runs);
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 3);
}

static void what_runs_without_a_lock_is_ended_by_the_next_daemon(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(
        runs, 1, "setsid sh -c 'sleep 1000; echo no' & echo up; sleep 1000; echo no");
    char line[16];

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_close(runs);
    remove_lock(runs, 1);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
    local_runs_wait_gone(runs);
}

#define RUNS_TEST(name)                                                                \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNS_TEST(a_job_that_takes_its_lock_away_has_ended_as_it_did),
        RUNS_TEST(what_runs_without_a_lock_is_ended_by_the_next_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

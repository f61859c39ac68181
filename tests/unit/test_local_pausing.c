/* SPDX-License-Identifier: MIT */
#include <signal.h>

#include "nodes/local/executor.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

/* A shell that opens or waits may miss a signal that came just before; this does not.
 */
#define WAIT_FOR_SIGNALS "while :; do sleep 0.02; done"

static void start_until_ready(struct local_runs *runs,
                              const struct executor_order *order)
{
    char line[16];

    local_runs_start(runs, order);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "ready");
    /* Only one that is known to run is ever told to pause. */
    local_runs_wait(runs, EXECUTOR_STARTED);
}

static void a_job_is_paused_by_the_signal_it_asked_for(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "trap 'exit 9' USR2; echo ready; " WAIT_FOR_SIGNALS);

    order.signal = SIGUSR2;
    order.grace = HOUR;
    start_until_ready(runs, &order);
    runs->executor->pause(runs->executor, 1, 1, NULL);
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 9);
    runs->executor->pause(runs->executor, 1, 1, NULL);
}

static void a_job_that_will_not_pause_is_killed_after_its_grace(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order;
    struct executor_report end;

    local_runs_set_rate(runs, 3600);
    order = local_runs_order(runs, 1, "trap '' USR1; echo ready; exec sleep 1000");
    order.signal = SIGUSR1;
    order.grace = 360;
    start_until_ready(runs, &order);
    runs->executor->pause(runs->executor, 1, 1, NULL);
    end = local_runs_wait(runs, EXECUTOR_ENDED);
    assert_int_equal(end.signal, SIGKILL);
    assert_false(end.timed_out);
}

static void a_job_that_is_cancelled_while_it_pauses_is_told_to_end(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1,
                         "exec 2>/dev/null; trap 'echo paused' USR1; "
                         "trap 'exit 4' TERM; echo ready; " WAIT_FOR_SIGNALS);
    char line[16];

    order.signal = SIGUSR1;
    order.grace = HOUR;
    start_until_ready(runs, &order);
    runs->executor->pause(runs->executor, 1, 1, NULL);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "paused");
    runs->executor->stop(runs->executor, 1, 1);
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 4);
}

static void a_pause_reaches_a_job_that_was_adopted(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "trap 'exit 9' USR1; echo ready; " WAIT_FOR_SIGNALS);

    order.signal = SIGUSR1;
    order.grace = HOUR;
    start_until_ready(runs, &order);
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    runs->executor->pause(runs->executor, 1, 1, NULL);
    assert_int_equal(local_runs_wait_end(runs).status, 9);
}

#define LOCAL_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(a_job_is_paused_by_the_signal_it_asked_for),
        LOCAL_TEST(a_job_that_will_not_pause_is_killed_after_its_grace),
        LOCAL_TEST(a_job_that_is_cancelled_while_it_pauses_is_told_to_end),
        LOCAL_TEST(a_pause_reaches_a_job_that_was_adopted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

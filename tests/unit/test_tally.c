/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <string.h>

#include "ledger/tally.h"

#define START ((instant)1800000000 / DAY * DAY)

static struct series *truth;
static struct trace trace;
static struct trace_job jobs[3];
static struct tally *tally;

/* Four hours of 100, 200, 300 and 400 g/kWh, and three jobs of 1 GPU and an hour. */
static int setup(void **state)
{
    const struct series_sample samples[] = {
        {START, G_PER_KWH(100)},
        {START + HOUR, G_PER_KWH(200)},
        {START + 2 * HOUR, G_PER_KWH(300)},
        {START + 3 * HOUR, G_PER_KWH(400)},
    };
    const struct tally_terms terms = {&trace, NULL, 5 * MINUTE, 1200000};
    struct tally_terms whole = terms;

    (void)state;
    truth = series_create(samples, 4, START + 4 * HOUR, INTENSITY_MAX, NULL);
    whole.truth = truth;
    for (int i = 0; i < 3; i++)
        jobs[i] = (struct trace_job){.arrives = START,
                                     .length = HOUR,
                                     .estimate = HOUR,
                                     .max_wait = HOUR,
                                     .deadline = TRACE_NOT_SET,
                                     .gpus = 1,
                                     .power = 1000};
    trace = (struct trace){jobs, 3, 3, false};
    tally = tally_create(&whole);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tally_destroy(tally);
    series_destroy(truth);
    return 0;
}

static void run(size_t job, duration from, duration length)
{
    assert_int_equal(0,
                     tally_add(tally, job, START + from, START + from + length, NULL));
}

static void a_run_emits_by_the_actuals_of_its_time(void **state)
{
    struct tally_sums sums;

    (void)state;
    jobs[1].power = 500;
    jobs[1].gpus = 4;
    run(0, 30 * MINUTE, HOUR);
    run(1, 0, HOUR);
    run(2, 0, HOUR);
    sums = tally_close(tally);
    /* 1 kW and 2 kW, at a PUE of 1.2. */
    assert_true(fabs(tally_jobs(tally)[0].grams - 1.2 * 150) < 1e-6);
    assert_true(fabs(tally_jobs(tally)[1].grams - 1.2 * 200) < 1e-6);
    assert_true(fabs(sums.grams - 1.2 * 450) < 1e-6);
}

static void waiting_is_what_is_neither_before_nor_running(void **state)
{
    struct tally_sums sums;

    (void)state;
    run(0, 0, HOUR);
    run(1, HOUR, HOUR);
    run(2, 0, 30 * MINUTE);
    run(2, 2 * HOUR, 30 * MINUTE);
    sums = tally_close(tally);
    assert_true(fabs(sums.mean_wait - 2.5 / 3) < 1e-9);
    assert_true(fabs(sums.p95_wait - 1.5) < 1e-9);
    assert_int_equal(4, sums.runs);
}

static void late_is_later_than_the_wait_or_the_deadline_allows(void **state)
{
    (void)state;
    run(0, HOUR, HOUR);
    run(1, HOUR + 1, HOUR);
    jobs[2].deadline = START + 4 * HOUR;
    run(2, 3 * HOUR, HOUR);
    assert_int_equal(1, tally_close(tally).missed);
    jobs[2].deadline--;
    assert_int_equal(2, tally_close(tally).missed);
}

static void what_starts_in_one_slot_and_what_runs_at_once_is_counted(void **state)
{
    struct tally_sums sums;

    (void)state;
    jobs[0].gpus = 2;
    jobs[1].gpus = 4;
    jobs[2].gpus = 8;
    run(0, 0, HOUR);
    run(1, 4 * MINUTE, HOUR);
    /* Takes over from the first, in another slot. */
    run(2, HOUR, HOUR);
    sums = tally_close(tally);
    assert_int_equal(8, sums.largest_start);
    assert_int_equal(12, sums.peak);
}

static void an_hour_of_which_nothing_is_known_is_named(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(-1,
                     tally_add(tally, 0, START + 3 * HOUR, START + 4 * HOUR + 1, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_non_null(strstr(err.text, "T04:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_emits_by_the_actuals_of_its_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(waiting_is_what_is_neither_before_nor_running,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            late_is_later_than_the_wait_or_the_deadline_allows, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_starts_in_one_slot_and_what_runs_at_once_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(an_hour_of_which_nothing_is_known_is_named,
                                        setup, teardown),
    };

    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

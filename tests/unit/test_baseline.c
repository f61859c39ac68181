/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "scheduler/baseline.h"

#define START ((instant)1800000000 / DAY * DAY)

/* Two days in hours of g/kWh: 300, but for what is set. */
static struct series *intensities;
static struct baseline_piece *pieces;
static size_t piece_count;
static struct baseline_job job;

static void set_levels(const int (*set)[2], size_t count)
{
    struct series_sample samples[72];

    for (int i = 0; i < 72; i++)
        samples[i] = (struct series_sample){START + i * HOUR, G_PER_KWH(300)};
    for (size_t i = 0; i < count; i++)
        samples[set[i][0]].level = G_PER_KWH(set[i][1]);
    series_destroy(intensities);
    intensities = series_create(samples, 72, START + 72 * HOUR, INTENSITY_MAX, NULL);
    job = (struct baseline_job){START, 2 * HOUR, 3 * HOUR, 12 * HOUR};
}

static duration start_by(enum baseline baseline)
{
    const struct baseline_grid grid = {intensities, HOUR, 5 * MINUTE, 30};

    free(pieces);
    piece_count = baseline_run(baseline, &grid, &job, &pieces);
    return pieces[0].begins - job.arrives;
}

static int release(void **state)
{
    (void)state;
    free(pieces);
    pieces = NULL;
    series_destroy(intensities);
    intensities = NULL;
    return 0;
}

static void immediate_runs_when_the_job_comes(void **state)
{
    (void)state;
    set_levels((const int[][2]){{1, 10}}, 1);
    assert_int_equal(0, start_by(BASELINE_IMMEDIATE));
    assert_int_equal(1, piece_count);
    assert_int_equal(2 * HOUR, pieces[0].ends - pieces[0].begins);
}

static void lowest_slot_takes_the_lowest_hour_that_begins_in_time(void **state)
{
    (void)state;
    set_levels((const int[][2]){{4, 100}, {6, 100}, {12, 90}, {13, 10}}, 4);
    assert_int_equal(12 * HOUR, start_by(BASELINE_LOWEST_SLOT));
    job.arrives += 10 * MINUTE;
    job.max_wait -= 11 * MINUTE;
    /* The hour with 90 begins too late now, and of equal ones the first is taken. */
    assert_int_equal(4 * HOUR - 10 * MINUTE, start_by(BASELINE_LOWEST_SLOT));
}

static void lowest_window_goes_by_the_length_of_its_class(void **state)
{
    (void)state;
    set_levels((const int[][2]){{2, 50}, {3, 50}, {6, 110}, {7, 110}, {8, 50}}, 5);
    assert_int_equal(6 * HOUR, start_by(BASELINE_LOWEST_WINDOW));
    assert_int_equal(2 * HOUR, start_by(BASELINE_LOWEST_WINDOW_TRUE));
    job.arrives += 30 * MINUTE;
    /* Whole hours after the arrival, not hours of the clock. */
    assert_int_equal(0, start_by(BASELINE_LOWEST_WINDOW_TRUE) % HOUR);
}

static void carbon_time_weighs_what_is_saved_by_the_time_it_takes(void **state)
{
    (void)state;
    /* 450 g within 4 hours are more for the time than 600 g within 11. */
    set_levels(
        (const int[][2]){{1, 150}, {2, 150}, {3, 150}, {8, 100}, {9, 100}, {10, 100}},
        6);
    assert_int_equal(1 * HOUR, start_by(BASELINE_CARBON_TIME));
    /* ... but not than 850. */
    set_levels(
        (const int[][2]){{1, 250}, {2, 250}, {3, 250}, {8, 10}, {9, 10}, {10, 10}}, 6);
    assert_int_equal(8 * HOUR, start_by(BASELINE_CARBON_TIME));
}

static void
ecovisor_runs_below_the_percentile_and_then_when_its_wait_is_spent(void **state)
{
    (void)state;
    set_levels(
        (const int[][2]){
            {3, 10}, {20, 10}, {21, 10}, {22, 10}, {19, 10}, {18, 10}, {17, 10}},
        7);
    assert_int_equal(3 * HOUR, start_by(BASELINE_ECOVISOR));
    assert_int_equal(2, piece_count);
    assert_int_equal(1 * HOUR, pieces[0].ends - pieces[0].begins);
    assert_int_equal(START + 13 * HOUR, pieces[1].begins);
    assert_int_equal(START + 14 * HOUR, pieces[1].ends);
}

static void wait_awhile_fills_the_lowest_hours(void **state)
{
    (void)state;
    set_levels((const int[][2]){{3, 10}, {9, 5}, {10, 7}}, 3);
    job.length = 150 * MINUTE;
    assert_int_equal(3 * HOUR, start_by(BASELINE_WAIT_AWHILE));
    assert_int_equal(2, piece_count);
    assert_int_equal(30 * MINUTE, pieces[0].ends - pieces[0].begins);
    /* The two that follow on each other are one. */
    assert_int_equal(START + 9 * HOUR, pieces[1].begins);
    assert_int_equal(START + 11 * HOUR, pieces[1].ends);
}

static void
threshold_starts_in_the_first_slot_that_is_low_for_the_next_day(void **state)
{
    const int low[][2] = {{5, 10}, {9, 5},  {10, 5}, {11, 5}, {12, 5},
                          {13, 5}, {14, 5}, {15, 5}, {16, 5}};

    (void)state;
    set_levels(low, 9);
    assert_int_equal(9 * HOUR, start_by(BASELINE_THRESHOLD));
    job.max_wait = 8 * HOUR;
    assert_int_equal(8 * HOUR, start_by(BASELINE_THRESHOLD));
}

static void beyond_the_forecast_its_last_day_repeats(void **state)
{
    (void)state;
    set_levels((const int[][2]){{52, 10}}, 1);
    job.arrives = START + 60 * HOUR;
    job.length = HOUR;
    job.max_wait = 24 * HOUR;
    /* Hour 52 of three days comes again as hour 76. */
    assert_int_equal(16 * HOUR, start_by(BASELINE_LOWEST_SLOT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(immediate_runs_when_the_job_comes, release),
        cmocka_unit_test_teardown(lowest_slot_takes_the_lowest_hour_that_begins_in_time,
                                  release),
        cmocka_unit_test_teardown(lowest_window_goes_by_the_length_of_its_class,
                                  release),
        cmocka_unit_test_teardown(carbon_time_weighs_what_is_saved_by_the_time_it_takes,
                                  release),
        cmocka_unit_test_teardown(
            ecovisor_runs_below_the_percentile_and_then_when_its_wait_is_spent,
            release),
        cmocka_unit_test_teardown(wait_awhile_fills_the_lowest_hours, release),
        cmocka_unit_test_teardown(
            threshold_starts_in_the_first_slot_that_is_low_for_the_next_day, release),
        cmocka_unit_test_teardown(beyond_the_forecast_its_last_day_repeats, release),
    };

    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>

#include "grid/interval.h"

#define WANTED 0.2

static void few_errors_say_nothing(void **state)
{
    struct interval interval;
    double low = 7, high = 8;

    (void)state;
    interval_init(&interval, WANTED);
    for (int i = 0; i < 23; i++)
        interval_add(&interval, 0.1, 1, true, WANTED);
    assert_false(interval_find(&interval, &low, &high));
    assert_true(low > 6 && high > 7);
    interval_add(&interval, 0.1, 1, true, WANTED);
    assert_true(interval_find(&interval, &low, &high));
}

static void the_interval_leaves_a_tenth_of_the_errors_on_either_side(void **state)
{
    struct interval interval;
    double low, high;

    (void)state;
    interval_init(&interval, WANTED);
    /* Hit and miss as is wanted, so that the aim stays: from -0.50 to +0.49. */
    for (int i = 0; i < 1000; i++)
        interval_add(&interval, (i % 100 - 50) / 100.0, 1, i % 5 != 0, WANTED);
    assert_true(interval_find(&interval, &low, &high));
    assert_true(fabs(low - -0.40) < 0.015);
    assert_true(fabs(high - 0.39) < 0.015);
}

static void it_is_as_lopsided_as_the_errors_are(void **state)
{
    struct interval interval;
    double low, high;

    (void)state;
    interval_init(&interval, WANTED);
    for (int i = 0; i < 500; i++)
        interval_add(&interval, i % 10 == 9 ? 0.9 : 0.1, 1, i % 5 != 0, WANTED);
    assert_true(interval_find(&interval, &low, &high));
    assert_true(fabs(low - 0.1) < 0.003);
    assert_true(high > 0.09);
}

static void misses_widen_it_and_hits_narrow_it(void **state)
{
    struct interval missed, hit;
    double low, high, low_after, high_after;

    (void)state;
    interval_init(&missed, WANTED);
    for (int i = 0; i < 200; i++)
        interval_add(&missed, (i % 100 - 50) / 100.0, 1, i % 5 != 0, WANTED);
    hit = missed;
    assert_true(interval_find(&missed, &low, &high));
    for (int i = 0; i < 20; i++)
        interval_add(&missed, (i % 100 - 50) / 100.0, 1, false, WANTED);
    assert_true(interval_find(&missed, &low_after, &high_after));
    assert_true(high_after - low_after > high - low + 0.02);
    for (int i = 0; i < 100; i++)
        interval_add(&hit, (i % 100 - 50) / 100.0, 1, true, WANTED);
    assert_true(interval_find(&hit, &low_after, &high_after));
    assert_true(high_after - low_after < high - low - 0.02);
}

static void old_errors_weigh_less(void **state)
{
    struct interval interval;
    double low, high;

    (void)state;
    interval_init(&interval, WANTED);
    for (int i = 0; i < 500; i++)
        interval_add(&interval, (i % 100 - 50) / 100.0, 1, i % 5 != 0, WANTED);
    interval_fade(&interval, 0.001);
    for (int i = 0; i < 100; i++)
        interval_add(&interval, (i % 10 - 5) / 1000.0, 1, i % 5 != 0, WANTED);
    assert_true(interval_find(&interval, &low, &high));
    assert_true(low > -0.05 && high < 0.05);
}

static void errors_beyond_all_measure_are_at_the_ends(void **state)
{
    struct interval interval;
    double low, high;

    (void)state;
    interval_init(&interval, WANTED);
    for (int i = 0; i < 200; i++)
        interval_add(&interval, i % 2 ? 1e30 : -1e30, 1, i % 5 != 0, WANTED);
    assert_true(interval_find(&interval, &low, &high));
    assert_true(low >= -1 && low < -0.99);
    assert_true(high <= 1 && high > 0.99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_errors_say_nothing),
        cmocka_unit_test(the_interval_leaves_a_tenth_of_the_errors_on_either_side),
        cmocka_unit_test(it_is_as_lopsided_as_the_errors_are),
        cmocka_unit_test(misses_widen_it_and_hits_narrow_it),
        cmocka_unit_test(old_errors_weigh_less),
        cmocka_unit_test(errors_beyond_all_measure_are_at_the_ends),
    };

    return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}

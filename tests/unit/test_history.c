/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>

#include "grid/history.h"

#define FIRST 480000 /* an hour that begins a day */

static void add_hour(struct hourly *hourly, int64_t hour, intensity level)
{
    struct actual item = {hour * HOUR, (hour + 1) * HOUR, level};
    const struct actuals actuals = {.items = &item, .count = 1};

    hourly_add(hourly, &actuals);
}

/* Days that are all alike: 100 g and 1 g more each hour. */
static intensity usual(int64_t hour)
{
    return 100000 + 1000 * (hour % 24);
}

static void add_days(struct hourly *hourly, int64_t from, int64_t until)
{
    hourly_init(hourly);
    for (int64_t hour = from; hour < until; hour++)
        add_hour(hourly, hour, usual(hour));
}

static void after_days_that_are_alike_comes_another_of_them(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    assert_true(history_forecast(&hourly, FIRST, levels, 96));
    for (int i = 0; i < 96; i++)
        assert_true(fabs(levels[i] - (double)usual(FIRST + i)) < 1e-6);
}

static void an_unusual_last_hour_carries_on_for_a_while(void **state)
{
    struct hourly hourly;
    double levels[96];
    double more = 28000 - 1000; /* above a mean that has risen by 1000 */

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    add_hour(&hourly, FIRST - 1, usual(FIRST - 1) + 28000);
    assert_true(history_forecast(&hourly, FIRST, levels, 96));
    assert_true(fabs(levels[0] - (double)usual(FIRST) - more * (1.020 - .015 / 24))
                < 1e-6);
    assert_true(fabs(levels[12] - (double)usual(FIRST + 12) - more * (.506 - .031 / 24))
                < 1e-6);
    /* At the same hour of the next day the mean has risen, and so does its own. */
    assert_true(fabs(levels[23] - (double)usual(FIRST + 23) - 1000
                     - more * (.506 - .031 / 24 + .228))
                < 1e-6);
    assert_true(levels[95] - (double)usual(FIRST + 95) < 0.4 * more);
}

static void leads_are_counted_from_the_last_known_hour(void **state)
{
    struct hourly late, early;
    double of_late[96], of_early[96];

    (void)state;
    add_days(&early, FIRST - 28 * 24, FIRST);
    add_hour(&early, FIRST - 1, 500000);
    late = early;
    assert_true(history_forecast(&early, FIRST, of_early, 96));
    assert_true(history_forecast(&late, FIRST + 10, of_late, 96));
    for (int i = 0; i + 10 < 96; i++)
        assert_true(fabs(of_early[i + 10] - of_late[i]) < 1e-6);
    /* Beyond what the parts were fitted for, the mean of the hour is left. */
    assert_true(fabs(of_late[90] - (double)usual(FIRST + 100)) < 1e-6);
}

static void two_days_are_enough_and_less_is_not(void **state)
{
    struct hourly hourly;
    double levels[96] = {-5};

    (void)state;
    add_days(&hourly, FIRST - 47, FIRST);
    assert_false(history_forecast(&hourly, FIRST, levels, 96));
    assert_true(levels[0] < 0);
    add_days(&hourly, FIRST - 48, FIRST);
    assert_true(history_forecast(&hourly, FIRST, levels, 96));
    hourly_init(&hourly);
    assert_false(history_forecast(&hourly, FIRST, levels, 96));
}

static void gaps_are_left_out_of_the_means(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    hourly_init(&hourly);
    for (int64_t hour = FIRST - 28 * 24; hour < FIRST; hour++)
        if (hour % 5 != 0 && hour != FIRST - 1)
            add_hour(&hourly, hour, usual(hour));
    assert_true(history_forecast(&hourly, FIRST, levels, 96));
    for (int i = 0; i < 96; i++)
        assert_true(fabs(levels[i] - (double)usual(FIRST + i)) < 1e-6);
}

static void after_four_days_without_actuals_nothing_is_forecast(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    assert_true(history_forecast(&hourly, FIRST + 95, levels, 96));
    assert_false(history_forecast(&hourly, FIRST + 96, levels, 96));
}

static void what_comes_after_the_first_hour_is_not_looked_at(void **state)
{
    struct hourly with, without;
    double of_with[96], of_without[96];

    (void)state;
    add_days(&without, FIRST - 28 * 24, FIRST);
    add_days(&with, FIRST - 28 * 24, FIRST);
    for (int64_t hour = FIRST; hour < FIRST + 24; hour++)
        add_hour(&with, hour, 1);
    assert_true(history_forecast(&without, FIRST, of_without, 96));
    assert_true(history_forecast(&with, FIRST, of_with, 96));
    for (int i = 0; i < 96; i++)
        assert_true(fabs(of_with[i] - of_without[i]) < 1e-9);
}

static void no_level_is_below_zero(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    for (int64_t hour = FIRST - 24; hour < FIRST; hour++)
        add_hour(&hourly, hour, 0);
    assert_true(history_forecast(&hourly, FIRST, levels, 96));
    for (int i = 0; i < 96; i++)
        assert_true(levels[i] >= 0);
}

static void the_last_week_follows_days_that_have_changed(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    for (int64_t hour = FIRST - 7 * 24; hour < FIRST; hour++)
        add_hour(&hourly, hour, 200000 - usual(hour));
    assert_true(history_forecast_week(&hourly, FIRST, levels, 96));
    for (int i = 0; i < 96; i++)
        assert_true(fabs(levels[i] - (double)(200000 - usual(FIRST + i))) < 1e-6);
}

static void in_the_last_week_an_unusual_hour_fades_in_half_a_day(void **state)
{
    struct hourly hourly;
    double levels[96];
    double more = 14000 - 2000; /* above a mean that has risen by 2000 */

    (void)state;
    add_days(&hourly, FIRST - 28 * 24, FIRST);
    add_hour(&hourly, FIRST - 1, usual(FIRST - 1) + 14000);
    assert_true(history_forecast_week(&hourly, FIRST, levels, 96));
    for (int i = 0; i < 96; i++)
        assert_true(fabs(levels[i] - (double)usual(FIRST + i)
                         - (i % 24 == 23 ? 2000 : 0) - more * exp(-(i + 1) / 12.0))
                    < 1e-6);
}

static void of_one_day_nothing_is_forecast_by_the_week(void **state)
{
    struct hourly hourly;
    double levels[96];

    (void)state;
    add_days(&hourly, FIRST - 24, FIRST);
    assert_false(history_forecast_week(&hourly, FIRST, levels, 96));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_days_that_are_alike_comes_another_of_them),
        cmocka_unit_test(an_unusual_last_hour_carries_on_for_a_while),
        cmocka_unit_test(leads_are_counted_from_the_last_known_hour),
        cmocka_unit_test(two_days_are_enough_and_less_is_not),
        cmocka_unit_test(gaps_are_left_out_of_the_means),
        cmocka_unit_test(after_four_days_without_actuals_nothing_is_forecast),
        cmocka_unit_test(what_comes_after_the_first_hour_is_not_looked_at),
        cmocka_unit_test(no_level_is_below_zero),
        cmocka_unit_test(the_last_week_follows_days_that_have_changed),
        cmocka_unit_test(in_the_last_week_an_unusual_hour_fades_in_half_a_day),
        cmocka_unit_test(of_one_day_nothing_is_forecast_by_the_week),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

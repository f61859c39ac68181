/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>

#include "grid/hourly.h"

#define FIRST 480000 /* an hour in 2024 */

static void add(struct hourly *hourly, instant begins, duration length, intensity level)
{
    struct actual item = {begins, begins + length, level};
    const struct actuals actuals = {.items = &item, .count = 1};

    hourly_add(hourly, &actuals);
}

static void nothing_is_known_at_first(void **state)
{
    struct hourly hourly;

    (void)state;
    hourly_init(&hourly);
    assert_int_equal(-1, hourly.last);
    assert_true(isnan(hourly_at(&hourly, 0)));
    assert_true(isnan(hourly_at(&hourly, FIRST)));
}

static void an_hour_is_the_mean_of_its_parts(void **state)
{
    struct actual items[] = {
        {FIRST * HOUR, FIRST * HOUR + 15 * MINUTE, 100},
        {FIRST * HOUR + 15 * MINUTE, FIRST * HOUR + 30 * MINUTE, 200},
        {FIRST * HOUR + 30 * MINUTE, (FIRST + 1) * HOUR, 350},
    };
    const struct actuals actuals = {.items = items, .count = 3};
    struct hourly hourly;

    (void)state;
    hourly_init(&hourly);
    hourly_add(&hourly, &actuals);
    assert_int_equal(FIRST, hourly.last);
    assert_true(fabs(hourly_at(&hourly, FIRST) - 250) < 1e-9);
}

static void an_hour_that_is_covered_in_part_is_not_known(void **state)
{
    struct hourly hourly;

    (void)state;
    hourly_init(&hourly);
    add(&hourly, FIRST * HOUR, 30 * MINUTE, 100);
    assert_int_equal(-1, hourly.last);
    add(&hourly, (FIRST + 1) * HOUR + 30 * MINUTE, HOUR, 100);
    assert_int_equal(-1, hourly.last);
}

static void a_revised_hour_replaces_the_old_and_gaps_stay_unknown(void **state)
{
    struct hourly hourly;

    (void)state;
    hourly_init(&hourly);
    add(&hourly, FIRST * HOUR, HOUR, 100);
    add(&hourly, (FIRST + 2) * HOUR, HOUR, 300);
    assert_true(isnan(hourly_at(&hourly, FIRST + 1)));
    add(&hourly, FIRST * HOUR, HOUR, 150);
    assert_true(fabs(hourly_at(&hourly, FIRST) - 150) < 1e-9);
    assert_int_equal(FIRST + 2, hourly.last);
    assert_true(isnan(hourly_at(&hourly, FIRST + 3)));
}

static void what_is_older_than_five_weeks_is_forgotten(void **state)
{
    struct hourly hourly;

    (void)state;
    hourly_init(&hourly);
    add(&hourly, FIRST * HOUR, HOUR, 100);
    add(&hourly, (FIRST + HOURLY_SPAN - 1) * HOUR, HOUR, 200);
    assert_true(fabs(hourly_at(&hourly, FIRST) - 100) < 1e-9);
    add(&hourly, (FIRST + HOURLY_SPAN) * HOUR, HOUR, 300);
    assert_true(isnan(hourly_at(&hourly, FIRST)));
    add(&hourly, FIRST * HOUR, HOUR, 100);
    assert_true(isnan(hourly_at(&hourly, FIRST)));
    assert_true(fabs(hourly_at(&hourly, FIRST + HOURLY_SPAN) - 300) < 1e-9);
    add(&hourly, (FIRST + 5 * HOURLY_SPAN) * HOUR, HOUR, 400);
    assert_true(isnan(hourly_at(&hourly, FIRST + HOURLY_SPAN)));
    assert_true(isnan(hourly_at(&hourly, FIRST + 5 * HOURLY_SPAN - 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(an_hour_is_the_mean_of_its_parts),
        cmocka_unit_test(an_hour_that_is_covered_in_part_is_not_known),
        cmocka_unit_test(a_revised_hour_replaces_the_old_and_gaps_stay_unknown),
        cmocka_unit_test(what_is_older_than_five_weeks_is_forgotten),
    };

    return cmocka_run_group_tests_name("hourly", tests, NULL, NULL);
}

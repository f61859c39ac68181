/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <stdbool.h>

#include "grid/skill.h"

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void errors_are_summed_by_weight(void **state)
{
    struct skill skill = {0};

    (void)state;
    skill_add(&skill, 110000, 100000, 1);
    skill_add(&skill, 150000, 200000, 0.5);
    assert_true(is_near(1.5, skill.count));
    assert_true(is_near(10000 + 25000, skill.absolute_sum));
    assert_true(is_near(10000 - 25000, skill.signed_sum));
    assert_true(is_near(0.1 + 0.125, skill.share_sum));
    skill_fade(&skill, 0.5);
    assert_true(is_near(0.75, skill.count));
    assert_true(is_near(17500, skill.absolute_sum));
}

static void hours_of_next_to_nothing_count_in_no_percentage(void **state)
{
    struct skill skill = {0};

    (void)state;
    skill_add(&skill, 5000, 0, 1);
    skill_add(&skill, 5000, 999, 1);
    assert_true(is_near(2, skill.count));
    assert_true(is_near(0, skill.share_count));
    assert_true(is_near(0, skill.share_sum));
}

static void the_order_is_what_ranks_compare(void **state)
{
    const double rising[] = {1, 2, 3, 4, 5};
    const double steep[] = {10, 200, 3000, 40000, 500000};
    const double falling[] = {9, 7, 5, 3, 1};

    (void)state;
    assert_true(is_near(1, skill_rank(rising, steep, 5)));
    assert_true(is_near(-1, skill_rank(rising, falling, 5)));
}

/* By hand: ranks 1 2 3 4 and 2 1 4 3, 1 - 6 x 4 / (4 x 15). */
static void neighbours_that_changed_places_cost_a_little(void **state)
{
    const double forecast[] = {1, 2, 3, 4};
    const double actual[] = {20, 10, 40, 30};

    (void)state;
    assert_true(is_near(0.6, skill_rank(forecast, actual, 4)));
}

/* By hand: ranks 1.5 1.5 3 4 and 1 2 3 4: 4.5 / sqrt(4.5 x 5). */
static void equal_values_share_their_ranks(void **state)
{
    const double forecast[] = {7, 7, 8, 9};
    const double actual[] = {1, 2, 3, 4};
    const double flat[] = {5, 5, 5, 5};

    (void)state;
    assert_true(is_near(4.5 / sqrt(22.5), skill_rank(forecast, actual, 4)));
    assert_true(is_near(0, skill_rank(flat, actual, 4)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_summed_by_weight),
        cmocka_unit_test(hours_of_next_to_nothing_count_in_no_percentage),
        cmocka_unit_test(the_order_is_what_ranks_compare),
        cmocka_unit_test(neighbours_that_changed_places_cost_a_little),
        cmocka_unit_test(equal_values_share_their_ranks),
    };

    return cmocka_run_group_tests_name("skill", tests, NULL, NULL);
}

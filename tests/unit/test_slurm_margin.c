/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "nodes/slurm/margin.h"

static void a_few_waits_teach_nothing(void **state)
{
    struct margin margin = {.count = 0};

    (void)state;
    for (int i = 0; i < MARGIN_LEAST - 1; i++)
        margin_add(&margin, 7);
    assert_int_equal(MARGIN_STANDARD, margin_find(&margin));
    margin_add(&margin, 7);
    assert_int_equal(7, margin_find(&margin));
}

static void nineteen_of_twenty_were_no_longer(void **state)
{
    struct margin margin = {.count = 0};

    (void)state;
    for (duration wait = 1; wait <= 100; wait++)
        margin_add(&margin, wait);
    assert_int_equal(95, margin_find(&margin));
}

static void only_the_last_ones_count(void **state)
{
    struct margin margin = {.count = 0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        margin_add(&margin, 5000);
    for (int i = 0; i < MARGIN_KEPT; i++)
        margin_add(&margin, -3);
    assert_int_equal(1, margin_find(&margin));
    for (int i = 0; i < MARGIN_KEPT; i++)
        margin_add(&margin, 100 * DAY);
    assert_int_equal(MARGIN_MAX, margin_find(&margin));
}

static void what_is_said_is_the_least(void **state)
{
    struct margin margin = {.count = 0};

    (void)state;
    assert_int_equal(0, margin_find_above(&margin, 0));
    assert_int_equal(60, margin_find_above(&margin, 60));
    for (int i = 0; i < MARGIN_LEAST; i++)
        margin_add(&margin, 40);
    assert_int_equal(60, margin_find_above(&margin, 60));
    assert_int_equal(40, margin_find_above(&margin, 30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_waits_teach_nothing),
        cmocka_unit_test(nineteen_of_twenty_were_no_longer),
        cmocka_unit_test(only_the_last_ones_count),
        cmocka_unit_test(what_is_said_is_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

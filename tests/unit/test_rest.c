/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/rest.h"

#define NOW ((instant)1767225600)

static const struct rest_settings settings = {HOUR, 5 * MINUTE};

static enum rest_order decide(struct rest *rest, instant next_start, instant now)
{
    const struct rest_outlook outlook = {.is_known = true, .next_start = next_start};

    return rest_decide(rest, &settings, &outlook, now);
}

static void a_pool_sleeps_when_the_plan_leaves_it_empty_for_long(void **state)
{
    struct rest rest = {.sleep = POOL_AWAKE};

    (void)state;
    assert_int_equal(REST_STAY, decide(&rest, NOW, NOW));
    assert_int_equal(REST_STAY, decide(&rest, NOW + HOUR, NOW));
    assert_int_equal(POOL_AWAKE, rest.sleep);
    assert_int_equal(REST_SLEEP, decide(&rest, NOW + HOUR + 1, NOW));
    assert_int_equal(POOL_FALLING_ASLEEP, rest.sleep);
    /* One command at a time, whatever comes. */
    assert_int_equal(REST_STAY, decide(&rest, NOW, NOW));
    assert_false(rest_end(&rest, &settings, true, NOW + 1));
    assert_int_equal(POOL_ASLEEP, rest.sleep);
}

static void a_pool_that_runs_something_or_is_not_known_or_drained_stays(void **state)
{
    const struct rest_outlook outlooks[] = {
        {.is_known = true, .is_active = true, .next_start = INSTANT_MAX},
        {.is_known = false, .next_start = INSTANT_MAX},
        {.is_known = true, .is_drained = true, .next_start = INSTANT_MAX},
    };
    struct rest rest = {.sleep = POOL_AWAKE};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(REST_STAY, rest_decide(&rest, &settings, &outlooks[i], NOW));
}

static void it_is_woken_as_long_before_its_next_start_as_that_takes(void **state)
{
    struct rest rest = {.sleep = POOL_ASLEEP};
    instant start = NOW + HOUR;

    (void)state;
    assert_int_equal(REST_STAY, decide(&rest, INSTANT_MAX, NOW));
    assert_int_equal(REST_STAY, decide(&rest, start, start - 5 * MINUTE - 1));
    assert_int_equal(REST_WAKE, decide(&rest, start, start - 5 * MINUTE));
    assert_int_equal(POOL_WAKING, rest.sleep);
    assert_false(rest_end(&rest, &settings, true, start));
    assert_int_equal(POOL_AWAKE, rest.sleep);
}

static void what_is_due_wakes_it_at_once(void **state)
{
    struct rest rest = {.sleep = POOL_ASLEEP};

    (void)state;
    assert_int_equal(REST_WAKE, decide(&rest, NOW - HOUR, NOW));
}

static void a_pool_that_takes_long_to_wake_is_not_put_to_sleep_in_vain(void **state)
{
    const struct rest_settings slow = {MINUTE, 2 * HOUR};
    const struct rest_outlook outlook = {.is_known = true, .next_start = NOW + HOUR};
    struct rest rest = {.sleep = POOL_AWAKE};

    (void)state;
    assert_int_equal(REST_STAY, rest_decide(&rest, &slow, &outlook, NOW));
}

static void a_wake_that_fails_is_tried_three_times_ever_later(void **state)
{
    struct rest rest = {.sleep = POOL_ASLEEP};

    (void)state;
    assert_int_equal(REST_WAKE, decide(&rest, NOW, NOW));
    assert_false(rest_end(&rest, &settings, false, NOW));
    assert_int_equal(POOL_ASLEEP, rest.sleep);
    assert_int_equal(REST_STAY, decide(&rest, NOW, NOW + 59));
    assert_int_equal(REST_WAKE, decide(&rest, NOW, NOW + 60));
    assert_false(rest_end(&rest, &settings, false, NOW + 60));
    assert_int_equal(REST_STAY, decide(&rest, NOW, NOW + 179));
    assert_int_equal(REST_WAKE, decide(&rest, NOW, NOW + 180));
    assert_true(rest_end(&rest, &settings, false, NOW + 180));
    /* Resumed, it has three tries again. */
    assert_int_equal(REST_WAKE, decide(&rest, NOW, NOW + HOUR));
    assert_false(rest_end(&rest, &settings, false, NOW + HOUR));
}

static void a_wake_that_succeeds_forgets_those_that_failed(void **state)
{
    struct rest rest = {.sleep = POOL_ASLEEP};

    (void)state;
    decide(&rest, NOW, NOW);
    rest_end(&rest, &settings, false, NOW);
    decide(&rest, NOW, NOW + 60);
    rest_end(&rest, &settings, true, NOW + 60);
    assert_int_equal(0, rest.failures);
    assert_int_equal(REST_SLEEP, decide(&rest, INSTANT_MAX, NOW + 60));
}

static void sleep_that_fails_leaves_it_awake_for_a_while(void **state)
{
    struct rest rest = {.sleep = POOL_AWAKE};

    (void)state;
    decide(&rest, INSTANT_MAX, NOW);
    assert_false(rest_end(&rest, &settings, false, NOW));
    assert_int_equal(POOL_AWAKE, rest.sleep);
    assert_int_equal(REST_STAY, decide(&rest, INSTANT_MAX, NOW + HOUR - 1));
    assert_int_equal(REST_SLEEP, decide(&rest, INSTANT_MAX, NOW + HOUR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_sleeps_when_the_plan_leaves_it_empty_for_long),
        cmocka_unit_test(a_pool_that_runs_something_or_is_not_known_or_drained_stays),
        cmocka_unit_test(it_is_woken_as_long_before_its_next_start_as_that_takes),
        cmocka_unit_test(what_is_due_wakes_it_at_once),
        cmocka_unit_test(a_pool_that_takes_long_to_wake_is_not_put_to_sleep_in_vain),
        cmocka_unit_test(a_wake_that_fails_is_tried_three_times_ever_later),
        cmocka_unit_test(a_wake_that_succeeds_forgets_those_that_failed),
        cmocka_unit_test(sleep_that_fails_leaves_it_awake_for_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "nodes/slurm/gate.h"

static const struct gate_settings settings = {
    .calls_per_second = 20,
    .burst = 5,
    .failures_max = 2,
    .pause_ms = 1000,
    .pause_max_ms = 5000,
};

static int count_passes(struct gate *gate, int64_t now_ms)
{
    int64_t again_ms;
    int count = 0;

    while (count < 1000 && gate_pass(gate, now_ms, &again_ms))
        count++;
    return count;
}

static void a_burst_goes_through_and_then_so_many_a_second(void **state)
{
    struct gate gate = gate_make(&settings, 100);
    int64_t again_ms = 0;

    (void)state;
    assert_int_equal(5, count_passes(&gate, 100));
    assert_false(gate_pass(&gate, 100, &again_ms));
    assert_int_equal(150, again_ms);
    assert_false(gate_pass(&gate, 149, &again_ms));
    assert_int_equal(150, again_ms);
    assert_int_equal(1, count_passes(&gate, 150));
    assert_int_equal(4, count_passes(&gate, 350));
    assert_int_equal(5, count_passes(&gate, 100000));
}

static void over_a_long_time_the_rate_holds(void **state)
{
    struct gate gate = gate_make(&settings, 0);
    int count = 0;

    (void)state;
    for (int64_t now_ms = 0; now_ms < 10000; now_ms += 7)
        count += count_passes(&gate, now_ms);
    assert_in_range(count, 203, 205);
}

static void
a_clock_that_stands_still_or_jumps_far_fills_no_more_than_the_bucket(void **state)
{
    struct gate gate = gate_make(&settings, 1000);

    (void)state;
    assert_int_equal(5, count_passes(&gate, 1000));
    assert_int_equal(0, count_passes(&gate, 1000));
    assert_int_equal(0, count_passes(&gate, 0));
    assert_int_equal(5, count_passes(&gate, INT64_MAX / 2));
}

static void a_refusal_is_an_answer(void **state)
{
    struct gate gate = gate_make(&settings, 0);

    (void)state;
    for (int i = 0; i < 10; i++)
        gate_note(&gate, i % 2 ? ERROR_UNAVAILABLE : ERROR_MISSING, 0);
    assert_int_equal(GATE_CLOSED, gate.state);
}

static void failures_in_a_row_open_it_for_a_time_that_doubles(void **state)
{
    static const int64_t pauses_ms[] = {1000, 2000, 4000, 5000, 5000};
    struct gate gate = gate_make(&settings, 0);
    int64_t now_ms = 0;
    int64_t again_ms = 0;

    (void)state;
    gate_note(&gate, ERROR_UNAVAILABLE, now_ms);
    assert_int_equal(GATE_CLOSED, gate.state);
    for (int i = 0; i < 5; i++) {
        gate_note(&gate, ERROR_UNAVAILABLE, now_ms);
        assert_int_equal(GATE_OPEN, gate.state);
        assert_false(gate_pass(&gate, now_ms + pauses_ms[i] - 1, &again_ms));
        now_ms += pauses_ms[i];
        assert_int_equal(now_ms, again_ms);
        assert_true(gate_pass(&gate, now_ms, &again_ms));
        assert_int_equal(GATE_TRYING, gate.state);
        assert_false(gate_pass(&gate, now_ms, &again_ms));
        assert_true(again_ms == INT64_MAX);
    }
    gate_note(&gate, ERROR_NONE, now_ms);
    assert_int_equal(GATE_CLOSED, gate.state);
    gate_note(&gate, ERROR_UNAVAILABLE, now_ms);
    assert_int_equal(GATE_CLOSED, gate.state);
    gate_note(&gate, ERROR_UNAVAILABLE, now_ms);
    assert_false(gate_pass(&gate, now_ms, &again_ms));
    assert_int_equal(now_ms + 1000, again_ms);
}

static void what_comes_back_late_neither_lengthens_a_pause_nor_is_lost(void **state)
{
    struct gate gate = gate_make(&settings, 0);
    int64_t again_ms = 0;

    (void)state;
    for (int64_t now_ms = 0; now_ms < 500; now_ms += 100)
        gate_note(&gate, ERROR_UNAVAILABLE, now_ms);
    assert_false(gate_pass(&gate, 500, &again_ms));
    assert_int_equal(1100, again_ms);
    gate_note(&gate, ERROR_NONE, 600);
    assert_true(gate_pass(&gate, 600, &again_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_through_and_then_so_many_a_second),
        cmocka_unit_test(over_a_long_time_the_rate_holds),
        cmocka_unit_test(
            a_clock_that_stands_still_or_jumps_far_fills_no_more_than_the_bucket),
        cmocka_unit_test(a_refusal_is_an_answer),
        cmocka_unit_test(failures_in_a_row_open_it_for_a_time_that_doubles),
        cmocka_unit_test(what_comes_back_late_neither_lengthens_a_pause_nor_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "nodes/slurm/rounds.h"

static void tasks_that_may_not_run_at_once_take_their_turns(void **state)
{
    static const struct {
        const char *tasks;
        int64_t at_once, length;
    } rows[] = {
        {"1-4%1", 1, 400},     {"1-4%2", 2, 200},
        {"0-4%2", 2, 300},     {"1,3,7-9%2", 2, 300},
        {"0-99:10%4", 4, 300}, {"7%1", 1, 100},
        {"1-4%9", 9, 100},     {"1-4", 0, 100},
        {"3", 0, 100},         {"0-3999999%1", 1, 400000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(rounds_at_once(rows[i].tasks), rows[i].at_once);
        assert_int_equal(rounds_length(rows[i].tasks, 100), rows[i].length);
    }
}

static void what_is_no_list_counts_as_one(void **state)
{
    static const char *const rows[] = {
        "",
        "x",
        "%1",
        "1-%1",
        "4-1%1",
        "1-4%",
        "1-4%1x",
        "1-4:0%1",
        "1,,2%1",
        "-1%1",
        "1-4 %1",
        "0-4000001%1",
        "99999999999999999999%1",
        "0-4000000,0-4000000,1%1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(rounds_at_once(rows[i]), 0);
        assert_int_equal(rounds_length(rows[i], 100), 100);
    }
    assert_int_equal(rounds_length(NULL, 100), 100);
}

static void no_length_is_beyond_time(void **state)
{
    (void)state;
    assert_int_equal(rounds_length("0-3999999%1", INSTANT_MAX / 2), INSTANT_MAX);
    assert_int_equal(rounds_length("1-4%1", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_may_not_run_at_once_take_their_turns),
        cmocka_unit_test(what_is_no_list_counts_as_one),
        cmocka_unit_test(no_length_is_beyond_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/simulate_waits.h"

static struct trace_job jobs[2000];
static struct trace trace;
static struct simulate_waits waits;

static void apply(const char *text, uint64_t seed)
{
    struct error err;

    trace = (struct trace){jobs, 2000, 2000, false};
    for (size_t i = 0; i < trace.count; i++) {
        jobs[i].length = (duration)(i + 1) * MINUTE;
        jobs[i].max_wait = jobs[i].deadline = TRACE_NOT_SET;
    }
    jobs[7].max_wait = 77;
    jobs[8].deadline = 88;
    if (simulate_waits_parse(text, &waits, &err) < 0)
        fail_msg("%s", err.text);
    simulate_waits_apply(&waits, seed, &trace);
}

static void assert_refused(const char *text, const char *words)
{
    struct error err;

    assert_int_equal(-1, simulate_waits_parse(text, &waits, &err));
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void one_wait_is_for_all_that_say_nothing(void **state)
{
    (void)state;
    apply("24h", 1);
    assert_int_equal(DAY, jobs[0].max_wait);
    assert_int_equal(77, jobs[7].max_wait);
    assert_int_equal(TRACE_NOT_SET, jobs[8].max_wait);
    assert_int_equal(DAY, jobs[1999].max_wait);
}

static void lengths_are_up_to_and_with_the_bound(void **state)
{
    (void)state;
    apply("1h:0,2h:6h,24h", 1);
    assert_int_equal(0, jobs[59].max_wait);
    assert_int_equal(6 * HOUR, jobs[60].max_wait);
    assert_int_equal(6 * HOUR, jobs[119].max_wait);
    assert_int_equal(DAY, jobs[120].max_wait);
}

static size_t count(duration wait)
{
    size_t found = 0;

    for (size_t i = 0; i < trace.count; i++)
        found += jobs[i].max_wait == wait;
    return found;
}

static void shares_are_drawn_and_drawn_alike_by_the_same_seed(void **state)
{
    duration first[20];

    (void)state;
    apply("25%:0h,35%:24h,40%:48h", 5);
    assert_in_range(count(0), 440, 560);
    assert_in_range(count(DAY), 630, 770);
    assert_in_range(count(2 * DAY), 730, 870);
    for (int i = 0; i < 20; i++)
        first[i] = jobs[i].max_wait;
    apply("25%:0h,35%:24h,40%:48h", 5);
    for (int i = 0; i < 20; i++)
        assert_int_equal(first[i], jobs[i].max_wait);
    apply("25%:0h,35%:24h,40%:48h", 6);
    for (int i = 0, same = 0; i < 20; i++) {
        same += first[i] == jobs[i].max_wait;
        assert_true(i < 19 || same < 20);
    }
}

static void what_leaves_jobs_without_a_rule_is_refused(void **state)
{
    (void)state;
    assert_refused("2h:6h", "how long longer jobs may wait");
    assert_refused("24h,2h:6h", "leaves nothing");
    assert_refused("50%:1h,49%:2h", "100%");
    assert_refused("50%:1h,2h:3h,4h", "do not mix");
    assert_refused("", "");
    assert_refused("24", "units");
    assert_refused("999d", "400d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_wait_is_for_all_that_say_nothing),
        cmocka_unit_test(lengths_are_up_to_and_with_the_bound),
        cmocka_unit_test(shares_are_drawn_and_drawn_alike_by_the_same_seed),
        cmocka_unit_test(what_leaves_jobs_without_a_rule_is_refused),
    };

    return cmocka_run_group_tests_name("simulate waits", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>

#include "grid/budget.h"
#include "grid/feed.h"

static const instant noon = 1700000000;

static void one_request_is_under_way_at_a_time(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 0, 2);
    assert_int_equal(noon, budget_next(&budget, noon));
    budget_started(&budget, noon);
    assert_int_equal(INSTANT_MAX, budget_next(&budget, noon + HOUR));
    budget_succeeded(&budget);
    assert_int_equal(noon + 2, budget_next(&budget, noon));
    assert_int_equal(noon + 5, budget_next(&budget, noon + 5));
    assert_int_equal(-1, budget_left(&budget, noon));
}

/* Start as many as may be; returns how many in the hour from `from`. */
static int start_all(struct budget *budget, instant from)
{
    int count = 0;

    for (instant now = from; now < from + HOUR;) {
        instant next = budget_next(budget, now);

        if (next > now) {
            now = next;
            continue;
        }
        budget_started(budget, now);
        budget_succeeded(budget);
        count++;
    }
    return count;
}

static void an_hour_holds_no_more_than_its_budget_and_a_tenth(void **state)
{
    static const int64_t limits[] = {1, 7, 50, 100, 3000, 36000};

    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct budget budget;
        int first, later;

        budget_init(&budget, limits[i], 0);
        first = start_all(&budget, noon);
        later = start_all(&budget, noon + HOUR);
        assert_true(first <= limits[i] + limits[i] / 10 + 1);
        assert_true(first >= limits[i]);
        assert_in_range(later, limits[i] - 1, limits[i]);
    }
}

static void what_is_left_of_the_budget_is_told(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 50, 0);
    assert_int_equal(6, budget_left(&budget, noon));
    budget_started(&budget, noon);
    budget_succeeded(&budget);
    assert_int_equal(5, budget_left(&budget, noon));
    for (int i = 0; i < 5; i++) {
        budget_started(&budget, noon);
        budget_succeeded(&budget);
    }
    assert_int_equal(0, budget_left(&budget, noon));
    assert_int_equal(noon + 72, budget_next(&budget, noon));
    assert_int_equal(6, budget_left(&budget, noon + HOUR));
}

static void fail_at(struct budget *budget, instant now, enum budget_failure failure,
                    duration retry_after)
{
    budget_started(budget, now);
    budget_failed(budget, now, failure, retry_after);
}

static void failures_in_a_row_open_the_circuit_for_longer_and_longer(void **state)
{
    static const duration open[] = {1 * MINUTE,  2 * MINUTE,  4 * MINUTE, 8 * MINUTE,
                                    16 * MINUTE, 30 * MINUTE, 30 * MINUTE};
    struct budget budget;
    instant now = noon;

    (void)state;
    budget_init(&budget, 0, 0);
    for (int i = 0; i < BUDGET_FAILURES_MAX - 1; i++)
        fail_at(&budget, now, BUDGET_TROUBLE, 0);
    assert_false(budget_is_open(&budget, now));
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        fail_at(&budget, now, BUDGET_TROUBLE, 0);
        assert_true(budget_is_open(&budget, now));
        assert_int_equal(now + open[i], budget_next(&budget, now));
        /* One goes through, and decides. */
        now += open[i];
        assert_false(budget_is_open(&budget, now));
    }
    budget_started(&budget, now);
    budget_succeeded(&budget);
    fail_at(&budget, now, BUDGET_TROUBLE, 0);
    assert_int_equal(now, budget_next(&budget, now));
}

static void a_refusal_of_us_opens_it_at_once(void **state)
{
    struct budget budget;
    instant now = noon;
    duration last = 0;

    (void)state;
    budget_init(&budget, 0, 0);
    fail_at(&budget, now, BUDGET_DENIED, 0);
    assert_int_equal(now + 5 * MINUTE, budget_next(&budget, now));
    for (int i = 0; i < 10; i++) {
        now = budget_next(&budget, now);
        fail_at(&budget, now, BUDGET_DENIED, 0);
        last = budget_next(&budget, now) - now;
    }
    assert_int_equal(6 * HOUR, last);
}

static void a_retry_after_holds_all_zones_up_to_a_day(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 0, 0);
    fail_at(&budget, noon, BUDGET_TROUBLE, 90 * MINUTE);
    assert_int_equal(noon + 90 * MINUTE, budget_next(&budget, noon));
    fail_at(&budget, noon, BUDGET_ZONE, 400 * DAY);
    assert_int_equal(noon + DAY, budget_next(&budget, noon));
}

static void a_bad_body_of_one_zone_is_no_trouble_for_the_others(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 0, 0);
    for (int i = 0; i < 50; i++)
        fail_at(&budget, noon, BUDGET_ZONE, 0);
    assert_int_equal(noon, budget_next(&budget, noon));
    assert_false(budget_is_open(&budget, noon));
}

static void a_clock_that_is_set_back_holds_nobody_up(void **state)
{
    const instant later = noon + 300 * DAY;
    struct budget budget;

    (void)state;
    budget_init(&budget, 50, 2);
    for (int i = 0; i < 60; i++)
        fail_at(&budget, later, BUDGET_DENIED, DAY);
    assert_true(budget_is_open(&budget, later));
    assert_false(budget_is_open(&budget, noon));
    assert_int_equal(noon, budget_next(&budget, noon));
    budget_started(&budget, noon);
    budget_succeeded(&budget);
    assert_int_equal(5, budget_left(&budget, noon));
}

/* Fifty zones of one provider, asked as the daemon does. */
#define ZONES 50

struct crowd {
    struct feed feeds[ZONES];
    struct budget budget;
    bool is_down;
    int requests;
    int most_in_a_minute;
};

static struct crowd crowd;

static void start_crowd(int64_t hourly)
{
    crowd = (struct crowd){.requests = 0};
    budget_init(&crowd.budget, hourly, 1);
    for (int i = 0; i < ZONES; i++) {
        char name[8];

        snprintf(name, sizeof(name), "Z%d", i);
        feed_init(&crowd.feeds[i], name, (uint64_t)i * 7919 + 1);
        assert_int_equal(0, feed_add_source(&crowd.feeds[i], "one", READING_FORECAST,
                                            30 * MINUTE, NULL));
    }
}

/* The source that has been due for longest, or -1. */
static int find_due(instant now)
{
    instant since = INSTANT_MAX;
    int due = -1;

    for (int i = 0; i < ZONES; i++) {
        const struct feed_source *source = &crowd.feeds[i].sources[0];

        if (feed_due(&crowd.feeds[i], "one", now) < 0 || source->next_try >= since)
            continue;
        since = source->next_try;
        due = i;
    }
    return due;
}

static void live_through(instant from, duration length)
{
    int in_minute = 0;

    crowd.requests = 0;
    crowd.most_in_a_minute = 0;
    for (instant now = from; now < from + length; now++) {
        int due = budget_next(&crowd.budget, now) <= now ? find_due(now) : -1;

        if (now % MINUTE == 0)
            in_minute = 0;
        if (due < 0)
            continue;
        feed_started(&crowd.feeds[due], 0);
        budget_started(&crowd.budget, now);
        if (crowd.is_down) {
            feed_failed(&crowd.feeds[due], 0, now, 0, false, "down");
            budget_failed(&crowd.budget, now, BUDGET_TROUBLE, 0);
        } else {
            feed_succeeded(&crowd.feeds[due], 0, now);
            budget_succeeded(&crowd.budget);
        }
        crowd.requests++;
        in_minute++;
        if (in_minute > crowd.most_in_a_minute)
            crowd.most_in_a_minute = in_minute;
    }
}

static void fifty_zones_spread_their_calls_and_none_starves(void **state)
{
    (void)state;
    start_crowd(0);
    live_through(noon, HOUR);
    /* All at first, a second apart; then each by its cadence and some jitter. */
    assert_in_range(crowd.requests, 2 * ZONES, 2 * ZONES + 5);
    live_through(noon + HOUR, 10 * HOUR);
    assert_in_range(crowd.requests, 18 * ZONES, 20 * ZONES);
    live_through(noon + 11 * HOUR, 10 * HOUR);
    assert_true(crowd.most_in_a_minute <= ZONES / 5);
    for (int i = 0; i < ZONES; i++)
        assert_true(crowd.feeds[i].sources[0].last_success
                    > noon + 21 * HOUR - 34 * MINUTE);
}

static void a_small_budget_is_kept_and_shared_by_all(void **state)
{
    (void)state;
    start_crowd(40);
    live_through(noon, 10 * HOUR);
    assert_in_range(crowd.requests, 400, 400 + 5);
    assert_true(crowd.most_in_a_minute <= 5);
    for (int i = 0; i < ZONES; i++)
        assert_in_range(crowd.feeds[i].sources[0].fetched_count, 7, 9);
}

static void a_days_outage_costs_few_requests_and_its_end_is_noticed(void **state)
{
    (void)state;
    start_crowd(0);
    live_through(noon, 2 * HOUR);
    crowd.is_down = true;
    live_through(noon + 2 * HOUR, DAY);
    assert_true(crowd.requests <= 70);
    crowd.is_down = false;
    live_through(noon + 2 * HOUR + DAY, 61 * MINUTE);
    for (int i = 0; i < ZONES; i++)
        assert_true(crowd.feeds[i].sources[0].last_success > noon + 2 * HOUR + DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_request_is_under_way_at_a_time),
        cmocka_unit_test(an_hour_holds_no_more_than_its_budget_and_a_tenth),
        cmocka_unit_test(what_is_left_of_the_budget_is_told),
        cmocka_unit_test(failures_in_a_row_open_the_circuit_for_longer_and_longer),
        cmocka_unit_test(a_refusal_of_us_opens_it_at_once),
        cmocka_unit_test(a_retry_after_holds_all_zones_up_to_a_day),
        cmocka_unit_test(a_bad_body_of_one_zone_is_no_trouble_for_the_others),
        cmocka_unit_test(a_clock_that_is_set_back_holds_nobody_up),
        cmocka_unit_test(fifty_zones_spread_their_calls_and_none_starves),
        cmocka_unit_test(a_small_budget_is_kept_and_shared_by_all),
        cmocka_unit_test(a_days_outage_costs_few_requests_and_its_end_is_noticed),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}

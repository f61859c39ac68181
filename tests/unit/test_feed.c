/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "grid/feed.h"

static const instant noon = 1700000000;

static int make_feed(void **state)
{
    struct feed *feed = xcalloc(1, sizeof(*feed));

    feed_init(feed, "GB", 42);
    assert_int_equal(
        0, feed_add_source(feed, "neso", READING_FORECAST, 30 * MINUTE, NULL));
    assert_int_equal(0, feed_add_source(feed, "spare", READING_FORECAST, HOUR, NULL));
    assert_int_equal(0,
                     feed_add_source(feed, "neso", READING_ACTUALS, 30 * MINUTE, NULL));
    *state = feed;
    return 0;
}

static int drop_feed(void **state)
{
    feed_release(*state);
    free(*state);
    return 0;
}

static struct forecast *make_forecast(instant begins, instant ends)
{
    const struct series_sample sample = {begins, G_PER_KWH(100)};
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    forecast->intensity = series_create(&sample, 1, ends, INTENSITY_MAX, NULL);
    return forecast;
}

static void a_new_feed_asks_all_its_sources_at_once_and_each_once(void **state)
{
    struct feed *feed = *state;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(i, feed_due(feed, NULL, noon));
        feed_started(feed, i);
    }
    assert_int_equal(-1, feed_due(feed, NULL, noon));
    assert_int_equal(INSTANT_MAX, feed_next(feed, NULL));
}

static void after_an_answer_the_next_try_comes_after_the_cadence(void **state)
{
    struct feed *feed = *state;
    const struct feed_source *source = &feed->sources[0];
    duration least = INT64_MAX, most = 0;

    for (int round = 0; round < 200; round++) {
        duration delay;

        feed_started(feed, 0);
        feed_succeeded(feed, 0, noon);
        delay = source->next_try - noon;
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_in_range(least, 30 * MINUTE, 31 * MINUTE);
    assert_in_range(most, 32 * MINUTE, 33 * MINUTE);
    assert_int_equal(200, source->fetched_count);
    assert_int_equal(noon, source->last_success);
    assert_false(source->in_flight);
}

static void failures_in_a_row_back_off_to_a_limit(void **state)
{
    struct feed *feed = *state;
    static const duration full[] = {
        1 * MINUTE,  2 * MINUTE,  4 * MINUTE,  8 * MINUTE,
        16 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE,
    };

    for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
        duration delay;

        feed_started(feed, 1);
        feed_failed(feed, 1, noon, 0, false, "time-out");
        delay = feed->sources[1].next_try - noon;
        assert_in_range(delay, full[i] / 2, full[i]);
    }
    assert_int_equal(8, feed->sources[1].failures);
    assert_int_equal(8, feed->sources[1].failed_count);
    assert_int_equal(0, feed->sources[1].refused_count);
    assert_string_equal("time-out", feed->sources[1].last_error);
}

static void an_answer_ends_the_back_off(void **state)
{
    struct feed *feed = *state;

    for (int i = 0; i < 5; i++)
        feed_failed(feed, 0, noon, 0, true, "sample 3: out of order");
    feed_succeeded(feed, 0, noon);
    assert_string_equal("", feed->sources[0].last_error);
    assert_int_equal(5, feed->sources[0].refused_count);
    feed_failed(feed, 0, noon, 0, false, "time-out");
    assert_in_range(feed->sources[0].next_try - noon, 30, MINUTE);
}

static void a_provider_that_says_when_is_asked_no_sooner(void **state)
{
    struct feed *feed = *state;

    feed_failed(feed, 0, noon, 2 * HOUR, false, "too many requests");
    assert_int_equal(noon + 2 * HOUR, feed->sources[0].next_try);
    feed_failed(feed, 0, noon, 400 * DAY, false, "too many requests");
    assert_int_equal(noon + DAY, feed->sources[0].next_try);
}

static void a_long_reason_is_cut(void **state)
{
    struct feed *feed = *state;
    char why[400];

    memset(why, 'x', sizeof(why) - 1);
    why[sizeof(why) - 1] = '\0';
    feed_failed(feed, 0, noon, 0, false, why);
    assert_int_equal(sizeof(feed->sources[0].last_error) - 1,
                     strlen(feed->sources[0].last_error));
}

static void zones_that_start_together_do_not_ask_together(void **state)
{
    struct feed other;

    feed_init(&other, "FR", 43);
    assert_int_equal(
        0, feed_add_source(&other, "neso", READING_FORECAST, 30 * MINUTE, NULL));
    feed_succeeded(&other, 0, noon);
    feed_succeeded(*state, 0, noon);
    assert_int_not_equal(other.sources[0].next_try,
                         ((struct feed *)*state)->sources[0].next_try);
    feed_release(&other);
}

static void the_first_source_that_covers_now_is_trusted(void **state)
{
    struct feed *feed = *state;
    struct forecast *first = make_forecast(noon, noon + HOUR);
    struct forecast *second = make_forecast(noon, noon + 3 * HOUR);

    assert_null(feed_choose(feed, noon).forecast);
    feed_take_forecast(feed, 1, second);
    assert_ptr_equal(second, feed_choose(feed, noon).forecast);
    feed_take_forecast(feed, 0, first);
    assert_ptr_equal(first, feed_choose(feed, noon).forecast);
    assert_ptr_equal(second, feed_choose(feed, noon + HOUR).forecast);
    assert_null(feed_choose(feed, noon + 3 * HOUR).forecast);
}

static void a_live_forecast_comes_before_an_older_one_of_a_better_source(void **state)
{
    struct feed *feed = *state;
    struct forecast *first = make_forecast(noon, noon + 10 * HOUR);
    struct forecast *second = make_forecast(noon, noon + 10 * HOUR);
    struct feed_choice choice;

    first->fetched = noon;
    second->fetched = noon;
    feed_take_forecast(feed, 0, first);
    feed_take_forecast(feed, 1, second);
    choice = feed_choose(feed, noon + FEED_LIVE_LEAST);
    assert_ptr_equal(first, choice.forecast);
    assert_int_equal(FEED_LIVE, choice.rung);
    /* Both are old; the better source's is taken. */
    choice = feed_choose(feed, noon + FEED_LIVE_LEAST + 1);
    assert_ptr_equal(first, choice.forecast);
    assert_int_equal(FEED_LAST, choice.rung);
    feed_succeeded(feed, 1, noon + HOUR);
    choice = feed_choose(feed, noon + FEED_LIVE_LEAST + 1);
    assert_ptr_equal(second, choice.forecast);
    assert_int_equal(FEED_LIVE, choice.rung);
    /* It is back. */
    feed_succeeded(feed, 0, noon + HOUR);
    choice = feed_choose(feed, noon + FEED_LIVE_LEAST + 1);
    assert_ptr_equal(first, choice.forecast);
    assert_int_equal(FEED_LIVE, choice.rung);
    assert_int_equal(FEED_NONE, feed_choose(feed, noon + 10 * HOUR).rung);
}

static struct series *make_shares(instant begins, int64_t level)
{
    const struct series_sample sample = {begins, level};

    return series_create(&sample, 1, begins + HOUR, SHARE_MAX, NULL);
}

static void a_share_that_is_told_apart_joins_the_forecast_of_its_provider(void **state)
{
    struct feed *feed = *state;
    struct forecast *forecast = make_forecast(noon, noon + HOUR);
    struct forecast *other = make_forecast(noon, noon + HOUR);
    int source;

    assert_int_equal(0, feed_add_source(feed, "neso", READING_RENEWABLE, HOUR, NULL));
    source = feed_find(feed, "neso", READING_RENEWABLE);
    assert_false(feed_take_renewable(feed, source, make_shares(noon, 300)));
    feed_take_forecast(feed, 1, other);
    assert_null(other->renewable);
    feed_take_forecast(feed, 0, forecast);
    assert_int_equal(300, series_at(forecast->renewable, 0).level);
    assert_true(feed_take_renewable(feed, source, make_shares(noon, 400)));
    assert_int_equal(400, series_at(forecast->renewable, 0).level);
    assert_null(other->renewable);
}

static void what_has_been_due_for_longest_comes_first(void **state)
{
    struct feed *feed = *state;

    feed_succeeded(feed, 0, noon);
    feed_succeeded(feed, 2, noon - 10 * MINUTE);
    assert_int_equal(2, feed_due(feed, "neso", noon + HOUR));
    assert_int_equal(feed->sources[2].next_try, feed_next(feed, "neso"));
    feed_started(feed, 2);
    assert_int_equal(0, feed_due(feed, "neso", noon + HOUR));
    assert_int_equal(-1, feed_due(feed, "neso", noon));
    assert_int_equal(1, feed_due(feed, "spare", noon));
    assert_int_equal(INSTANT_MAX, feed_next(feed, "nobody"));
}

static void a_clock_that_is_set_back_does_not_silence_a_source(void **state)
{
    struct feed *feed = *state;

    for (int i = 0; i < 3; i++)
        feed_succeeded(feed, i, noon + 300 * DAY);
    assert_true(feed_due(feed, "neso", noon) >= 0);
    feed_failed(feed, 0, noon, DAY, false, "later");
    feed_failed(feed, 2, noon, DAY, false, "later");
    assert_int_equal(-1, feed_due(feed, "neso", noon));
}

static void a_new_forecast_takes_the_place_of_the_old(void **state)
{
    struct feed *feed = *state;
    struct forecast *newer = make_forecast(noon, noon + HOUR);

    feed_take_forecast(feed, 0, make_forecast(noon, noon + HOUR));
    feed_take_forecast(feed, 0, newer);
    assert_ptr_equal(newer, feed_choose(feed, noon).forecast);
}

static void a_source_is_found_by_name_and_kind(void **state)
{
    assert_int_equal(0, feed_find(*state, "neso", READING_FORECAST));
    assert_int_equal(2, feed_find(*state, "neso", READING_ACTUALS));
    assert_int_equal(-1, feed_find(*state, "spare", READING_ACTUALS));
}

static void sources_that_do_not_fit_are_refused(void **state)
{
    struct feed *feed = *state;
    struct error err = {0};
    char name[8] = "p0";

    assert_int_equal(-1, feed_add_source(feed, "neso", READING_FORECAST, HOUR, &err));
    assert_int_equal(ERROR_CONFLICT, err.code);
    assert_int_equal(-1, feed_add_source(feed, "a-name-of-more-than-thirty-two-bytes",
                                         READING_FORECAST, HOUR, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    for (char i = 0; feed->source_count < FEED_SOURCES_MAX; i++) {
        name[1] = (char)('a' + i);
        assert_int_equal(0, feed_add_source(feed, name, READING_FORECAST, HOUR, NULL));
    }
    assert_int_equal(-1, feed_add_source(feed, "last", READING_FORECAST, HOUR, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_feed, drop_feed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_feed_asks_all_its_sources_at_once_and_each_once),
        TEST(after_an_answer_the_next_try_comes_after_the_cadence),
        TEST(failures_in_a_row_back_off_to_a_limit),
        TEST(an_answer_ends_the_back_off),
        TEST(a_provider_that_says_when_is_asked_no_sooner),
        TEST(a_long_reason_is_cut),
        TEST(zones_that_start_together_do_not_ask_together),
        TEST(the_first_source_that_covers_now_is_trusted),
        TEST(a_live_forecast_comes_before_an_older_one_of_a_better_source),
        TEST(a_share_that_is_told_apart_joins_the_forecast_of_its_provider),
        TEST(what_has_been_due_for_longest_comes_first),
        TEST(a_clock_that_is_set_back_does_not_silence_a_source),
        TEST(a_new_forecast_takes_the_place_of_the_old),
        TEST(a_source_is_found_by_name_and_kind),
        TEST(sources_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}

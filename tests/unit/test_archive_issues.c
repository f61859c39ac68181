/* SPDX-License-Identifier: MIT */
#include "grid/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

/* A forecast of two steps of an hour from `begins` on. */
static struct forecast *make_forecast(const char *provider, instant fetched,
                                      instant begins, int64_t level)
{
    const struct series_sample levels[] = {{begins, level}, {begins + HOUR, level + 1}};
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    text_copy(forecast->zone, sizeof(forecast->zone), "GB");
    text_copy(forecast->provider, sizeof(forecast->provider), provider);
    forecast->signal = SIGNAL_AVERAGE_LIFECYCLE;
    forecast->issued = fetched;
    forecast->fetched = fetched;
    forecast->intensity =
        series_create(levels, 2, begins + 2 * HOUR, INTENSITY_MAX, NULL);
    return forecast;
}

static void add_forecast(struct stores *stores, const char *provider, instant fetched,
                         instant begins, int64_t level)
{
    struct store_batch *batch = store_batch_create();
    struct forecast *forecast = make_forecast(provider, fetched, begins, level);

    if (level == 88)
        forecast->signal = SIGNAL_MARGINAL_DIRECT;
    store_batch_add_forecast(batch, forecast);
    forecast_destroy(forecast);
    stores_write(stores, batch);
}

struct loaded {
    struct forecast *items[10];
    size_t count;
};

static void on_forecast(struct forecast *forecast_taken, void *context)
{
    struct loaded *loaded = context;

    loaded->items[loaded->count++] = forecast_taken;
}

static void release(struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->count; i++)
        forecast_destroy(loaded->items[i]);
}

static void the_interval_of_a_forecast_comes_back_with_it(void **state)
{
    struct stores *stores = *state;
    struct forecast *forecast = make_forecast("blend", 5000, 3600, 200000);
    struct store_batch *batch = store_batch_create();
    const struct series_sample low = {3600, 150000};
    const struct series_sample high = {3600, 280000};

    forecast->low = series_create(&low, 1, 3600 + 2 * HOUR, INTENSITY_MAX, NULL);
    forecast->high = series_create(&high, 1, 3600 + 2 * HOUR, INTENSITY_MAX, NULL);
    store_batch_add_forecast(batch, forecast);
    forecast_destroy(forecast);
    stores_write(stores, batch);
    forecast = archive_find_forecast(stores->reader, "GB", 5000, NULL);
    assert_non_null(forecast);
    assert_int_equal(series_at(forecast->low, 0).level, 150000);
    assert_int_equal(series_at(forecast->high, 0).level, 280000);
    assert_int_equal(series_ends(forecast->high), 3600 + 2 * HOUR);
    forecast_destroy(forecast);
}

static void a_source_is_replayed_in_order_and_thinned(void **state)
{
    const struct archive_source source = {"GB", "neso", SIGNAL_AVERAGE_LIFECYCLE};
    struct stores *stores = *state;
    struct loaded loaded = {0};

    add_forecast(stores, "neso", 7200, 7200, 3);
    add_forecast(stores, "neso", 3500, 3600, 1);
    add_forecast(stores, "neso", 3700, 3600, 5);
    add_forecast(stores, "neso", 3600, 3600, 7);
    add_forecast(stores, "other", 3600, 3600, 9);
    add_forecast(stores, "neso", 3600, 3600, 88);
    assert_int_equal(
        archive_replay(stores->reader, &source, 3550, HOUR, on_forecast, &loaded, NULL),
        0);
    assert_int_equal(loaded.count, 2);
    assert_int_equal(series_at(loaded.items[0]->intensity, 0).level, 7);
    assert_int_equal(series_at(loaded.items[1]->intensity, 0).level, 3);
    release(&loaded);
    loaded = (struct loaded){0};
    assert_int_equal(
        archive_replay(stores->reader, &source, 0, 1, on_forecast, &loaded, NULL), 0);
    assert_int_equal(loaded.count, 4);
    assert_int_equal(loaded.items[0]->fetched, 3500);
    release(&loaded);
}

struct counting {
    instant to;
    int count;
};

static void count_forecast(struct forecast *forecast_taken, void *context)
{
    struct counting *counting = context;

    counting->count += forecast_taken->fetched < counting->to ? 1 : 0;
    forecast_destroy(forecast_taken);
}

static void a_forecast_that_is_known_is_not_stored_twice(void **state)
{
    const struct archive_source source = {"GB", "neso", SIGNAL_AVERAGE_LIFECYCLE};
    struct stores *stores = *state;
    struct counting counting = {.to = INSTANT_MAX};

    add_forecast(stores, "neso", 3600, 3600, 5);
    add_forecast(stores, "neso", 3600, 3600, 5);
    add_forecast(stores, "neso", 3600, 3600, 6);
    assert_int_equal(0, archive_replay(stores->reader, &source, 0, 1, count_forecast,
                                       &counting, NULL));
    /* One of each time; of those at the same time the newest counts. */
    assert_int_equal(1, counting.count);
}

/* Every ten minutes for 70 days. */
#define THIN_START ((instant)(20000 * DAY))

static void forecasts_are_thinned_the_older_the_more(void **state)
{
    const struct archive_source source = {"GB", "neso", SIGNAL_AVERAGE_LIFECYCLE};
    struct stores *stores = *state;
    const instant now = THIN_START + 70 * DAY;
    struct store_batch *batch = store_batch_create();
    size_t deleted = 1, total = 0;
    int ages[3] = {0};

    for (instant at = THIN_START; at < now; at += 10 * MINUTE) {
        struct forecast *forecast = make_forecast("neso", at, at, 1);

        store_batch_add_forecast(batch, forecast);
        forecast_destroy(forecast);
    }
    stores_write(stores, batch);
    while (deleted > 0) {
        assert_int_equal(0, store_thin(stores->store, now, 500, &deleted, NULL));
        assert_true(deleted <= 500);
        total += deleted;
    }
    for (int stage = 0; stage < 3; stage++) {
        const instant from[] = {now - 70 * DAY, now - 60 * DAY, now - 7 * DAY};
        const instant to[] = {now - 60 * DAY, now - 7 * DAY, now};
        struct counting counting = {.to = to[stage]};

        assert_int_equal(0, archive_replay(stores->reader, &source, from[stage], 1,
                                           count_forecast, &counting, NULL));
        ages[stage] = counting.count;
    }
    assert_in_range(ages[0], 40, 41);
    /* Only a month beyond a week is looked through: 30 days, an hour each. */
    assert_in_range(ages[1], 30 * 24 + 23 * 144 - 6, 30 * 24 + 23 * 144 + 6);
    assert_in_range(ages[2], 7 * 144, 7 * 144);
    assert_int_equal(70 * 144 - ages[0] - ages[1] - ages[2], total);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(the_interval_of_a_forecast_comes_back_with_it),
        WITH_STORE(a_source_is_replayed_in_order_and_thinned),
        WITH_STORE(a_forecast_that_is_known_is_not_stored_twice),
        WITH_STORE(forecasts_are_thinned_the_older_the_more),
    };

    return cmocka_run_group_tests_name("archive issues", tests, NULL, NULL);
}

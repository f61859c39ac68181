/* SPDX-License-Identifier: MIT */
#include "grid/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/pool.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

/* A forecast of two steps of an hour from `begins` on. */
static struct forecast *make_forecast(const char *zone, const char *provider,
                                      instant fetched, instant begins, int64_t level)
{
    const struct series_sample levels[] = {{begins, level}, {begins + HOUR, level + 1}};
    const struct series_sample shares[] = {{begins, 432}};
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    text_copy(forecast->zone, sizeof(forecast->zone), zone);
    text_copy(forecast->provider, sizeof(forecast->provider), provider);
    forecast->signal = SIGNAL_AVERAGE_LIFECYCLE;
    forecast->issued = fetched - 60;
    forecast->fetched = fetched;
    forecast->intensity =
        series_create(levels, 2, begins + 2 * HOUR, INTENSITY_MAX, NULL);
    if (level % 2 == 0)
        forecast->renewable = series_create(shares, 1, begins + HOUR, SHARE_MAX, NULL);
    return forecast;
}

static void add_forecast(struct stores *stores, const char *zone, const char *provider,
                         instant fetched, instant begins, int64_t level)
{
    struct store_batch *batch = store_batch_create();
    struct forecast *forecast = make_forecast(zone, provider, fetched, begins, level);

    forecast->synthetic = level == 77;
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

static void a_forecast_comes_back_whole(void **state)
{
    struct stores *stores = *state;
    struct forecast *forecast;

    add_forecast(stores, "GB", "neso", 5000, 3600, 200000);
    forecast = archive_find_forecast(stores->reader, "GB", 5000, NULL);
    assert_non_null(forecast);
    assert_string_equal(forecast->zone, "GB");
    assert_string_equal(forecast->provider, "neso");
    assert_int_equal(forecast->signal, SIGNAL_AVERAGE_LIFECYCLE);
    assert_false(forecast->synthetic);
    assert_int_equal(forecast->issued, 4940);
    assert_int_equal(forecast->fetched, 5000);
    assert_int_equal(series_count(forecast->intensity), 2);
    assert_int_equal(series_at(forecast->intensity, 1).level, 200001);
    assert_int_equal(series_ends(forecast->intensity), 3600 + 2 * HOUR);
    assert_int_equal(series_at(forecast->renewable, 0).level, 432);
    assert_int_equal(series_ends(forecast->renewable), 3600 + HOUR);
    forecast_destroy(forecast);
    add_forecast(stores, "GB", "neso", 6000, 3600, 77);
    forecast = archive_find_forecast(stores->reader, "GB", 9000, NULL);
    assert_true(forecast->synthetic);
    assert_null(forecast->renewable);
    forecast_destroy(forecast);
}

static void the_newest_of_each_provider_is_loaded(void **state)
{
    struct stores *stores = *state;
    struct loaded loaded = {0};

    add_forecast(stores, "GB", "neso", 5000, 7200, 10);
    add_forecast(stores, "GB", "neso", 6000, 7200, 12);
    add_forecast(stores, "GB", "neso", 5500, 7200, 14);
    add_forecast(stores, "GB", "neso", 5900, 7200, 88);
    add_forecast(stores, "GB", "other", 1000, 7200, 16);
    add_forecast(stores, "DE", "neso", 100, 0, 18);
    add_forecast(stores, "FR", "gone", 9000, 0, 20);
    /* Those of FR and DE end at 7200. */
    assert_int_equal(
        archive_load_forecasts(stores->reader, 7200, on_forecast, &loaded, NULL), 0);
    assert_int_equal(loaded.count, 2);
    assert_int_equal(series_at(loaded.items[0]->intensity, 0).level, 12);
    assert_string_equal(loaded.items[1]->provider, "other");
    release(&loaded);
    loaded = (struct loaded){0};
    assert_int_equal(
        archive_load_forecasts(stores->reader, 7199, on_forecast, &loaded, NULL), 0);
    assert_int_equal(loaded.count, 4);
    release(&loaded);
}

static void a_forecast_is_found_as_it_was_known_then(void **state)
{
    struct stores *stores = *state;
    static const struct {
        instant when;
        int64_t level; /* 0: none */
    } cases[] = {{4999, 0}, {5000, 10}, {5499, 10}, {5500, 12}, {9000, 14}};

    add_forecast(stores, "GB", "neso", 5000, 7200, 10);
    add_forecast(stores, "GB", "other", 5500, 7200, 12);
    add_forecast(stores, "GB", "neso", 6000, 7200, 14);
    add_forecast(stores, "FR", "neso", 5600, 7200, 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct error err = {0};
        struct forecast *forecast =
            archive_find_forecast(stores->reader, "GB", cases[i].when, &err);

        if (cases[i].level == 0) {
            assert_null(forecast);
            assert_int_equal(err.code, ERROR_MISSING);
            continue;
        }
        assert_int_equal(series_at(forecast->intensity, 0).level, cases[i].level);
        forecast_destroy(forecast);
    }
}

static void a_forecast_is_found_with_how_long_it_was_the_newest(void **state)
{
    static const enum signal average = SIGNAL_AVERAGE_LIFECYCLE;
    struct stores *stores = *state;
    static const struct {
        const enum signal *signal;
        instant when;
        int64_t level; /* 0: none */
        instant until;
    } cases[] = {
        {NULL, 4999, 0, 5000},         {NULL, 5000, 10, 5500},
        {NULL, 5499, 10, 5500},        {NULL, 5500, 88, 6000},
        {NULL, 6000, 14, INSTANT_MAX}, {&average, 5500, 10, 6000},
        {&average, 4999, 0, 5000},     {&average, 9000, 14, INSTANT_MAX},
    };

    add_forecast(stores, "GB", "neso", 5000, 7200, 10);
    add_forecast(stores, "GB", "other", 5500, 7200, 88);
    add_forecast(stores, "GB", "neso", 6000, 7200, 14);
    add_forecast(stores, "FR", "neso", 5600, 7200, 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct archive_issue issue;

        assert_int_equal(archive_find_issue(stores->reader, "GB", cases[i].signal,
                                            cases[i].when, &issue, NULL),
                         0);
        assert_int_equal(issue.until, cases[i].until);
        assert_int_equal(issue.forecast ? series_at(issue.forecast->intensity, 0).level
                                        : 0,
                         cases[i].level);
        forecast_destroy(issue.forecast);
    }
}

static void add_actuals(struct stores *stores, const char *provider, enum signal signal,
                        const struct actual *items, size_t count)
{
    struct store_batch *batch = store_batch_create();
    struct actuals actuals = {.zone = "GB", .signal = signal, .count = count};

    text_copy(actuals.provider, sizeof(actuals.provider), provider);
    actuals.items = xmemdup(items, count * sizeof(*items));
    store_batch_add_actuals(batch, &actuals);
    actuals_release(&actuals);
    stores_write(stores, batch);
}

/* What is stored of a period, up to an interval that ends at 0. */
static void assert_actuals(struct stores *stores, instant begins, instant ends,
                           const struct actual *expected)
{
    struct actuals actuals = {0};
    struct error err = {0};

    if (archive_load_actuals(stores->reader, "GB", "neso", begins, ends, &actuals, &err)
        < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < actuals.count; i++) {
        assert_int_equal(actuals.items[i].begins, expected[i].begins);
        assert_int_equal(actuals.items[i].ends, expected[i].ends);
        assert_int_equal(actuals.items[i].level, expected[i].level);
    }
    assert_int_equal(expected[actuals.count].ends, 0);
    actuals_release(&actuals);
}

static const struct actual hours[] = {
    {0, 3600, 10}, {3600, 7200, 20}, {7200, 10800, 30}, {14400, 18000, 50}};

static void actuals_of_a_period_are_those_that_touch_it(void **state)
{
    struct stores *stores = *state;

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    assert_actuals(stores, 0, 20000,
                   (struct actual[]){hours[0], hours[1], hours[2], hours[3], {0}});
    assert_actuals(stores, 3599, 7201,
                   (struct actual[]){hours[0], hours[1], hours[2], {0}});
    assert_actuals(stores, 3600, 7200, (struct actual[]){hours[1], {0}});
    assert_actuals(stores, 4000, 4001, (struct actual[]){hours[1], {0}});
    assert_actuals(stores, 12000, 14401, (struct actual[]){hours[3], {0}});
}

static void actuals_that_are_not_there_are_missing(void **state)
{
    struct stores *stores = *state;
    struct actuals actuals;
    struct error err = {0};

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    assert_int_equal(archive_load_actuals(stores->reader, "GB", "neso", 10800, 14400,
                                          &actuals, &err),
                     -1);
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(
        archive_load_actuals(stores->reader, "FR", NULL, 0, 9000, &actuals, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(
        archive_load_actuals(stores->reader, "GB", "other", 0, 9000, &actuals, &err),
        -1);
    assert_int_equal(err.code, ERROR_MISSING);
}

static void known_actuals_are_revised(void **state)
{
    struct stores *stores = *state;
    const struct actual revised[] = {{3600, 7200, 21}, {10800, 14400, 40}};

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, revised, 2);
    assert_actuals(
        stores, 0, 20000,
        (struct actual[]){hours[0], revised[0], hours[2], revised[1], hours[3], {0}});
}

static void intervals_of_another_length_replace_what_they_cover(void **state)
{
    struct stores *stores = *state;
    const struct actual finer[] = {{4000, 4300, 1}, {4300, 4600, 2}};
    const struct actual wider[] = {{4500, 15000, 3}};

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, finer, 2);
    assert_actuals(
        stores, 3600, 7200,
        (struct actual[]){
            {3600, 4000, 20}, {4000, 4300, 1}, {4300, 4600, 2}, {4600, 7200, 20}, {0}});
    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, wider, 1);
    assert_actuals(stores, 0, 20000,
                   (struct actual[]){{0, 3600, 10},
                                     {3600, 4000, 20},
                                     {4000, 4300, 1},
                                     {4300, 4500, 2},
                                     {4500, 15000, 3},
                                     {15000, 18000, 50},
                                     {0}});
}

static void figures_of_two_kinds_are_never_mixed(void **state)
{
    struct stores *stores = *state;
    const struct actual other[] = {{0, 3600, 99}};
    struct actuals actuals = {0};

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    add_actuals(stores, "neso", SIGNAL_MARGINAL_DIRECT, other, 1);
    add_actuals(stores, "second", SIGNAL_AVERAGE_LIFECYCLE, other, 1);
    assert_int_equal(
        archive_load_actuals(stores->reader, "GB", NULL, 0, 7200, &actuals, NULL), 0);
    assert_string_equal(actuals.zone, "GB");
    assert_string_equal(actuals.provider, "neso");
    assert_int_equal(actuals.signal, SIGNAL_AVERAGE_DIRECT);
    assert_int_equal(actuals.count, 2);
    actuals_release(&actuals);
    assert_int_equal(
        archive_load_actuals(stores->reader, "GB", "second", 0, 7200, &actuals, NULL),
        0);
    assert_int_equal(actuals.signal, SIGNAL_AVERAGE_LIFECYCLE);
    assert_int_equal(actuals.items[0].level, 99);
    actuals_release(&actuals);
}

static void old_grid_data_is_pruned(void **state)
{
    struct stores *stores = *state;
    struct error err = {0};
    size_t deleted = 0;

    add_actuals(stores, "neso", SIGNAL_AVERAGE_DIRECT, hours, 4);
    add_forecast(stores, "GB", "neso", 100, 0, 10);
    add_forecast(stores, "GB", "neso", 200, 9000, 12);
    assert_int_equal(store_prune(stores->store, 0, 7201, 2, &deleted, NULL), 0);
    assert_int_equal(deleted, 2);
    assert_int_equal(store_prune(stores->store, 0, 7201, 2, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    assert_actuals(stores, 0, 20000, (struct actual[]){hours[2], hours[3], {0}});
    assert_null(archive_find_forecast(stores->reader, "GB", 199, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    forecast_destroy(archive_find_forecast(stores->reader, "GB", 200, NULL));
}

struct changes {
    instant at[10];
    int64_t gpus[10];
    size_t count;
};

static int on_change(instant at, const struct resources *capacity, void *context)
{
    struct changes *changes = context;

    changes->at[changes->count] = at;
    changes->gpus[changes->count++] = capacity->gpus;
    return 0;
}

static void capacity_is_remembered_where_it_changes(void **state)
{
    static const struct {
        const char *pool;
        instant at;
        int64_t gpus;
    } said[] = {{"lab", 100, 4}, {"big", 100, 9}, {"lab", 200, 4},
                {"lab", 300, 2}, {"lab", 400, 4}, {"lab", 400, 3}};
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct changes changes = {0};

    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        struct resources capacity = {.gpus = said[i].gpus, .cpus = 16, .memory = 64};

        store_batch_add_capacity(batch, said[i].pool, said[i].at, &capacity);
    }
    stores_write(stores, batch);
    assert_int_equal(
        store_load_capacity(stores->reader, "lab", on_change, &changes, NULL), 0);
    assert_int_equal(changes.count, 3);
    assert_int_equal(changes.at[0], 100);
    assert_int_equal(changes.at[1], 300);
    assert_int_equal(changes.gpus[1], 2);
    assert_int_equal(changes.at[2], 400);
    assert_int_equal(changes.gpus[2], 3);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_forecast_comes_back_whole),
        WITH_STORE(the_newest_of_each_provider_is_loaded),
        WITH_STORE(a_forecast_is_found_as_it_was_known_then),
        WITH_STORE(a_forecast_is_found_with_how_long_it_was_the_newest),
        WITH_STORE(actuals_of_a_period_are_those_that_touch_it),
        WITH_STORE(actuals_that_are_not_there_are_missing),
        WITH_STORE(known_actuals_are_revised),
        WITH_STORE(intervals_of_another_length_replace_what_they_cover),
        WITH_STORE(figures_of_two_kinds_are_never_mixed),
        WITH_STORE(old_grid_data_is_pruned),
        WITH_STORE(capacity_is_remembered_where_it_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/grid_learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

#define FIRST ((int64_t)480000) /* an hour that begins a day */
#define DAYS  ((int64_t)20)

static intensity truth(int64_t hour)
{
    int64_t day = hour / 24;

    return llround(200000 + 80000 * sin((double)(hour % 24) / 24 * 6.2831853)
                   + 30000 * sin((double)day * 1.3));
}

static struct actuals make_actuals(int64_t from, int64_t until)
{
    struct actuals actuals = {.zone = "GB", .provider = "meter"};

    actuals.items = xcalloc((size_t)(until - from), sizeof(*actuals.items));
    for (int64_t hour = from; hour < until; hour++)
        actuals.items[actuals.count++] =
            (struct actual){hour * HOUR, (hour + 1) * HOUR, truth(hour)};
    return actuals;
}

/* What "them" says: a fifth too little. */
static struct forecast *make_forecast(int64_t hour)
{
    struct series_sample samples[48];
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    for (int64_t i = 0; i < 48; i++)
        samples[i] = (struct series_sample){(hour + i) * HOUR, truth(hour + i) * 4 / 5};
    text_copy(forecast->zone, sizeof(forecast->zone), "GB");
    text_copy(forecast->provider, sizeof(forecast->provider), "them");
    forecast->issued = hour * HOUR;
    forecast->fetched = hour * HOUR;
    forecast->intensity =
        series_create(samples, 48, (hour + 48) * HOUR, INTENSITY_MAX, NULL);
    return forecast;
}

/* A past of the zone, as a daemon would have stored it. */
static void fill(struct stores *stores)
{
    struct store_batch *batch = store_batch_create();
    struct actuals actuals = make_actuals(FIRST - DAYS * 24, FIRST);

    store_batch_add_actuals(batch, &actuals);
    for (int64_t hour = FIRST - DAYS * 24; hour < FIRST; hour += 3) {
        struct forecast *forecast = make_forecast(hour);

        store_batch_add_forecast(batch, forecast);
        forecast_destroy(forecast);
    }
    stores_write(stores, batch);
    actuals_release(&actuals);
}

static struct grid_learner *load(struct stores *stores, enum signal signal)
{
    struct grid_learner *learner = grid_learner_create("GB", signal, "meter");

    grid_learner_add(learner, "them");
    grid_learner_add(learner, "them");
    while (!grid_learner_is_loaded(learner))
        assert_int_equal(
            0, grid_learner_load(learner, stores->reader, FIRST * HOUR, NULL));
    return learner;
}

static double error_of(const struct forecast *forecast)
{
    double sum = 0;

    for (int64_t i = 0; i < 24; i++) {
        int64_t mean;

        assert_int_equal(
            0, series_mean(forecast->intensity, (FIRST + i) * HOUR, HOUR, &mean, NULL));
        sum += fabs((double)(mean - truth(FIRST + i)));
    }
    return sum / 24;
}

static void what_the_archive_holds_is_learnt_from_at_the_start(void **state)
{
    struct stores *stores = *state;
    struct forecast *said = make_forecast(FIRST);
    struct grid_learner *learner;
    struct forecast *made;

    fill(stores);
    learner = load(stores, SIGNAL_AVERAGE_DIRECT);
    made = grid_learner_issue(learner, said, FIRST * HOUR);
    assert_string_equal("blend", made->provider);
    assert_true(error_of(made) < error_of(said) / 5);
    assert_true(blend_skill(grid_learner_find(learner, "them"), BLEND_PROVIDER, 0).count
                > 100);
    forecast_destroy(made);
    made = grid_learner_issue(learner, NULL, FIRST * HOUR);
    assert_string_equal("history", made->provider);
    assert_true(error_of(made) < 40000);
    forecast_destroy(made);
    forecast_destroy(said);
    grid_learner_destroy(learner);
}

static void without_an_archive_it_begins_with_nothing(void **state)
{
    struct grid_learner *learner = load(*state, SIGNAL_AVERAGE_DIRECT);
    struct forecast *said = make_forecast(FIRST);
    struct forecast *made = grid_learner_issue(learner, said, FIRST * HOUR);

    assert_int_equal(series_at(said->intensity, 5).level,
                     series_at(made->intensity, 5).level);
    assert_null(grid_learner_issue(learner, NULL, FIRST * HOUR));
    forecast_destroy(made);
    forecast_destroy(said);
    grid_learner_destroy(learner);
}

static void figures_of_another_signal_teach_nothing(void **state)
{
    struct grid_learner *learner;

    fill(*state);
    learner = load(*state, SIGNAL_AVERAGE_LIFECYCLE);
    assert_null(grid_learner_issue(learner, NULL, FIRST * HOUR));
    grid_learner_destroy(learner);
}

/* As much of another signal, under the same name: imported by mistake, say. */
static void figures_of_another_signal_do_not_hide_the_right_ones(void **state)
{
    struct store_batch *batch = store_batch_create();
    struct actuals actuals = make_actuals(FIRST - 2 * DAYS * 24, FIRST);
    struct grid_learner *learner;
    struct forecast *made;

    fill(*state);
    actuals.signal = SIGNAL_AVERAGE_LIFECYCLE;
    store_batch_add_actuals(batch, &actuals);
    stores_write(*state, batch);
    learner = load(*state, SIGNAL_AVERAGE_DIRECT);
    made = grid_learner_issue(learner, NULL, FIRST * HOUR);
    assert_non_null(made);
    forecast_destroy(made);
    actuals_release(&actuals);
    grid_learner_destroy(learner);
}

static void what_comes_later_is_learnt_too_but_not_what_is_of_others(void **state)
{
    struct grid_learner *learner = load(*state, SIGNAL_AVERAGE_DIRECT);
    struct actuals actuals = make_actuals(FIRST - 72, FIRST);
    struct forecast *made;

    strcpy(actuals.provider, "other");
    grid_learner_observe(learner, &actuals);
    assert_null(grid_learner_issue(learner, NULL, FIRST * HOUR));
    strcpy(actuals.provider, "meter");
    grid_learner_observe(learner, &actuals);
    made = grid_learner_issue(learner, NULL, FIRST * HOUR);
    assert_non_null(made);
    grid_learner_forget(learner);
    assert_false(grid_learner_is_loaded(learner));
    forecast_destroy(made);
    actuals_release(&actuals);
    grid_learner_destroy(learner);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(what_the_archive_holds_is_learnt_from_at_the_start),
        WITH_STORE(without_an_archive_it_begins_with_nothing),
        WITH_STORE(figures_of_another_signal_teach_nothing),
        WITH_STORE(figures_of_another_signal_do_not_hide_the_right_ones),
        WITH_STORE(what_comes_later_is_learnt_too_but_not_what_is_of_others),
    };

    return cmocka_run_group_tests_name("grid learner", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_grid.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

#define START    ((instant)1767225600) /* 2026-01-01T00:00:00Z */
#define KILOWATT 1000

static const struct accounts_zone zone = {"GB", "", 2 * DAY};

struct given {
    instant fetched; /* hours since START; so for the others */
    instant begins;
    instant ends;
    int grams;
    enum signal signal;
    bool synthetic;
};

static void add_forecast(struct stores *stores, const struct given *given)
{
    struct store_batch *batch = store_batch_create();
    struct series_sample sample = {START + given->begins * HOUR,
                                   G_PER_KWH(given->grams)};
    struct forecast forecast = {.zone = "GB",
                                .provider = "neso",
                                .signal = given->signal,
                                .synthetic = given->synthetic,
                                .issued = START + given->fetched * HOUR,
                                .fetched = START + given->fetched * HOUR};

    forecast.intensity =
        series_create(&sample, 1, START + given->ends * HOUR, INTENSITY_MAX, NULL);
    store_batch_add_forecast(batch, &forecast);
    series_destroy(forecast.intensity);
    stores_write(stores, batch);
}

static void add_actual(struct stores *stores, instant begins, instant ends, int grams)
{
    struct store_batch *batch = store_batch_create();
    struct actual item = {START + begins * HOUR, START + ends * HOUR, G_PER_KWH(grams)};
    struct actuals actuals = {
        .zone = "GB", .provider = "neso", .items = &item, .count = 1};

    store_batch_add_actuals(batch, &actuals);
    stores_write(stores, batch);
}

/* A kilowatt over a time, as it is told at `now`. */
static struct accounts_booking book(struct stores *stores, instant begins, instant ends,
                                    instant now)
{
    struct accounts_booking booking = {.has_signal = false};
    struct accounts_grid grid;

    accounts_grid_load(&grid, &zone, stores->reader, START + begins * HOUR,
                       START + ends * HOUR, START + now * HOUR);
    accounts_grid_book(&grid, KILOWATT, START + begins * HOUR, START + ends * HOUR,
                       &booking);
    accounts_grid_release(&grid);
    return booking;
}

static void assert_booked(struct stores *stores, instant begins, instant ends,
                          int64_t grams, enum emissions_label label)
{
    for (instant now = ends; now < ends + 200; now += 50) {
        struct accounts_booking booking = book(stores, begins, ends, now);

        assert_int_equal(booking.emissions.milligrams, 1000 * grams);
        assert_int_equal(booking.emissions.label, label);
    }
}

static void past_hours_are_booked_by_the_forecast_at_hand_then(void **state)
{
    static const struct given given[] = {
        {-5, -5, 40, 300, 0, false},
        {2, 2, 48, 200, 0, false},
        {6, 6, 54, 100, 0, false},
        {100, 100, 148, 900, 0, false},
    };
    struct stores *stores = *state;

    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
        add_forecast(stores, &given[i]);
    assert_booked(stores, 1, 3, 600, EMISSIONS_FORECAST);
    assert_booked(stores, 2, 4, 400, EMISSIONS_FORECAST);
    assert_booked(stores, 10, 11, 100, EMISSIONS_FORECAST);
}

static void a_long_run_goes_on_with_the_forecast_at_hand_where_one_ends(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){0, 0, 10, 200, 0, false});
    add_forecast(stores, &(struct given){8, 8, 18, 100, 0, false});
    assert_booked(stores, 5, 15, 5 * 200 + 5 * 100, EMISSIONS_FORECAST);
    /* From 18 on, nothing: the nearest is the last level. */
    assert_booked(stores, 17, 20, 300, EMISSIONS_UNKNOWN);
}

static void a_run_before_the_first_forecast_takes_the_next(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){5, 4, 20, 200, 0, false});
    assert_booked(stores, 4, 8, 800, EMISSIONS_FORECAST);
    assert_booked(stores, 2, 8, 1200, EMISSIONS_UNKNOWN);
    assert_booked(stores, 4, 5, 200, EMISSIONS_FORECAST);
    /* Fetched only after it ended. */
    assert_booked(stores, 1, 3, 400, EMISSIONS_UNKNOWN);
}

static void a_later_level_never_stands_in_for_a_nearer_one(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){0, 0, 10, 200, 0, false});
    add_forecast(stores, &(struct given){30, 30, 60, 900, 0, false});
    assert_booked(stores, 12, 14, 400, EMISSIONS_UNKNOWN);
    assert_booked(stores, 28, 31, 2700, EMISSIONS_UNKNOWN);
}

static void actuals_come_before_forecasts(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){0, 0, 10, 200, 0, false});
    add_actual(stores, 2, 4, 50);
    assert_booked(stores, 1, 5, 500, EMISSIONS_FORECAST);
    assert_int_equal(book(stores, 2, 4, 100).emissions.label, EMISSIONS_MEASURED);
    assert_int_equal(book(stores, 2, 4, 100).emissions.milligrams, 100000);
    assert_int_equal(book(stores, 2, 4, 5).emissions.label, EMISSIONS_PROVISIONAL);
}

static void forecasts_of_another_signal_are_not_mixed_in(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){0, 0, 10, 200, 0, false});
    add_forecast(stores, &(struct given){1, 1, 10, 900, SIGNAL_MARGINAL_DIRECT, false});
    add_actual(stores, 2, 4, 50);
    assert_booked(stores, 3, 5, 250, EMISSIONS_FORECAST);
}

static void a_made_up_forecast_makes_the_booking_made_up(void **state)
{
    struct stores *stores = *state;

    add_forecast(stores, &(struct given){0, 0, 10, 200, 0, true});
    add_actual(stores, 2, 4, 50);
    assert_true(book(stores, 3, 5, 9).synthetic);
    assert_false(book(stores, 2, 4, 9).synthetic);
}

static void where_nothing_is_known_nothing_is_said(void **state)
{
    struct accounts_booking booking = book(*state, 2, 4, 9);

    assert_false(booking.has_signal);
    assert_int_equal(booking.emissions.milligrams, 0);
    assert_int_equal(booking.emissions.label, EMISSIONS_UNKNOWN);
}

/* One grid for many runs, with more forecasts than are kept, out of order. */
static void forecasts_are_kept_for_as_long_as_they_are_right(void **state)
{
    enum { COUNT = 2 * ACCOUNTS_ISSUES_KEPT };
    struct stores *stores = *state;
    struct accounts_grid grid;

    for (int i = 0; i < COUNT; i++)
        add_forecast(stores, &(struct given){i, i, i + 2, i, 0, false});
    accounts_grid_load(&grid, &zone, stores->reader, START, START + COUNT * HOUR,
                       START + COUNT * HOUR);
    for (int i = 0; i < 3 * COUNT; i++) {
        struct accounts_booking booking = {.has_signal = false};
        int hour = i * 7 % COUNT;

        accounts_grid_book(&grid, KILOWATT, START + hour * HOUR,
                           START + (hour + 1) * HOUR, &booking);
        assert_int_equal(booking.emissions.milligrams, 1000 * hour);
        assert_int_equal(booking.emissions.label, EMISSIONS_FORECAST);
    }
    accounts_grid_release(&grid);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(past_hours_are_booked_by_the_forecast_at_hand_then),
        WITH_STORE(a_long_run_goes_on_with_the_forecast_at_hand_where_one_ends),
        WITH_STORE(a_run_before_the_first_forecast_takes_the_next),
        WITH_STORE(a_later_level_never_stands_in_for_a_nearer_one),
        WITH_STORE(actuals_come_before_forecasts),
        WITH_STORE(forecasts_of_another_signal_are_not_mixed_in),
        WITH_STORE(a_made_up_forecast_makes_the_booking_made_up),
        WITH_STORE(where_nothing_is_known_nothing_is_said),
        WITH_STORE(forecasts_are_kept_for_as_long_as_they_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

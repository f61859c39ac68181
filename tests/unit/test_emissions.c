/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "ledger/emissions.h"

#define KILOWATT 1000
#define SETTLED  (1000 * DAY)

/* Actuals at 100 from 1 h to 2 h and at 200 to 3 h, a gap, then 400 from 5 h to 6 h. */
static struct actual hours[] = {
    {1 * HOUR, 2 * HOUR, G_PER_KWH(100)},
    {2 * HOUR, 3 * HOUR, G_PER_KWH(200)},
    {5 * HOUR, 6 * HOUR, G_PER_KWH(400)},
};

static const struct actuals actuals = {.items = hours, .count = 3};
static const struct actuals no_actuals = {.items = NULL, .count = 0};

static struct forecast make_forecast(instant begins, instant ends, int64_t grams)
{
    struct series_sample samples[] = {{begins, G_PER_KWH(grams)},
                                      {(begins + ends) / 2, G_PER_KWH(grams + 10)}};
    struct forecast forecast = {
        .intensity = series_create(samples, 2, ends, INTENSITY_MAX, NULL)};

    assert_non_null(forecast.intensity);
    return forecast;
}

static void assert_emissions(int64_t grams, enum emissions_label label,
                             struct emissions booked)
{
    assert_string_equal(emissions_label_name(label),
                        emissions_label_name(booked.label));
    assert_int_equal(1000 * grams, booked.milligrams);
}

static void actuals_alone_are_measured(void **state)
{
    static const struct {
        instant begins, ends;
        int64_t grams;
    } cases[] = {
        {1 * HOUR, 2 * HOUR, 100},
        {1 * HOUR, 3 * HOUR, 300},
        {1 * HOUR + 30 * MINUTE, 2 * HOUR + 15 * MINUTE, 100},
        {5 * HOUR, 5 * HOUR + 36, 4},
        {2 * HOUR, 2 * HOUR, 0},
        {3 * HOUR, 2 * HOUR, 0}, /* the clock was set back */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_emissions(cases[i].grams, EMISSIONS_MEASURED,
                         emissions_book(&actuals, NULL, KILOWATT, cases[i].begins,
                                        cases[i].ends, SETTLED));
}

static void actuals_that_end_after_the_settled_time_are_provisional(void **state)
{
    (void)state;
    assert_emissions(
        300, EMISSIONS_MEASURED,
        emissions_book(&actuals, NULL, KILOWATT, HOUR, 3 * HOUR, 3 * HOUR));
    assert_emissions(
        300, EMISSIONS_PROVISIONAL,
        emissions_book(&actuals, NULL, KILOWATT, HOUR, 3 * HOUR, 3 * HOUR - 1));
}

/* From the first actuals, the forecast covers 3:30 to 4:30 (then 50 and 60), and the
 * rest of the gap nobody. */
static void
a_gap_is_filled_by_the_forecast_and_then_by_the_level_before_it(void **state)
{
    struct forecast inside =
        make_forecast(3 * HOUR + 30 * MINUTE, 4 * HOUR + 30 * MINUTE, 50);
    struct forecast whole = make_forecast(0, 10 * HOUR, 50);

    (void)state;
    assert_emissions(55, EMISSIONS_FORECAST,
                     emissions_book(&actuals, &inside, KILOWATT, 3 * HOUR + 30 * MINUTE,
                                    4 * HOUR + 30 * MINUTE, SETTLED));
    /* 200 + 200/2 + 55 + 60/2 + 400 */
    assert_emissions(
        785, EMISSIONS_UNKNOWN,
        emissions_book(&actuals, &inside, KILOWATT, 2 * HOUR, 6 * HOUR, SETTLED));
    assert_emissions(
        200 + 50 + 50 + 400 + 60, EMISSIONS_FORECAST,
        emissions_book(&actuals, &whole, KILOWATT, 2 * HOUR, 7 * HOUR, SETTLED));
    assert_emissions(
        400, EMISSIONS_MEASURED,
        emissions_book(&actuals, &whole, KILOWATT, 5 * HOUR, 6 * HOUR, SETTLED));
    series_destroy(inside.intensity);
    series_destroy(whole.intensity);
}

static void where_nothing_covers_the_nearest_level_before_is_taken(void **state)
{
    struct forecast early = make_forecast(0, HOUR, 50);
    struct forecast late = make_forecast(8 * HOUR, 10 * HOUR, 50);
    struct forecast soon = make_forecast(30 * MINUTE, 50 * MINUTE, 50);
    const struct {
        const struct actuals *actuals;
        const struct forecast *forecast;
        instant begins;
        int64_t grams;
    } cases[] = {
        {&actuals, NULL, 3 * HOUR, 200},     /* the last actual before */
        {&actuals, NULL, 0, 100},            /* none before: the first after */
        {&actuals, NULL, 10 * HOUR, 400},    /* the last of all */
        {&actuals, &early, 3 * HOUR, 200},   /* nearer than the forecast's end */
        {&actuals, &late, 10 * HOUR, 60},    /* the forecast's end is nearer */
        {&actuals, &late, 0, 100},           /* the first after: the nearer one */
        {&actuals, &late, 7 * HOUR, 400},    /* before rather than after */
        {&no_actuals, &late, 0, 50},         /* the forecast's beginning */
        {&no_actuals, &early, 9 * HOUR, 60}, /* its end */
        {NULL, &early, 9 * HOUR, 60},
        {&no_actuals, NULL, 0, 0}, /* nothing at all */
        {NULL, NULL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_emissions(cases[i].grams, EMISSIONS_UNKNOWN,
                         emissions_book(cases[i].actuals, cases[i].forecast, KILOWATT,
                                        cases[i].begins, cases[i].begins + HOUR,
                                        SETTLED));
    /* Half an hour as the forecast begins, 20 minutes of it, 10 as it ends. */
    assert_int_equal(
        (50000 * 30 + 55000 * 20 + 60000 * 10) / 60,
        emissions_book(&actuals, &soon, KILOWATT, 0, HOUR, SETTLED).milligrams);
    series_destroy(early.intensity);
    series_destroy(late.intensity);
    series_destroy(soon.intensity);
}

static void rounding_happens_once_and_to_the_nearest(void **state)
{
    /* A watt-second at 1800 g/kWh is half a milligram. */
    struct actual seconds[] = {{0, 1, G_PER_KWH(1800)},
                               {1, 2, G_PER_KWH(1800)},
                               {2, 3, G_PER_KWH(1799)},
                               {3, 4, 0}};
    const struct actuals fine = {.items = seconds, .count = 4};

    (void)state;
    assert_int_equal(1, emissions_book(&fine, NULL, 1, 0, 1, SETTLED).milligrams);
    assert_int_equal(1, emissions_book(&fine, NULL, 1, 0, 2, SETTLED).milligrams);
    assert_int_equal(1, emissions_book(&fine, NULL, 1, 0, 3, SETTLED).milligrams);
    assert_int_equal(0, emissions_book(&fine, NULL, 1, 2, 4, SETTLED).milligrams);
    assert_int_equal(0, emissions_book(&fine, NULL, 0, 0, 4, SETTLED).milligrams);
}

static void the_largest_figures_fit(void **state)
{
    struct actual dirty = {0, HOUR, INTENSITY_MAX};
    const struct actuals one = {.items = &dirty, .count = 1};
    struct emissions booked =
        emissions_book(&one, NULL, EMISSIONS_WATTS_MAX, 0, EMISSIONS_SPAN_MAX, SETTLED);

    (void)state;
    assert_true(booked.milligrams == INT64_C(2628000000000000000));
    booked = emissions_book(&one, NULL, EMISSIONS_WATTS_MAX, 0, 1, SETTLED);
    assert_true(booked.milligrams == 833333333);
}

static void the_worse_label_wins(void **state)
{
    (void)state;
    assert_int_equal(EMISSIONS_UNKNOWN,
                     emissions_label_worse(EMISSIONS_UNKNOWN, EMISSIONS_MEASURED));
    assert_int_equal(EMISSIONS_FORECAST,
                     emissions_label_worse(EMISSIONS_PROVISIONAL, EMISSIONS_FORECAST));
    for (int i = 0; i < EMISSIONS_LABELS; i++)
        assert_true(strlen(emissions_label_name((enum emissions_label)i)) > 0);
}

static void a_thousand_milligrams_are_a_gram(void **state)
{
    (void)state;
    assert_true(emissions_grams(1500) == 1.5);
    assert_true(emissions_grams(-250) == -0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actuals_alone_are_measured),
        cmocka_unit_test(actuals_that_end_after_the_settled_time_are_provisional),
        cmocka_unit_test(
            a_gap_is_filled_by_the_forecast_and_then_by_the_level_before_it),
        cmocka_unit_test(where_nothing_covers_the_nearest_level_before_is_taken),
        cmocka_unit_test(rounding_happens_once_and_to_the_nearest),
        cmocka_unit_test(the_largest_figures_fit),
        cmocka_unit_test(the_worse_label_wins),
        cmocka_unit_test(a_thousand_milligrams_are_a_gram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "ledger/forecast_error.h"

/* 100 for two hours, then 300 for two more. */
static struct forecast make_forecast(void)
{
    static const struct series_sample samples[] = {{0, G_PER_KWH(100)},
                                                   {2 * HOUR, G_PER_KWH(300)}};
    struct forecast forecast = {
        .intensity = series_create(samples, 2, 4 * HOUR, INTENSITY_MAX, NULL)};

    assert_non_null(forecast.intensity);
    return forecast;
}

static struct actual hours[] = {
    {0, HOUR, G_PER_KWH(80)},                           /* 20 too high: 25 % */
    {HOUR, 2 * HOUR, G_PER_KWH(125)},                   /* 25 too low: 20 % */
    {2 * HOUR - 30 * MINUTE, 3 * HOUR, 0},              /* 233.333 too high */
    {3 * HOUR, 3 * HOUR + 30 * MINUTE, G_PER_KWH(400)}, /* 100 too low: 25 % */
    {3 * HOUR + 30 * MINUTE, 5 * HOUR, G_PER_KWH(1)},   /* not all covered */
};

static void assert_error(size_t count, int64_t absolute, int64_t of_sign, int64_t ppm,
                         const struct forecast_error *error)
{
    assert_int_equal(count, error->count);
    assert_int_equal(absolute, error->mean_absolute);
    assert_int_equal(of_sign, error->mean_signed);
    assert_int_equal(ppm, error->mape_ppm);
}

static void each_interval_is_compared_with_the_mean_over_it(void **state)
{
    const struct actuals actuals = {.items = hours, .count = 5};
    struct forecast forecast = make_forecast();
    struct forecast_error error = {0};

    (void)state;
    forecast_error_add(&error, &forecast, &actuals, 0, 2 * HOUR);
    assert_error(2, 22500, -2500, 225000, &error);
    error = (struct forecast_error){0};
    forecast_error_add(&error, &forecast, &actuals, 0, 10 * HOUR);
    assert_error(4, 94583, 32083, 233333, &error);
    series_destroy(forecast.intensity);
}

static void an_interval_counts_only_if_it_lies_wholly_within(void **state)
{
    const struct actuals actuals = {.items = hours, .count = 5};
    struct forecast forecast = make_forecast();
    struct forecast_error error = {0};

    (void)state;
    forecast_error_add(&error, &forecast, &actuals, 1, HOUR);
    forecast_error_add(&error, &forecast, &actuals, 0, HOUR - 1);
    forecast_error_add(&error, &forecast, &actuals, 4 * HOUR, 9 * HOUR);
    assert_error(0, 0, 0, 0, &error);
    forecast_error_add(&error, &forecast, &actuals, 0, HOUR);
    assert_error(1, 20000, 20000, 250000, &error);
    series_destroy(forecast.intensity);
}

static void what_is_added_in_parts_is_as_if_added_at_once(void **state)
{
    struct forecast forecast = make_forecast();
    struct forecast_error whole = {0}, parts = {0};
    const struct actuals actuals = {.items = hours, .count = 5};

    (void)state;
    forecast_error_add(&whole, &forecast, &actuals, 0, 10 * HOUR);
    for (size_t i = 5; i-- > 0;) {
        const struct actuals one = {.items = &hours[i], .count = 1};

        forecast_error_add(&parts, &forecast, &one, 0, 10 * HOUR);
    }
    assert_error(whole.count, whole.mean_absolute, whole.mean_signed, whole.mape_ppm,
                 &parts);
    series_destroy(forecast.intensity);
}

static void a_level_of_all_but_nothing_does_not_drown_the_rest(void **state)
{
    struct actual tiny = {2 * HOUR, 3 * HOUR, 1};
    struct actual none = {2 * HOUR, 3 * HOUR, 0};
    const struct actuals almost = {.items = &tiny, .count = 1};
    const struct actuals nothing = {.items = &none, .count = 1};
    struct forecast forecast = make_forecast();
    struct forecast_error error = {0};

    (void)state;
    forecast_error_add(&error, &forecast, &nothing, 0, 10 * HOUR);
    assert_error(1, 300000, 300000, 0, &error);
    forecast_error_add(&error, &forecast, &almost, 0, 10 * HOUR);
    assert_error(2, 300000, 300000, FORECAST_ERROR_PPM_MAX, &error);
    series_destroy(forecast.intensity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_interval_is_compared_with_the_mean_over_it),
        cmocka_unit_test(an_interval_counts_only_if_it_lies_wholly_within),
        cmocka_unit_test(what_is_added_in_parts_is_as_if_added_at_once),
        cmocka_unit_test(a_level_of_all_but_nothing_does_not_drown_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

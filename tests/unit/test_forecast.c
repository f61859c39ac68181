/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "grid/forecast.h"

static struct forecast *make_forecast(void)
{
    const struct series_sample level = {10 * HOUR, G_PER_KWH(200)};
    const struct series_sample renewable = {10 * HOUR, 450};
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    strcpy(forecast->zone, "GB");
    strcpy(forecast->provider, "neso");
    forecast->intensity = series_create(&level, 1, 12 * HOUR, INTENSITY_MAX, NULL);
    forecast->renewable = series_create(&renewable, 1, 12 * HOUR, SHARE_MAX, NULL);
    return forecast;
}

static void every_signal_has_a_name_that_parses_back(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNALS; i++) {
        enum signal signal = SIGNALS;

        assert_int_equal(0, signal_parse(signal_name((enum signal)i), &signal, NULL));
        assert_int_equal(i, signal);
    }
}

static void a_signal_without_meaning_is_refused(void **state)
{
    static const char *const names[] = {"", "average", "marginal/", "AVERAGE/DIRECT"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum signal signal = SIGNALS;
        struct error err = {0};

        assert_int_equal(-1, signal_parse(names[i], &signal, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_int_equal(SIGNALS, signal);
    }
}

static void a_copy_shares_nothing_with_the_original(void **state)
{
    struct forecast *original = make_forecast();
    struct forecast *copy = forecast_copy(original);
    int64_t level;

    (void)state;
    forecast_destroy(original);
    assert_string_equal("GB", copy->zone);
    assert_int_equal(0, series_level(copy->intensity, 11 * HOUR, &level, NULL));
    assert_int_equal(G_PER_KWH(200), level);
    assert_int_equal(0, series_level(copy->renewable, 11 * HOUR, &level, NULL));
    assert_int_equal(450, level);
    forecast_destroy(copy);
}

static void a_forecast_without_renewables_copies_too(void **state)
{
    struct forecast *original = make_forecast();
    struct forecast *copy;

    (void)state;
    series_destroy(original->renewable);
    original->renewable = NULL;
    copy = forecast_copy(original);
    assert_null(copy->renewable);
    forecast_destroy(copy);
    forecast_destroy(original);
    forecast_destroy(NULL);
}

static void a_forecast_covers_from_its_first_to_before_its_last_moment(void **state)
{
    struct forecast *forecast = make_forecast();

    (void)state;
    assert_false(forecast_covers(forecast, 10 * HOUR - 1));
    assert_true(forecast_covers(forecast, 10 * HOUR));
    assert_true(forecast_covers(forecast, 12 * HOUR - 1));
    assert_false(forecast_covers(forecast, 12 * HOUR));
    forecast_destroy(forecast);
}

static void released_actuals_are_empty(void **state)
{
    struct actuals actuals = {.items = xcalloc(3, sizeof(struct actual)), .count = 3};

    (void)state;
    actuals_release(&actuals);
    assert_null(actuals.items);
    assert_int_equal(0, actuals.count);
    actuals_release(&actuals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signal_has_a_name_that_parses_back),
        cmocka_unit_test(a_signal_without_meaning_is_refused),
        cmocka_unit_test(a_copy_shares_nothing_with_the_original),
        cmocka_unit_test(a_forecast_without_renewables_copies_too),
        cmocka_unit_test(a_forecast_covers_from_its_first_to_before_its_last_moment),
        cmocka_unit_test(released_actuals_are_empty),
    };

    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}

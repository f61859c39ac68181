/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "grid/providers/providers.h"
#include "tests/support/bodies.h"

/* 2030-05-01T10:00:00Z, a Wednesday */
static const instant hour = 1903860000;

static struct bodies made_up(const char *zone, int64_t seed, instant now)
{
    struct bodies bodies = {
        .provider = &synthetic_provider,
        .settings = bodies_settings("demo"),
        .zone = zone,
        .content_type = "",
        .now = now,
    };

    bodies.settings.seed = seed;
    return bodies;
}

static struct reading read_forecast(const char *zone, int64_t seed, instant now)
{
    struct bodies bodies = made_up(zone, seed, now);

    return bodies_parse(&bodies, READING_FORECAST, "");
}

/* What a forecast issued in that hour says of it is how it truly was. */
static int64_t truth(instant when)
{
    struct reading reading = read_forecast("GB", 1, when);
    int64_t level = bodies_level(&reading, when);

    reading_release(&reading);
    return level;
}

static void nothing_needs_to_be_fetched(void **state)
{
    struct provider_settings settings = bodies_settings("demo");
    struct provider_request request = {.fetch = FETCH_HTTP, .target = "x"};

    (void)state;
    assert_int_equal(0, synthetic_provider.request(&settings, "GB", READING_FORECAST,
                                                   hour, &request, NULL));
    assert_int_equal(FETCH_NONE, request.fetch);
    assert_string_equal("", request.target);
}

static void a_forecast_is_hourly_for_four_days_and_says_it_is_made_up(void **state)
{
    struct reading reading = read_forecast("GB", 1, hour + 1234);
    const struct forecast *forecast = reading.forecast;

    (void)state;
    assert_true(forecast->synthetic);
    assert_int_equal(96, series_count(forecast->intensity));
    assert_int_equal(96, series_count(forecast->renewable));
    assert_int_equal(hour, series_begins(forecast->intensity));
    assert_int_equal(hour + 96 * HOUR, series_ends(forecast->intensity));
    for (size_t i = 0; i < 96; i++)
        assert_in_range(series_at(forecast->intensity, i).level, G_PER_KWH(30),
                        G_PER_KWH(600));
    reading_release(&reading);
}

static bool are_equal(const struct series *a, const struct series *b)
{
    for (size_t i = 0; i < series_count(a); i++)
        if (series_at(a, i).level != series_at(b, i).level)
            return false;
    return true;
}

static void the_same_seed_zone_and_hour_make_the_same_forecast(void **state)
{
    static const struct {
        const char *zone;
        int64_t seed;
        instant now;
        bool is_same;
    } cases[] = {
        {"GB", 1, 1903860000, true},         {"GB", 1, 1903860000 + HOUR - 1, true},
        {"FR", 1, 1903860000, false},        {"GB", 2, 1903860000, false},
        {"GB", 1, 1903860000 + HOUR, false},
    };
    struct reading first = read_forecast("GB", 1, hour);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading other =
            read_forecast(cases[i].zone, cases[i].seed, cases[i].now);

        assert_int_equal(cases[i].is_same, are_equal(first.forecast->intensity,
                                                     other.forecast->intensity));
        reading_release(&other);
    }
    reading_release(&first);
}

static void actuals_are_the_truth_of_the_last_two_days(void **state)
{
    struct bodies bodies = made_up("GB", 1, hour + 600);
    struct reading reading = bodies_parse(&bodies, READING_ACTUALS, "");

    (void)state;
    assert_true(reading.actuals.synthetic);
    assert_int_equal(48, reading.actuals.count);
    assert_int_equal(hour, reading.actuals.items[47].ends);
    for (size_t i = 0; i < 48; i += 7)
        assert_int_equal(truth(reading.actuals.items[i].begins),
                         reading.actuals.items[i].level);
    reading_release(&reading);
}

/* The mean of |forecast - truth| from one lead to another, over many issues. */
static int64_t mean_error(int64_t from, int64_t to)
{
    int64_t sum = 0;

    for (int64_t day = 0; day < 20; day++) {
        instant issued = hour + day * 31 * HOUR;
        struct reading reading = read_forecast("GB", 1, issued);

        for (int64_t lead = from; lead < to; lead++) {
            instant when = issued + lead * HOUR;

            sum += llabs(bodies_level(&reading, when) - truth(when));
        }
        reading_release(&reading);
    }
    return sum / (20 * (to - from));
}

static void a_forecast_errs_more_the_further_it_looks_ahead(void **state)
{
    int64_t soon = mean_error(1, 6);
    int64_t tomorrow = mean_error(20, 28);
    int64_t late = mean_error(72, 96);

    (void)state;
    assert_int_equal(0, mean_error(0, 1));
    assert_true(soon > 0);
    assert_true(tomorrow > 2 * soon);
    assert_true(late > tomorrow);
    assert_true(late < G_PER_KWH(60));
}

/* The mean over many days of what it truly is at an hour of the day. */
static int64_t mean_at(int64_t hour_of_day, instant from)
{
    int64_t sum = 0;

    for (int64_t day = 0; day < 60; day++)
        sum += truth(from - from % DAY + day * DAY + hour_of_day * HOUR);
    return sum / 60;
}

static void the_grid_is_cleaner_at_noon_and_in_summer_than_in_the_evening(void **state)
{
    instant june = hour + 31 * DAY;
    instant december = june + 183 * DAY;

    (void)state;
    assert_true(3 * mean_at(12, june) < 2 * mean_at(19, june));
    assert_true(mean_at(3, june) < mean_at(19, june));
    assert_true(mean_at(12, june) < mean_at(12, december));
}

static void the_first_hours_of_time_are_no_trouble(void **state)
{
    struct bodies bodies = made_up("GB", INT64_MIN, HOUR);
    struct reading reading = bodies_parse(&bodies, READING_ACTUALS, "");

    (void)state;
    assert_int_equal(1, reading.actuals.count);
    reading_release(&reading);
    bodies.now = 0;
    bodies_refuse(&bodies, READING_ACTUALS, "", ERROR_MISSING, "no actuals");
    reading = bodies_parse(&bodies, READING_FORECAST, "");
    assert_int_equal(96, series_count(reading.forecast->intensity));
    reading_release(&reading);
}

static void every_kind_of_provider_is_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; providers[i]; i++)
        assert_ptr_equal(providers[i], provider_find(providers[i]->kind));
    assert_ptr_equal(&neso_provider, provider_find("neso"));
    assert_ptr_equal(&energy_charts_provider, provider_find("energy-charts"));
    assert_null(provider_find("history"));
    assert_null(provider_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_needs_to_be_fetched),
        cmocka_unit_test(a_forecast_is_hourly_for_four_days_and_says_it_is_made_up),
        cmocka_unit_test(the_same_seed_zone_and_hour_make_the_same_forecast),
        cmocka_unit_test(actuals_are_the_truth_of_the_last_two_days),
        cmocka_unit_test(a_forecast_errs_more_the_further_it_looks_ahead),
        cmocka_unit_test(the_grid_is_cleaner_at_noon_and_in_summer_than_in_the_evening),
        cmocka_unit_test(the_first_hours_of_time_are_no_trouble),
        cmocka_unit_test(every_kind_of_provider_is_found_by_its_name),
    };

    return cmocka_run_group_tests_name("synthetic", tests, NULL, NULL);
}

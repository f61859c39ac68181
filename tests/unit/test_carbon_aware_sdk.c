/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "grid/providers/providers.h"
#include "tests/support/bodies.h"

/* 2030-05-01T10:07:00Z */
static const instant now = 1903860420;
static const instant hour = 1903860000;

static struct bodies make_bodies(void)
{
    struct bodies bodies = {
        .provider = &carbon_aware_sdk_provider,
        .settings = bodies_settings("sdk"),
        .zone = "northeurope",
        .content_type = "application/json; charset=utf-8",
        .now = now,
    };

    bodies.settings.url = "http://sdk.example:8080";
    bodies.settings.signal = SIGNAL_AVERAGE_LIFECYCLE;
    return bodies;
}

#define ROW(time, duration, value)                                                     \
    "{\"location\":\"IE\",\"timestamp\":\"2030-05-01T" time                            \
    "\",\"duration\":" duration ",\"value\":" value "}"
#define FORECAST(location, rows)                                                       \
    "[{\"generatedAt\":\"2030-05-01T10:00:00+00:00\",\"location\":\"" location         \
    "\",\"optimalDataPoint\":{},\"forecastData\":[" rows "]}]"
#define PAST(time, duration, rating)                                                   \
    "{\"location\":\"eastus\",\"time\":\"2030-05-01T" time "\",\"rating\":" rating     \
    ",\"duration\":" duration "}"

static void addresses_are_those_of_the_web_api(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;
    struct error err = {0};

    (void)state;
    assert_int_equal(
        0, carbon_aware_sdk_provider.request(&bodies.settings, "northeurope",
                                             READING_FORECAST, now, &request, NULL));
    assert_string_equal("http://sdk.example:8080/emissions/forecasts/current"
                        "?location=northeurope",
                        request.target);
    bodies.settings.region = "eastus";
    bodies.settings.secret = "t";
    assert_int_equal(0, carbon_aware_sdk_provider.request(&bodies.settings, "x",
                                                          READING_ACTUALS, now,
                                                          &request, NULL));
    assert_string_equal("http://sdk.example:8080/emissions/bylocation?location=eastus"
                        "&time=2030-04-29T10:07:00Z&toTime=2030-05-01T10:07:00Z",
                        request.target);
    assert_string_equal("Authorization: Bearer t", request.secret_header);
    bodies.settings.url = "";
    assert_int_equal(-1, carbon_aware_sdk_provider.request(&bodies.settings, "x",
                                                           READING_FORECAST, now,
                                                           &request, &err));
    assert_string_equal("url", err.field);
}

static void a_forecast_is_read_with_fractions_and_offsets(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        FORECAST("northeurope", ROW("10:05:00.0000000Z", "5", "532.02293146") "," ROW(
                                    "11:10:00+01:00", "5",
                                    "-1") "," ROW("10:15:00+00:00", "5", "100")));

    (void)state;
    assert_int_equal(532023, bodies_level(&reading, hour + 5 * MINUTE));
    /* No figure: held over from before. */
    assert_int_equal(532023, bodies_level(&reading, hour + 10 * MINUTE));
    assert_int_equal(G_PER_KWH(100), bodies_level(&reading, hour + 15 * MINUTE));
    assert_int_equal(hour, reading.forecast->issued);
    reading_release(&reading);
}

static void lengths_may_be_minutes_or_clock_times(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading;

    (void)state;
    reading = bodies_parse(&bodies, READING_ACTUALS,
                           "[" PAST("08:00:00Z", "\"01:00:00\"",
                                    "70") "," PAST("09:00:00Z", "30", "71") "]");
    assert_int_equal(2, reading.actuals.count);
    assert_int_equal(hour - HOUR, reading.actuals.items[0].ends);
    assert_int_equal(hour - 30 * MINUTE, reading.actuals.items[1].ends);
    reading_release(&reading);
    reading = bodies_parse(
        &bodies, READING_ACTUALS,
        "[" PAST("08:00:00Z", "null", "70") "," PAST("08:15:00Z", "0", "71") "," PAST(
            "08:30:00Z", "\"00:00:00\"", "72") "]");
    assert_int_equal(3, reading.actuals.count);
    assert_int_equal(15 * MINUTE,
                     reading.actuals.items[2].ends - reading.actuals.items[2].begins);
    reading_release(&reading);
}

static void what_was_not_asked_for_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } cases[] = {
        {FORECAST("eastus", ROW("10:05:00Z", "5", "1")), "location eastus, not north"},
        {"[]", "not one forecast"},
        {"{}", "not one forecast"},
        {"[{\"location\":\"northeurope\"}]", "not one forecast"},
        {FORECAST("northeurope", ROW("10:05:00Z", "\"x\"", "1")), "duration"},
        {FORECAST("northeurope", ROW("10:05:00Z", "1e30", "1")), "duration"},
        {FORECAST("northeurope", ROW("10:05:00Z", "7", "1")), "divide an hour"},
        {FORECAST("northeurope",
                  ROW("10:05:00Z", "5", "1") "," ROW("10:05:00Z", "5", "1")),
         "same time twice"},
        {FORECAST("northeurope", ROW("10:05:00Z", "5", "4000")), "not from 0 to 3000"},
        {FORECAST("northeurope", ROW("10:05:00Z", "5", "-0.5")), "not from 0 to 3000"},
        {FORECAST("northeurope", ROW("10:05:00Z", "5", "-500")), "not from 0 to 3000"},
        {FORECAST("northeurope",
                  ROW("10:05:00Z", "5", "1") "," ROW("10:10:00Z", "0", "1")),
         "others not"},
    };
    struct bodies bodies = make_bodies();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bodies_refuse(&bodies, READING_FORECAST, cases[i].body, ERROR_INVALID,
                      cases[i].why);
    bodies_refuse(&bodies, READING_ACTUALS, "{}", ERROR_INVALID, "not an array");
    bodies_refuse_nonsense(&bodies);
}

static void a_failure_is_told_in_its_own_words(void **state)
{
    static const char text[] =
        "{\"title\":\"ArgumentException\",\"detail\":\"ForecastDataSource is not "
        "configured\",\"status\":400}";
    const struct provider_body body = {text, sizeof(text) - 1, ""};
    struct bodies bodies = make_bodies();
    char told[300];

    (void)state;
    carbon_aware_sdk_provider.explain(&bodies.settings, "eu", 400, &body, told,
                                      sizeof(told));
    assert_string_equal("answered 400 for eu, ForecastDataSource is not configured: "
                        "check region, and that the SDK has a forecast data source",
                        told);
}

static void recorded_bodies_are_understood(void **state)
{
    char *text = bodies_load_sample("samples/casdk-emissions-forecasts-current.json");
    struct bodies bodies = make_bodies();
    struct reading reading;

    (void)state;
    assert_int_equal(0, instant_parse("2022-07-19T13:58:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_FORECAST, text);
    assert_int_equal(532023, series_at(reading.forecast->intensity, 0).level);
    reading_release(&reading);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_those_of_the_web_api),
        cmocka_unit_test(a_forecast_is_read_with_fractions_and_offsets),
        cmocka_unit_test(lengths_may_be_minutes_or_clock_times),
        cmocka_unit_test(what_was_not_asked_for_is_refused),
        cmocka_unit_test(a_failure_is_told_in_its_own_words),
        cmocka_unit_test(recorded_bodies_are_understood),
    };

    return cmocka_run_group_tests_name("carbon_aware_sdk", tests, NULL, NULL);
}

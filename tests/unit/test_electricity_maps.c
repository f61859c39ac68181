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
        .provider = &electricity_maps_provider,
        .settings = bodies_settings("maps"),
        .zone = "DE",
        .content_type = "application/json; charset=utf-8",
        .now = now,
    };

    bodies.settings.signal = SIGNAL_AVERAGE_LIFECYCLE;
    return bodies;
}

#define ROW(time, value)                                                               \
    "{\"carbonIntensity\":" value ",\"datetime\":\"2030-05-01T" time ":00.000Z\"}"
#define FORECAST(rows)                                                                 \
    "{\"zone\":\"DE\",\"forecast\":[" rows "],\"updatedAt\":\"2030-05-01T09:40:00Z\"}"
#define HISTORY(rows) "{\"zone\":\"DE\",\"history\":[" rows "]}"
#define PAST(time, value, more)                                                        \
    "{\"zone\":\"DE\",\"carbonIntensity\":" value ",\"datetime\":\"2030-05-01T" time   \
    ":00.000Z\"" more "}"

static void each_reading_has_its_address_and_the_token_a_header(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;

    (void)state;
    bodies.settings.secret = "abc123";
    assert_int_equal(0, electricity_maps_provider.request(&bodies.settings, "DE",
                                                          READING_FORECAST, now,
                                                          &request, NULL));
    assert_string_equal("https://api.electricitymaps.com/v3/carbon-intensity/forecast"
                        "?zone=DE&horizonHours=72&emissionFactorType=lifecycle"
                        "&disableCallerLookup=true",
                        request.target);
    assert_string_equal("auth-token: abc123", request.secret_header);
    assert_null(strstr(request.target, "abc123"));
    bodies.settings.url = "http://localhost:8080/v4/";
    bodies.settings.region = "US-CAL-CISO";
    bodies.settings.signal = SIGNAL_AVERAGE_DIRECT;
    bodies.settings.secret = "";
    assert_int_equal(0, electricity_maps_provider.request(&bodies.settings, "DE",
                                                          READING_ACTUALS, now,
                                                          &request, NULL));
    assert_string_equal("http://localhost:8080/v4/carbon-intensity/history"
                        "?zone=US-CAL-CISO&emissionFactorType=direct"
                        "&disableCallerLookup=true",
                        request.target);
    assert_string_equal("", request.secret_header);
    assert_int_equal(0, electricity_maps_provider.request(&bodies.settings, "DE",
                                                          READING_RENEWABLE, now,
                                                          &request, NULL));
    assert_non_null(strstr(request.target, "/v4/renewable-energy/forecast?zone=US-"));
}

static void settings_that_do_not_fit_are_named(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;
    struct error err = {0};

    (void)state;
    bodies.settings.signal = SIGNAL_MARGINAL_DIRECT;
    assert_int_equal(-1, electricity_maps_provider.request(&bodies.settings, "DE",
                                                           READING_FORECAST, now,
                                                           &request, &err));
    assert_string_equal("signal", err.field);
    assert_non_null(strstr(err.text, "average/direct or average/lifecycle"));
    bodies = make_bodies();
    bodies.settings.region = "DE&zone=FR";
    assert_int_equal(-1, electricity_maps_provider.request(&bodies.settings, "DE",
                                                           READING_FORECAST, now,
                                                           &request, &err));
    assert_string_equal("region", err.field);
}

static void a_forecast_is_read_with_its_time_of_issue(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        FORECAST(ROW("10:00", "557") "," ROW("11:00", "401.5") "," ROW("12:00", "2")));

    (void)state;
    assert_int_equal(G_PER_KWH(557), bodies_level(&reading, hour));
    assert_int_equal(401500, bodies_level(&reading, hour + HOUR));
    assert_int_equal(hour + 3 * HOUR, series_ends(reading.forecast->intensity));
    assert_int_equal(hour - 20 * MINUTE, reading.forecast->issued);
    assert_int_equal(now, reading.forecast->fetched);
    assert_int_equal(SIGNAL_AVERAGE_LIFECYCLE, reading.forecast->signal);
    reading_release(&reading);
}

static void a_single_point_is_as_long_as_the_granularity_says(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     "{\"zone\":\"DE\",\"temporalGranularity\":\"15_minutes\","
                     "\"forecast\":[" ROW("10:00", "351") "]}");

    (void)state;
    assert_int_equal(hour + 15 * MINUTE, series_ends(reading.forecast->intensity));
    reading_release(&reading);
    bodies_refuse(&bodies, READING_FORECAST, FORECAST(ROW("10:00", "351")),
                  ERROR_INVALID, "single point");
}

static void a_time_of_issue_that_cannot_be_is_not_believed(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        "{\"zone\":\"DE\",\"updatedAt\":\"2031-01-01T00:00:00Z\",\"forecast\":[" ROW(
            "10:00", "1") "," ROW("11:00", "2") "]}");

    (void)state;
    assert_int_equal(now, reading.forecast->issued);
    reading_release(&reading);
}

static void a_null_is_a_gap_and_never_a_figure(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        FORECAST(ROW("10:00", "100") "," ROW("11:00", "null") "," ROW("12:00", "300")));

    (void)state;
    /* Held over from the hour before. */
    assert_int_equal(G_PER_KWH(100), bodies_level(&reading, hour + HOUR));
    assert_int_equal(G_PER_KWH(300), bodies_level(&reading, hour + 2 * HOUR));
    reading_release(&reading);
    bodies_refuse(&bodies, READING_FORECAST,
                  FORECAST(ROW("10:00", "null") "," ROW("11:00", "null")),
                  ERROR_MISSING, "no forecast");
}

static void hours_that_have_passed_are_actuals(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_ACTUALS,
        HISTORY(PAST("07:00", "599", ",\"emissionFactorType\":\"lifecycle\"") "," PAST(
            "08:00", "null",
            "") "," PAST("09:00", "607",
                         ",\"isEstimated\":true,\"estimationMethod\":\"TIME_SLICER_"
                         "AVERAGE\"") "," PAST("10:00", "650", "")));

    (void)state;
    assert_int_equal(2, reading.actuals.count);
    assert_int_equal(hour - 3 * HOUR, reading.actuals.items[0].begins);
    assert_int_equal(G_PER_KWH(607), reading.actuals.items[1].level);
    assert_int_equal(hour, reading.actuals.items[1].ends);
    reading_release(&reading);
}

static void renewable_shares_may_be_numbers_or_texts(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_RENEWABLE,
        "{\"zone\":\"DE\",\"unit\":\"%\",\"temporalGranularity\":\"hourly\","
        "\"data\":[{\"datetime\":\"2030-05-01T10:00:00Z\",\"value\":\"89\"},"
        "{\"datetime\":\"2030-05-01T11:00:00Z\",\"value\":41.5}]}");
    int64_t level;

    (void)state;
    assert_null(reading.forecast);
    assert_int_equal(0, series_level(reading.renewable, hour, &level, NULL));
    assert_int_equal(890, level);
    assert_int_equal(0, series_level(reading.renewable, hour + HOUR, &level, NULL));
    assert_int_equal(415, level);
    reading_release(&reading);
    bodies_refuse(&bodies, READING_RENEWABLE,
                  "{\"zone\":\"DE\",\"data\":[{\"datetime\":\"2030-05-01T10:00:00Z\","
                  "\"value\":\"much\"}]}",
                  ERROR_INVALID, "no percentage");
}

static void a_first_day_said_twice_counts_once(void **state)
{
    struct bodies bodies = make_bodies();
    char body[8000];

    (void)state;
    for (int differs = 0; differs < 2; differs++) {
        int used = snprintf(body, sizeof(body), "{\"zone\":\"DE\",\"forecast\":[");
        struct reading reading;

        for (int i = 0; i < 48; i++) {
            char time[INSTANT_TEXT_SIZE];

            used += snprintf(body + used, sizeof(body) - (size_t)used,
                             "%s{\"datetime\":\"%s\",\"carbonIntensity\":%d}",
                             i ? "," : "", instant_format(hour + i * HOUR, time),
                             100 + i % 24 + (differs && i == 47));
        }
        snprintf(body + used, sizeof(body) - (size_t)used, "]}");
        reading = bodies_parse(&bodies, READING_FORECAST, body);
        assert_int_equal(hour + (differs ? 48 : 24) * HOUR,
                         series_ends(reading.forecast->intensity));
        reading_release(&reading);
    }
}

static void what_was_not_asked_for_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } cases[] = {
        {"{\"zone\":\"FR\",\"forecast\":[" ROW("10:00", "1") "]}",
         "of the zone FR, not DE"},
        {"{\"forecast\":[" ROW("10:00", "1") "]}", "of which zone"},
        {"{\"zone\":\"DE\",\"emissionFactorType\":\"direct\",\"forecast\":[" ROW(
             "10:00", "1") "]}",
         "direct, not lifecycle"},
        {"{\"zone\":\"DE\",\"unit\":\"lb/MWh\",\"forecast\":[" ROW("10:00", "1") "]}",
         "unit"},
        {"{\"zone\":\"DE\",\"_disclaimer\":\"SANDBOX MODE: made "
         "up\",\"forecast\":[" ROW("10:00", "1") "]}",
         "sandbox"},
        {FORECAST("{\"datetime\":\"2030-05-01T10:00:00Z\",\"carbonIntensity\":1,"
                  "\"estimationMethod\":\"SANDBOX_MODE_DATA\"}"),
         "sandbox"},
        {FORECAST(ROW("10:00", "1") "," ROW("10:00", "1")), "same time twice"},
        {FORECAST(ROW("11:00", "1") "," ROW("10:00", "1")), "out of order"},
        {FORECAST(ROW("10:00", "-1") "," ROW("11:00", "1")), "not from 0 to 3000"},
        {FORECAST(ROW("10:00", "\"12\"") "," ROW("11:00", "1")), "not a number"},
        {FORECAST("{\"carbonIntensity\":1}"), "not a time"},
        {"{\"zone\":\"DE\"}", "no array"},
        {"{\"zone\":\"DE\",\"forecast\":{}}", "no array"},
    };
    struct bodies bodies = make_bodies();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bodies_refuse(&bodies, READING_FORECAST, cases[i].body, ERROR_INVALID,
                      cases[i].why);
    bodies_refuse_nonsense(&bodies);
}

static void a_failure_is_told_with_what_to_do(void **state)
{
    static const struct {
        int status;
        const char *body;
        const char *told;
    } cases[] = {
        {401, "{\"error\":\"Invalid auth-token\"}",
         "Invalid auth-token: check the token"},
        {401, "{\"message\":\"Token unauthorized for zoneKey=DE\"}",
         "the plan of this token does not have the zone"},
        {403, "<html>", "check the token in token_file"},
        {404, "{\"message\":\"Endpoint not available\"}", "does not have forecasts"},
        {429, "", "set every or budget"},
        {401, "{\"error\":\"your token abc123 is bad\"}", "answered 401 for DE: check"},
        {500, "{}", ""},
    };
    struct bodies bodies = make_bodies();
    char text[300];

    (void)state;
    bodies.settings.secret = "abc123";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct provider_body body = {cases[i].body, strlen(cases[i].body), ""};

        electricity_maps_provider.explain(&bodies.settings, "DE", cases[i].status,
                                          &body, text, sizeof(text));
        if (cases[i].told[0])
            assert_non_null(strstr(text, cases[i].told));
        else
            assert_string_equal("", text);
        assert_null(strstr(text, "abc123"));
    }
}

static void recorded_bodies_are_understood(void **state)
{
    char *text =
        bodies_load_sample("samples/electricitymaps-carbon-intensity-history.json");
    struct bodies bodies = make_bodies();
    struct reading reading;

    (void)state;
    assert_int_equal(0, instant_parse("2024-03-06T20:10:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_ACTUALS, text);
    assert_int_equal(24, reading.actuals.count);
    reading_release(&reading);
    free(text);
    text = bodies_load_sample("samples/electricitymaps-carbon-intensity-forecast.json");
    assert_int_equal(0, instant_parse("2023-05-02T20:10:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_FORECAST, text);
    /* Its second day is the first over again. */
    assert_int_equal(24, series_count(reading.forecast->intensity));
    reading_release(&reading);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reading_has_its_address_and_the_token_a_header),
        cmocka_unit_test(settings_that_do_not_fit_are_named),
        cmocka_unit_test(a_forecast_is_read_with_its_time_of_issue),
        cmocka_unit_test(a_single_point_is_as_long_as_the_granularity_says),
        cmocka_unit_test(a_time_of_issue_that_cannot_be_is_not_believed),
        cmocka_unit_test(a_null_is_a_gap_and_never_a_figure),
        cmocka_unit_test(hours_that_have_passed_are_actuals),
        cmocka_unit_test(renewable_shares_may_be_numbers_or_texts),
        cmocka_unit_test(a_first_day_said_twice_counts_once),
        cmocka_unit_test(what_was_not_asked_for_is_refused),
        cmocka_unit_test(a_failure_is_told_with_what_to_do),
        cmocka_unit_test(recorded_bodies_are_understood),
    };

    return cmocka_run_group_tests_name("electricity_maps", tests, NULL, NULL);
}

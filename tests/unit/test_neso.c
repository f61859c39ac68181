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
static const instant slot = 1903860000;

static struct bodies national(void)
{
    return (struct bodies){
        .provider = &neso_provider,
        .settings = bodies_settings("neso"),
        .zone = "GB",
        .content_type = "application/json; charset=utf-8",
        .now = now,
    };
}

static struct bodies regional(void)
{
    struct bodies bodies = national();

    bodies.settings.region = "13";
    return bodies;
}

#define FROM(from, to)                                                                 \
    "{\"from\":\"2030-05-01T" from "Z\",\"to\":\"2030-05-01T" to "Z\","
#define AT(from, to, forecast, actual)                                                 \
    FROM(from, to)                                                                     \
    "\"intensity\":{\"forecast\":" forecast ",\"actual\":" actual ",\"index\":"        \
    "\"low\"}}"
#define DATA(points) "{\"data\":[" points "]}"

static void requests_are_made_once_for_each_half_hour(void **state)
{
    struct provider_settings settings = bodies_settings("neso");
    struct provider_request request;

    (void)state;
    assert_int_equal(0, neso_provider.request(&settings, "GB", READING_FORECAST, now,
                                              &request, NULL));
    assert_int_equal(FETCH_HTTP, request.fetch);
    assert_string_equal("https://api.carbonintensity.org.uk/intensity/"
                        "2030-05-01T10:01Z/fw48h",
                        request.target);
    assert_string_equal("application/json", request.accept);
    assert_int_equal(0, neso_provider.request(&settings, "GB", READING_FORECAST,
                                              slot + 59 * MINUTE, &request, NULL));
    assert_non_null(strstr(request.target, "/2030-05-01T10:31Z/"));
    assert_int_equal(0, neso_provider.request(&settings, "GB", READING_ACTUALS, now,
                                              &request, NULL));
    assert_string_equal("https://api.carbonintensity.org.uk/intensity/"
                        "2030-04-29T10:01Z/2030-05-01T10:01Z",
                        request.target);
}

static void a_region_and_a_base_url_are_taken_from_the_settings(void **state)
{
    struct provider_settings settings = bodies_settings("neso");
    struct provider_request request;

    (void)state;
    settings.region = "13";
    settings.url = "http://localhost:8080/neso/";
    assert_int_equal(0, neso_provider.request(&settings, "GB", READING_FORECAST, now,
                                              &request, NULL));
    assert_string_equal("http://localhost:8080/neso/regional/intensity/"
                        "2030-05-01T10:01Z/fw48h/regionid/13",
                        request.target);
}

static void settings_that_do_not_fit_are_named(void **state)
{
    static char long_url[2000] = "https://";
    static const struct {
        const char *region, *url, *field;
        enum reading_kind wanted;
    } cases[] = {
        {"0", "", "region", READING_FORECAST},
        {"18", "", "region", READING_FORECAST},
        {"London", "", "region", READING_FORECAST},
        {"13", "", "region", READING_ACTUALS},
        {"", "ftp://example.org", "url", READING_FORECAST},
        {"", "/etc/passwd", "url", READING_FORECAST},
        {"", long_url, "url", READING_FORECAST},
    };

    (void)state;
    memset(long_url + 8, 'x', sizeof(long_url) - 9);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct provider_settings settings = bodies_settings("neso");
        struct provider_request request = {.target = "untouched"};
        struct error err = {0};

        settings.region = cases[i].region;
        settings.url = cases[i].url;
        assert_int_equal(-1, neso_provider.request(&settings, "GB", cases[i].wanted,
                                                   now, &request, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_string_equal(cases[i].field, err.field);
        assert_string_equal("untouched", request.target);
    }
}

static void a_national_body_gives_a_forecast(void **state)
{
    struct bodies bodies = national();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     DATA(AT("10:00", "10:30", "211", "206") "," AT("10:30", "11:00",
                                                                    "216.5", "null")));

    (void)state;
    assert_int_equal(G_PER_KWH(211), bodies_level(&reading, slot));
    assert_int_equal(216500, bodies_level(&reading, slot + 30 * MINUTE));
    assert_int_equal(-1, bodies_level(&reading, slot + HOUR));
    assert_int_equal(SIGNAL_AVERAGE_DIRECT, reading.forecast->signal);
    assert_int_equal(now, reading.forecast->fetched);
    assert_false(reading.forecast->synthetic);
    assert_null(reading.forecast->renewable);
    reading_release(&reading);
}

static void a_national_body_gives_actuals_where_there_are_some(void **state)
{
    struct bodies bodies = national();
    struct reading reading =
        bodies_parse(&bodies, READING_ACTUALS,
                     DATA(AT("09:00", "09:30", "211", "206") ","  //
                          AT("09:30", "10:00", "216", "null") "," //
                          AT("10:00", "10:30", "216", "220")));

    (void)state;
    assert_int_equal(1, reading.actuals.count);
    assert_int_equal(slot - HOUR, reading.actuals.items[0].begins);
    assert_int_equal(slot - 30 * MINUTE, reading.actuals.items[0].ends);
    assert_int_equal(G_PER_KWH(206), reading.actuals.items[0].level);
    reading_release(&reading);
}

#define REGION(id, points)                                                             \
    "{\"regionid\":" id ",\"shortname\":\"London\",\"data\":[" points "]}"
#define MIXED(mix)                                                                     \
    FROM("10:00", "10:30")                                                             \
    "\"intensity\":{\"forecast\":134,\"index\":\"low\"},\"generationmix\":[" mix "]}"
#define MIX                                                                            \
    MIXED("{\"fuel\":\"gas\",\"perc\":30.1},{\"fuel\":\"wind\",\"perc\":31.5},"        \
          "{\"fuel\":\"solar\",\"perc\":1.2},{\"fuel\":\"hydro\",\"perc\":0.1},"       \
          "{\"fuel\":\"biomass\",\"perc\":4},{\"fuel\":\"imports\",\"perc\":32.9}")

static void a_region_comes_in_an_object_or_in_an_array(void **state)
{
    static const char *const texts[] = {
        "{\"data\":" REGION("13", MIX) "}",
        "{\"data\":[" REGION("13", MIX) "]}",
    };
    struct bodies bodies = regional();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct reading reading = bodies_parse(&bodies, READING_FORECAST, texts[i]);

        assert_int_equal(G_PER_KWH(134), bodies_level(&reading, now));
        /* 36.8 of the 99.8 that they add up to. */
        assert_int_equal(369, series_at(reading.forecast->renewable, 0).level);
        reading_release(&reading);
    }
}

static void another_region_than_the_one_asked_for_is_refused(void **state)
{
    struct bodies bodies = regional();

    (void)state;
    bodies_refuse(&bodies, READING_FORECAST, "{\"data\":" REGION("12", MIX) "}",
                  ERROR_INVALID, "region 12, not for 13");
    bodies = national();
    bodies_refuse(&bodies, READING_FORECAST, "{\"data\":" REGION("13", MIX) "}",
                  ERROR_INVALID, "region 13, not for 0");
}

static void a_mix_that_does_not_add_up_is_refused(void **state)
{
    static const char *const mixes[] = {
        MIXED("{\"fuel\":\"gas\",\"perc\":98.9}"),
        MIXED("{\"fuel\":\"gas\",\"perc\":60},{\"fuel\":\"wind\",\"perc\":60}"),
        MIXED("{\"fuel\":\"gas\",\"perc\":101},{\"fuel\":\"wind\",\"perc\":-1}"),
        MIXED("{\"fuel\":\"gas\",\"perc\":null}"),
        MIXED("{\"fuel\":\"gas\",\"perc\":\"100\"}"),
        MIXED("{\"perc\":100}"),
        MIXED("7"),
        MIXED(""),
    };
    struct bodies bodies = national();

    (void)state;
    for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
        char text[1024];

        snprintf(text, sizeof(text), "{\"data\":[%s]}", mixes[i]);
        bodies_refuse(&bodies, READING_FORECAST, text, ERROR_INVALID, "point 0");
    }
}

static void bad_points_are_refused_by_index(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {DATA(AT("10:00", "10:30", "1", "1") "," AT("10:00", "10:30", "1", "1")),
         "point 1: the same time twice"},
        {DATA(AT("10:30", "11:00", "1", "1") "," AT("10:00", "10:30", "1", "1")),
         "point 1: out of order"},
        {DATA(AT("10:00", "10:00", "1", "1")), "point 0: its length"},
        {DATA(AT("10:00", "09:00", "1", "1")), "point 0: its length"},
        {DATA(AT("10:00", "10:25", "1", "1")), "point 0: its length"},
        {DATA(AT("10:00", "10:30", "-1", "1")), "point 0: not from 0 to 3000 g/kWh"},
        {DATA(AT("10:00", "10:30", "3001", "1")), "point 0: not from 0 to 3000 g/kWh"},
        {DATA(AT("10:00", "10:30", "1", "1e300")), "point 0: not from 0 to 3000 g/kWh"},
        {DATA(AT("10:00", "10:30", "\"211\"", "1")),
         "point 0: forecast is not a number"},
        {DATA(AT("10:00", "10:30", "1", "[]")), "point 0: actual is not a number"},
        {DATA(AT("25:00", "10:30", "1", "1")), "point 0: from"},
        {DATA("{\"from\":5,\"to\":6,\"intensity\":{}}"), "point 0: from is not a time"},
        {DATA("{\"from\":\"2030-05-01T10:00Z\",\"intensity\":{}}"),
         "point 0: to is not a time"},
        {DATA("{\"intensity\":null}"), "point 0: no intensity"},
        {DATA("7"), "point 0: no intensity"},
    };
    struct bodies bodies = national();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bodies_refuse(&bodies, READING_FORECAST, cases[i].text, ERROR_INVALID,
                      cases[i].why);
}

static void what_the_service_complains_of_is_passed_on(void **state)
{
    struct bodies bodies = national();

    (void)state;
    bodies_refuse(
        &bodies, READING_FORECAST,
        "{\"error\":{\"code\":\"400 Bad Request\",\"message\":\"No such day.\"}}",
        ERROR_INVALID, "the service says: No such day.");
    bodies_refuse(&bodies, READING_FORECAST, "{\"error\":7}", ERROR_INVALID,
                  "an error without a message");
}

static void a_body_without_what_was_asked_for_is_missing_it(void **state)
{
    struct bodies bodies = national();

    (void)state;
    bodies_refuse(&bodies, READING_FORECAST, DATA(""), ERROR_MISSING, "no forecast");
    bodies_refuse(&bodies, READING_FORECAST, DATA(AT("10:00", "10:30", "null", "1")),
                  ERROR_MISSING, "no forecast");
    bodies_refuse(&bodies, READING_ACTUALS, DATA(AT("09:00", "09:30", "1", "null")),
                  ERROR_MISSING, "no actuals");
}

static void nonsense_is_refused(void **state)
{
    struct bodies bodies = national();

    (void)state;
    bodies_refuse_nonsense(&bodies);
    bodies.content_type = "text/html";
    bodies_refuse(&bodies, READING_FORECAST, DATA(AT("10:00", "10:30", "1", "1")),
                  ERROR_INVALID, "the body is text/html, not JSON");
}

static void a_recorded_national_forecast_is_read(void **state)
{
    char *text = bodies_load_sample("samples/neso-intensity-fw48h.json");
    struct bodies bodies = national();
    struct reading reading;

    (void)state;
    assert_int_equal(0, instant_parse("2023-12-03T10:31:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_FORECAST, text);
    assert_int_equal(96, series_count(reading.forecast->intensity));
    assert_int_equal(48 * HOUR, series_ends(reading.forecast->intensity)
                                    - series_begins(reading.forecast->intensity));
    assert_int_equal(G_PER_KWH(211), bodies_level(&reading, bodies.now));
    reading_release(&reading);
    free(text);
}

static void a_recorded_regional_forecast_is_read(void **state)
{
    char *text = bodies_load_sample("samples/neso-regional-fw48h-regionid.json");
    struct bodies bodies = regional();
    struct reading reading;

    (void)state;
    assert_int_equal(0, instant_parse("2023-12-03T10:31:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_FORECAST, text);
    assert_int_equal(G_PER_KWH(134), bodies_level(&reading, bodies.now));
    assert_int_equal(series_count(reading.forecast->intensity),
                     series_count(reading.forecast->renewable));
    reading_release(&reading);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_made_once_for_each_half_hour),
        cmocka_unit_test(a_region_and_a_base_url_are_taken_from_the_settings),
        cmocka_unit_test(settings_that_do_not_fit_are_named),
        cmocka_unit_test(a_national_body_gives_a_forecast),
        cmocka_unit_test(a_national_body_gives_actuals_where_there_are_some),
        cmocka_unit_test(a_region_comes_in_an_object_or_in_an_array),
        cmocka_unit_test(another_region_than_the_one_asked_for_is_refused),
        cmocka_unit_test(a_mix_that_does_not_add_up_is_refused),
        cmocka_unit_test(bad_points_are_refused_by_index),
        cmocka_unit_test(what_the_service_complains_of_is_passed_on),
        cmocka_unit_test(a_body_without_what_was_asked_for_is_missing_it),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_recorded_national_forecast_is_read),
        cmocka_unit_test(a_recorded_regional_forecast_is_read),
    };

    return cmocka_run_group_tests_name("neso", tests, NULL, NULL);
}

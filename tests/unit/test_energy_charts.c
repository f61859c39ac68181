/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "grid/providers/providers.h"
#include "tests/support/bodies.h"

/* 2030-05-01T10:07:00Z, and the quarter of an hour that holds it. */
static const instant now = 1903860420;
static const instant slot = 1903860000;

static struct bodies germany(void)
{
    return (struct bodies){
        .provider = &energy_charts_provider,
        .settings = bodies_settings("ise"),
        .zone = "DE",
        .content_type = "application/json",
        .now = now,
    };
}

/* From 09:30 to 11:15. */
#define QUARTERS                                                                       \
    "[1903858200,1903859100,1903860000,1903860900,1903861800,1903862700,1903863600]"
#define BODY(times, measured, forecast)                                                \
    "{\"unix_seconds\":" times ",\"co2eq\":" measured ",\"co2eq_forecast\":" forecast  \
    ",\"deprecated\":false}"

static void requests_name_the_country(void **state)
{
    struct provider_settings settings = bodies_settings("ise");
    struct provider_request request;

    (void)state;
    assert_int_equal(0, energy_charts_provider.request(
                            &settings, "DE", READING_FORECAST, now, &request, NULL));
    assert_int_equal(FETCH_HTTP, request.fetch);
    assert_string_equal("https://api.energy-charts.info/co2eq?country=de",
                        request.target);
    settings.country = "fr";
    settings.url = "http://localhost:1";
    assert_int_equal(0, energy_charts_provider.request(&settings, "DE", READING_ACTUALS,
                                                       now, &request, NULL));
    assert_string_equal(
        "http://localhost:1/co2eq?country=fr&start=2030-04-29&end=2030-05-01",
        request.target);
}

static void a_zone_that_is_no_country_needs_the_setting(void **state)
{
    static const char *const zones[] = {"D",      "DE-LU", "de&start=1", "",
                                        "DE\r\n", "D E",   "germanyland"};

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct provider_settings settings = bodies_settings("ise");
        struct provider_request request;
        struct error err = {0};

        assert_int_equal(-1, energy_charts_provider.request(&settings, zones[i],
                                                            READING_FORECAST, now,
                                                            &request, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_string_equal("country", err.field);
    }
}

static void what_was_measured_comes_before_what_was_forecast(void **state)
{
    struct bodies bodies = germany();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     BODY(QUARTERS, "[400,410,420.5,430,null,null,null]",
                          "[null,99,99,99,440,450,null]"));

    (void)state;
    assert_int_equal(slot, series_begins(reading.forecast->intensity));
    assert_int_equal(420500, bodies_level(&reading, now));
    assert_int_equal(G_PER_KWH(430), bodies_level(&reading, slot + 15 * MINUTE));
    assert_int_equal(G_PER_KWH(450), bodies_level(&reading, slot + 45 * MINUTE));
    assert_int_equal(slot + HOUR, series_ends(reading.forecast->intensity));
    assert_int_equal(SIGNAL_AVERAGE_LIFECYCLE, reading.forecast->signal);
    reading_release(&reading);
}

static void a_gap_between_measured_and_forecast_is_held_over(void **state)
{
    struct bodies bodies = germany();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     BODY(QUARTERS, "[400,410,null,null,null,null,null]",
                          "[null,null,null,null,440,450,460]"));

    (void)state;
    assert_int_equal(G_PER_KWH(410), bodies_level(&reading, now));
    assert_int_equal(G_PER_KWH(440), bodies_level(&reading, slot + 30 * MINUTE));
    reading_release(&reading);
}

static void actuals_are_measured_only(void **state)
{
    struct bodies bodies = germany();
    struct reading reading = bodies_parse(
        &bodies, READING_ACTUALS,
        BODY(QUARTERS, "[400,null,420,430,null,null,null]", "[1,2,3,4,5,6,7]"));

    (void)state;
    assert_int_equal(1, reading.actuals.count);
    assert_int_equal(slot - 30 * MINUTE, reading.actuals.items[0].begins);
    assert_int_equal(slot - 15 * MINUTE, reading.actuals.items[0].ends);
    assert_int_equal(G_PER_KWH(400), reading.actuals.items[0].level);
    reading_release(&reading);
}

static void the_step_is_seen_from_the_times(void **state)
{
    struct bodies bodies = germany();
    struct reading reading = bodies_parse(&bodies, READING_FORECAST,
                                          BODY("[1903856400,1903860000,1903863600]",
                                               "[null,null,null]", "[300,310,320]"));

    (void)state;
    assert_int_equal(slot, series_begins(reading.forecast->intensity));
    assert_int_equal(slot + 2 * HOUR, series_ends(reading.forecast->intensity));
    reading_release(&reading);
}

static void a_column_that_is_left_out_is_all_gaps(void **state)
{
    struct bodies bodies = germany();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        "{\"unix_seconds\":[1903860000,1903863600],\"co2eq_forecast\":[300,310]}");

    (void)state;
    assert_int_equal(G_PER_KWH(300), bodies_level(&reading, now));
    reading_release(&reading);
}

static void bad_columns_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {BODY("[1903860000,1903860900]", "[1]", "[1,2]"), "co2eq has 1 items, not 2"},
        {BODY("[1903860000,1903860900]", "[1,2]", "[1,2,3]"), "co2eq_forecast has 3"},
        {BODY("[1903860000,1903860900]", "{}", "[1,2]"), "co2eq is not an array"},
        {BODY("[1903860000,1903860900]", "null", "null"), "neither co2eq nor"},
        {BODY("7", "[1]", "[1]"), "no array \"unix_seconds\""},
        {BODY("[1903860000.5,1903860900]", "[1,2]", "[1,2]"), "point 0: its time"},
        {BODY("[\"1903860000\",1903860900]", "[1,2]", "[1,2]"), "point 0: its time"},
        {BODY("[1903860000,null]", "[1,2]", "[1,2]"), "point 1: its time"},
        {BODY("[1903860000,1903860000]", "[1,2]", "[1,2]"), "point 1: the same time"},
        {BODY("[1903860900,1903860000]", "[1,2]", "[1,2]"), "point 1: out of order"},
        {BODY("[-1,1903860000]", "[1,2]", "[1,2]"), "point 0: not between"},
        {BODY("[9223372036854775807]", "[1]", "[1]"), "point 0: not between"},
        {BODY("[1903860000,1903861000]", "[1,2]", "[1,2]"), "does not divide an hour"},
        {BODY("[1903860000]", "[1]", "[1]"), "a single point has no length"},
        {BODY("[1903860000,1903860900]", "[1,\"2\"]", "[1,2]"), "point 1: co2eq"},
        {BODY("[1903860000,1903860900]", "[1,2]", "[1,-2]"), "point 1: not from 0"},
        {BODY("[1903860000,1903860900]", "[1,2]", "[1,3000.1]"), "point 1: not from 0"},
        {BODY("[1903860000,1903860900]", "[1,1e308]", "[1,2]"), "point 1: not from 0"},
    };
    struct bodies bodies = germany();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bodies_refuse(&bodies, READING_FORECAST, cases[i].text, ERROR_INVALID,
                      cases[i].why);
        bodies_refuse(&bodies, READING_ACTUALS, cases[i].text, ERROR_INVALID,
                      cases[i].why);
    }
}

static void nonsense_is_refused(void **state)
{
    struct bodies bodies = germany();

    (void)state;
    bodies_refuse_nonsense(&bodies);
    bodies.content_type = "text/plain; charset=utf-8";
    bodies_refuse(&bodies, READING_FORECAST, "'xx' is not a country", ERROR_INVALID,
                  "the body is text/plain");
}

static void a_body_without_what_was_asked_for_is_missing_it(void **state)
{
    struct bodies bodies = germany();

    (void)state;
    bodies_refuse(&bodies, READING_FORECAST, BODY("[]", "[]", "[]"), ERROR_MISSING,
                  "no forecast for DE");
    bodies_refuse(&bodies, READING_ACTUALS,
                  BODY("[1903860000,1903860900]", "[null,null]", "[1,2]"),
                  ERROR_MISSING, "no actuals for DE");
}

static void recorded_answers_are_read(void **state)
{
    static const struct {
        const char *path;
        instant now;
        duration step;
    } cases[] = {
        {"samples/energycharts-co2eq-at.json", 1711137600, 15 * MINUTE},
        {"samples/energycharts-co2eq-ch.json", 1711137600, HOUR},
        {"samples/energycharts-co2eq-de.json", 1711137600, 15 * MINUTE},
        {"samples/energycharts-co2eq-de-2026-excerpt.json", 1783895400, 15 * MINUTE},
        {"samples/energycharts-co2eq-fr-2024-hourly.json", 1711137600, HOUR},
        {"samples/energycharts-co2eq-fr.json", 1791086400, 15 * MINUTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = bodies_load_sample(cases[i].path);
        struct bodies bodies = germany();
        struct reading reading;

        bodies.now = cases[i].now;
        reading = bodies_parse(&bodies, READING_FORECAST, text);
        assert_int_equal(bodies.now, series_begins(reading.forecast->intensity));
        assert_int_equal(bodies.now + cases[i].step,
                         series_at(reading.forecast->intensity, 1).begins);
        reading_release(&reading);
        reading = bodies_parse(&bodies, READING_ACTUALS, text);
        assert_int_equal(cases[i].step, reading.actuals.items[0].ends
                                            - reading.actuals.items[0].begins);
        reading_release(&reading);
        free(text);
    }
}

static void the_renewable_share_is_asked_for_apart(void **state)
{
    struct bodies bodies = germany();
    struct provider_request request;
    struct reading reading;
    int64_t level;

    (void)state;
    assert_int_equal(0, energy_charts_provider.request(&bodies.settings, "DE",
                                                       READING_RENEWABLE, now, &request,
                                                       NULL));
    assert_string_equal("https://api.energy-charts.info/ren_share_forecast?country=de",
                        request.target);
    reading = bodies_parse(&bodies, READING_RENEWABLE,
                           "{\"unix_seconds\":[1903860000,1903860900,1903861800],"
                           "\"ren_share\":[41.5,null,112],\"substitute\":true}");
    assert_int_equal(0, series_level(reading.renewable, 1903860000, &level, NULL));
    assert_int_equal(415, level);
    assert_int_equal(0, series_level(reading.renewable, 1903861800, &level, NULL));
    assert_int_equal(1120, level);
    reading_release(&reading);
    bodies_refuse(&bodies, READING_RENEWABLE,
                  "{\"unix_seconds\":[1903860000,1903860900],\"ren_share\":[1]}",
                  ERROR_INVALID, "1 items, not 2");
    bodies_refuse(&bodies, READING_RENEWABLE,
                  "{\"unix_seconds\":[1903860000,1903860900]}", ERROR_INVALID,
                  "no array \"ren_share\"");
}

static void an_unknown_country_is_told_by_its_setting(void **state)
{
    const struct provider_body body = {"unknown", 7, "text/plain"};
    struct bodies bodies = germany();
    char text[200];

    (void)state;
    energy_charts_provider.explain(&bodies.settings, "DE", 404, &body, text,
                                   sizeof(text));
    assert_string_equal("answered 404 for \"DE\": check country", text);
    energy_charts_provider.explain(&bodies.settings, "DE", 503, &body, text,
                                   sizeof(text));
    assert_string_equal("", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_name_the_country),
        cmocka_unit_test(a_zone_that_is_no_country_needs_the_setting),
        cmocka_unit_test(what_was_measured_comes_before_what_was_forecast),
        cmocka_unit_test(a_gap_between_measured_and_forecast_is_held_over),
        cmocka_unit_test(actuals_are_measured_only),
        cmocka_unit_test(the_step_is_seen_from_the_times),
        cmocka_unit_test(a_column_that_is_left_out_is_all_gaps),
        cmocka_unit_test(bad_columns_are_refused),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_body_without_what_was_asked_for_is_missing_it),
        cmocka_unit_test(recorded_answers_are_read),
        cmocka_unit_test(the_renewable_share_is_asked_for_apart),
        cmocka_unit_test(an_unknown_country_is_told_by_its_setting),
    };

    return cmocka_run_group_tests_name("energy charts", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "grid/providers/providers.h"
#include "tests/support/bodies.h"

/* 2030-05-01T10:07:00Z, and the hour that holds it. */
static const instant now = 1903860420;
static const instant hour = 1903860000;

static struct bodies table(void)
{
    struct bodies bodies = {
        .provider = &file_provider,
        .settings = bodies_settings("own"),
        .zone = "LAB",
        .content_type = "",
        .now = now,
    };

    bodies.settings.signal = SIGNAL_MARGINAL_DIRECT;
    return bodies;
}

static const char good_table[] = "datetime,carbon_intensity,renewable_percent\n"
                                 "2030-05-01T08:00:00Z,300,40\n"
                                 "2030-05-01T09:00:00Z,310.25,41.5\n"
                                 "2030-05-01T10:00:00Z,320,42\n"
                                 "2030-05-01T11:00:00Z,330,43\n";

static void the_zone_takes_its_place_in_the_path(void **state)
{
    struct provider_settings settings = bodies_settings("own");
    struct provider_request request;

    (void)state;
    settings.path = "/srv/{zone}/forecast-{zone}.csv";
    assert_int_equal(0, file_provider.request(&settings, "DE-LU", READING_FORECAST, now,
                                              &request, NULL));
    assert_int_equal(FETCH_FILE, request.fetch);
    assert_string_equal("/srv/DE-LU/forecast-DE-LU.csv", request.target);
    assert_int_equal(0, file_provider.request(&settings, "DE", READING_ACTUALS, now,
                                              &request, NULL));
    assert_string_equal("/srv/DE/forecast-DE.csv", request.target);
    settings.actuals_path = "/srv/actuals.csv";
    assert_int_equal(0, file_provider.request(&settings, "DE", READING_ACTUALS, now,
                                              &request, NULL));
    assert_string_equal("/srv/actuals.csv", request.target);
}

static void a_zone_cannot_lead_to_another_directory(void **state)
{
    static const char *const zones[] = {"..", "../etc", "a/b", "a..b", ".hidden", ""};

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct provider_settings settings = bodies_settings("own");
        struct provider_request request;
        struct error err = {0};

        settings.path = "/srv/{zone}.csv";
        assert_int_equal(-1,
                         file_provider.request(&settings, zones[i], READING_FORECAST,
                                               now, &request, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_string_equal("path", err.field);
    }
}

static void a_path_must_be_there_and_fit(void **state)
{
    static char long_path[2000];
    struct provider_settings settings = bodies_settings("own");
    struct provider_request request;
    struct error err = {0};

    (void)state;
    assert_int_equal(-1, file_provider.request(&settings, "DE", READING_FORECAST, now,
                                               &request, &err));
    assert_string_equal("path", err.field);
    memset(long_path, 'x', sizeof(long_path) - 1);
    settings.path = long_path;
    assert_int_equal(-1, file_provider.request(&settings, "DE", READING_FORECAST, now,
                                               &request, &err));
    assert_string_equal("the path is too long", err.text);
}

static void a_table_gives_a_forecast_from_now_on(void **state)
{
    struct bodies bodies = table();
    struct reading reading = bodies_parse(&bodies, READING_FORECAST, good_table);

    (void)state;
    assert_int_equal(2, series_count(reading.forecast->intensity));
    assert_int_equal(hour, series_begins(reading.forecast->intensity));
    assert_int_equal(hour + 2 * HOUR, series_ends(reading.forecast->intensity));
    assert_int_equal(G_PER_KWH(320), bodies_level(&reading, now));
    assert_int_equal(420, series_at(reading.forecast->renewable, 0).level);
    assert_int_equal(now, reading.forecast->issued);
    assert_int_equal(SIGNAL_MARGINAL_DIRECT, reading.forecast->signal);
    reading_release(&reading);
}

static void a_table_gives_actuals_of_the_past(void **state)
{
    struct bodies bodies = table();
    struct reading reading = bodies_parse(&bodies, READING_ACTUALS, good_table);

    (void)state;
    assert_int_equal(2, reading.actuals.count);
    assert_int_equal(310250, reading.actuals.items[1].level);
    assert_int_equal(hour, reading.actuals.items[1].ends);
    reading_release(&reading);
}

static void tables_come_in_many_forms(void **state)
{
    static const char *const texts[] = {
        "\xef\xbb\xbf"
        "datetime,carbon_intensity\r\n2030-05-01 10:00:00,7\r\n"
        "2030-05-01 11:00:00,8\r\n",
        ",UTC time,carbon_intensity,coal\n0,2030-05-01 10:00:00+00:00,7,1\n"
        "1,2030-05-01 11:00:00+00:00,8,1",
        "\"Datetime (UTC)\" , \"Carbon_Intensity gCO2eq/kWh (direct)\"\n"
        "\"2030-05-01T10:00Z\", \"7.000\"\n\n\"2030-05-01T11:00Z\",8\n\n",
        "carbon_intensity,carbon_intensity_2,datetime,datetime_local\n"
        "7,99,2030-05-01T12:00+02:00,x\n8,99,2030-05-01T13:00+02:00,y",
        ",UTC time,actual_carbon_intensity_direct,forecasted_carbon_intensity_direct\n"
        "0,2030-05-01 10:00:00,99,7\n1,2030-05-01 11:00:00,99,8\n",
        "  [{\"datetime\":\"2030-05-01T10:00:00Z\",\"carbon_intensity\":7},"
        "{\"datetime\":\"2030-05-01T11:00:00Z\",\"carbon_intensity\":8}]",
        "{\"zone\":\"LAB\",\"points\":[{\"begins\":\"2030-05-01T10:00:00Z\","
        "\"ends\":\"2030-05-01T11:00:00Z\",\"g\":7.0,\"renewable\":null},"
        "{\"begins\":\"2030-05-01T11:00:00Z\",\"ends\":\"2030-05-01T12:00:00Z\","
        "\"g\":8}]}",
    };
    struct bodies bodies = table();

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading = bodies_parse(&bodies, READING_FORECAST, texts[i]);

        if (bodies_level(&reading, now) != G_PER_KWH(7)
            || bodies_level(&reading, hour + HOUR) != G_PER_KWH(8)
            || series_ends(reading.forecast->intensity) != hour + 2 * HOUR)
            fail_msg("table %zu", i);
        reading_release(&reading);
    }
}

static void actuals_have_their_own_column_or_array(void **state)
{
    static const char *const texts[] = {
        "UTC time,forecasted_carbon_intensity,actual_carbon_intensity\n"
        "2030-05-01 08:00:00,99,7\n2030-05-01 09:00:00,99,8\n",
        "{\"points\":[],\"actuals\":[{\"begins\":\"2030-05-01T08:00:00Z\","
        "\"ends\":\"2030-05-01T09:00:00Z\",\"g\":7},{\"begins\":"
        "\"2030-05-01T09:00:00Z\",\"ends\":\"2030-05-01T10:00:00Z\",\"g\":8}]}",
    };
    struct bodies bodies = table();

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading = bodies_parse(&bodies, READING_ACTUALS, texts[i]);

        assert_int_equal(2, reading.actuals.count);
        assert_int_equal(G_PER_KWH(8), reading.actuals.items[1].level);
        reading_release(&reading);
    }
}

static void an_empty_figure_is_a_gap(void **state)
{
    struct bodies bodies = table();
    struct reading reading = bodies_parse(&bodies, READING_FORECAST,
                                          "datetime,carbon_intensity\n"
                                          "2030-05-01T09:00:00Z,5\n"
                                          "2030-05-01T10:00:00Z,\n"
                                          "2030-05-01T11:00:00Z\n"
                                          "2030-05-01T12:00:00Z,6\n");

    (void)state;
    assert_int_equal(G_PER_KWH(5), bodies_level(&reading, now));
    assert_int_equal(G_PER_KWH(5), bodies_level(&reading, hour + HOUR));
    assert_int_equal(G_PER_KWH(6), bodies_level(&reading, hour + 2 * HOUR));
    reading_release(&reading);
}

#define ROWS(rows) "datetime,carbon_intensity,renewable\n" rows

static void bad_tables_are_refused_by_line(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"\xef\xbb\xbf", "the file is empty"},
        {"time,carbon_intensity\n", "line 1: no column \"datetime\""},
        {"datetime,intensity\n", "line 1: no column \"carbon_intensity\""},
        {ROWS("2030-05-01T10:00:00Z,1\n2030-05-01T10:00:00Z,2\n"),
         "line 3: point 1: the same time twice"},
        {ROWS("2030-05-01T10:00:00Z,1\n\n2030-05-01T09:00:00Z,2\n"),
         "line 4: point 1: out of order"},
        {ROWS("2030-05-01T10:00:00Z,1\n"), "a single point has no length"},
        {ROWS("2030-05-01T10:00:00Z,1\n2030-05-02T10:00:00Z,2\n"), "divide an hour"},
        {ROWS("2030-02-30T10:00:00Z,1\n"), "line 2: "},
        {ROWS(",1\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,-1\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,3000.1\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,nan\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,inf\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,1e3\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,0x10\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,99999999999999999999999\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,1,1001\n"), "line 2: "},
        {ROWS("2030-05-01T10:00:00Z,\"1\n"), "a single point"},
        {ROWS("2030-05-01T10:00:00Z,"
              "1111111111111111111111111111111111111111111111111111111111111111111\n"),
         "line 2: field 2 is no time or figure"},
        {"[{\"datetime\":\"2030-05-01T10:00:00Z\",\"carbon_intensity\":\"7\"}]",
         "point 0: carbon_intensity is not a number"},
        {"[{\"datetime\":7,\"carbon_intensity\":7}]",
         "point 0: datetime is not a time"},
        {"[{\"datetime\":\"2030-05-01T10:00:00Z\",\"carbon_intensity\":7}]",
         "a single point has no length"},
        {"[7]", "point 0: datetime is not a time"},
        {"{\"points\":[{\"begins\":\"2030-05-01T10:00:00Z\",\"g\":1}]}",
         "point 0: ends is not a time"},
        {"{\"points\":[{\"begins\":\"2030-05-01T10:00:00Z\","
         "\"ends\":\"2030-05-01T12:00:00Z\",\"g\":1}]}",
         "point 0: its length does not divide an hour"},
        {"{\"points\":[{\"begins\":\"2030-05-01T10:00:00Z\","
         "\"ends\":\"1970-01-01T00:00:00Z\",\"g\":1}]}",
         "point 0: its length does not divide an hour"},
    };
    struct bodies bodies = table();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bodies_refuse(&bodies, READING_FORECAST, cases[i].text, ERROR_INVALID,
                      cases[i].why);
}

static void a_table_with_too_many_columns_is_refused(void **state)
{
    struct bodies bodies = table();
    char text[300] = "datetime,carbon_intensity";

    (void)state;
    memset(text + strlen(text), ',', 100);
    bodies_refuse(&bodies, READING_FORECAST, text, ERROR_INVALID,
                  "line 1: more than 64 columns");
}

static void a_table_without_what_was_asked_for_is_missing_it(void **state)
{
    struct bodies bodies = table();

    (void)state;
    bodies_refuse(&bodies, READING_FORECAST, "datetime,carbon_intensity\n",
                  ERROR_MISSING, "no forecast for LAB");
    bodies.now += 100 * DAY;
    bodies_refuse(&bodies, READING_FORECAST, good_table, ERROR_MISSING, "no forecast");
    bodies_refuse(&bodies, READING_ACTUALS, good_table, ERROR_MISSING, "no actuals");
}

static void nonsense_is_refused(void **state)
{
    struct bodies bodies = table();

    (void)state;
    bodies_refuse_nonsense(&bodies);
}

static void published_tables_are_read(void **state)
{
    static const char *const paths[] = {
        "data/carbon/CISO_hourly.csv",
        "data/carbon/DE_hourly.csv",
        "data/carbon/SE_hourly.csv",
        "data/carbon/PL_hourly.csv",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *text = bodies_load_sample(paths[i]);
        struct bodies bodies = table();
        struct reading reading;

        bodies.now = 1630000000;
        reading = bodies_parse(&bodies, READING_FORECAST, text);
        assert_true(bodies_level(&reading, bodies.now) > 0);
        reading_release(&reading);
        reading = bodies_parse(&bodies, READING_ACTUALS, text);
        assert_true(reading.actuals.count >= 70);
        reading_release(&reading);
        free(text);
    }
}

/* As Electricity Maps' and CarbonCast's tables have them: fuels beside the intensity.
 */
static void a_generation_mix_tells_the_renewable_share(void **state)
{
    struct bodies bodies = table();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     "datetime,carbon_intensity,coal,nat_gas,wind,solar\n"
                     "2030-05-01T10:00:00Z,300,100,100,150,50\n"
                     "2030-05-01T11:00:00Z,200,,100,-5,300\n");
    int64_t level;

    (void)state;
    assert_int_equal(300000, bodies_level(&reading, hour));
    assert_int_equal(0, series_level(reading.forecast->renewable, hour, &level, NULL));
    assert_int_equal(500, level);
    assert_int_equal(
        0, series_level(reading.forecast->renewable, hour + HOUR, &level, NULL));
    assert_int_equal(750, level);
    reading_release(&reading);
}

static void a_mix_alone_tells_the_intensity_by_the_factors_of_the_signal(void **state)
{
    static const char mixes[] = "datetime,coal,wind\n"
                                "2030-05-01T10:00:00Z,100,300\n"
                                "2030-05-01T11:00:00Z,0,1\n";
    struct bodies bodies = table();
    struct reading reading;

    (void)state;
    bodies.settings.signal = SIGNAL_AVERAGE_LIFECYCLE;
    reading = bodies_parse(&bodies, READING_FORECAST, mixes);
    assert_int_equal(213250, bodies_level(&reading, hour));
    assert_int_equal(11000, bodies_level(&reading, hour + HOUR));
    reading_release(&reading);
    bodies.settings.signal = SIGNAL_MARGINAL_DIRECT;
    bodies_refuse(&bodies, READING_FORECAST, mixes, ERROR_MISSING, "no forecast");
    bodies_refuse(&bodies, READING_FORECAST,
                  "datetime,coal\n2030-05-01T10:00:00Z,lots\n", ERROR_INVALID,
                  "line 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_zone_takes_its_place_in_the_path),
        cmocka_unit_test(a_zone_cannot_lead_to_another_directory),
        cmocka_unit_test(a_path_must_be_there_and_fit),
        cmocka_unit_test(a_table_gives_a_forecast_from_now_on),
        cmocka_unit_test(a_table_gives_actuals_of_the_past),
        cmocka_unit_test(a_generation_mix_tells_the_renewable_share),
        cmocka_unit_test(a_mix_alone_tells_the_intensity_by_the_factors_of_the_signal),
        cmocka_unit_test(tables_come_in_many_forms),
        cmocka_unit_test(actuals_have_their_own_column_or_array),
        cmocka_unit_test(an_empty_figure_is_a_gap),
        cmocka_unit_test(bad_tables_are_refused_by_line),
        cmocka_unit_test(a_table_with_too_many_columns_is_refused),
        cmocka_unit_test(a_table_without_what_was_asked_for_is_missing_it),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(published_tables_are_read),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}

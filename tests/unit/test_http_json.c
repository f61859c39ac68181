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
#include "grid/providers/json_path.h"

static struct bodies make_bodies(void)
{
    struct bodies bodies = {
        .provider = &http_json_provider,
        .settings = bodies_settings("own"),
        .zone = "LAB",
        .content_type = "application/json",
        .now = now,
    };

    bodies.settings.url = "https://grid.example/{zone}?from={from}&to={to}";
    bodies.settings.json_time = "datetime";
    bodies.settings.json_value = "carbon_intensity";
    bodies.settings.unit = "g/kWh";
    return bodies;
}

static void the_zone_and_the_period_stand_in_the_address(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;

    (void)state;
    bodies.settings.secret = "s3cret";
    assert_int_equal(0,
                     http_json_provider.request(&bodies.settings, "LAB",
                                                READING_FORECAST, now, &request, NULL));
    assert_string_equal("https://grid.example/LAB?from=2030-05-01T10:00Z"
                        "&to=2030-05-05T10:00Z",
                        request.target);
    assert_string_equal("Authorization: Bearer s3cret", request.secret_header);
    bodies.settings.actuals_url = "https://past.example/{zone}/{zone}";
    bodies.settings.token_header = "X-Api-Key";
    bodies.settings.region = "R2";
    assert_int_equal(0,
                     http_json_provider.request(&bodies.settings, "LAB",
                                                READING_ACTUALS, now, &request, NULL));
    assert_string_equal("https://past.example/R2/R2", request.target);
    assert_string_equal("X-Api-Key: s3cret", request.secret_header);
}

static void settings_that_do_not_fit_are_named(void **state)
{
    static const struct {
        const char *url, *points, *time, *value, *field;
    } cases[] = {
        {"", "", "t", "v", "url"},
        {"file:///etc/passwd", "", "t", "v", "url"},
        {"http://x/{form}", "", "t", "v", "url"},
        {"http://x", "a..b", "t", "v", "json_points"},
        {"http://x", "a[", "t", "v", "json_points"},
        {"http://x", "", "", "v", "json_time"},
        {"http://x", "", "t", "", "json_value"},
        {"http://x", "", "t", "v]", "json_value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bodies bodies = make_bodies();
        struct provider_request request;
        struct error err = {0};

        bodies.settings.url = cases[i].url;
        bodies.settings.json_points = cases[i].points;
        bodies.settings.json_time = cases[i].time;
        bodies.settings.json_value = cases[i].value;
        assert_int_equal(-1, http_json_provider.request(&bodies.settings, "LAB",
                                                        READING_FORECAST, now, &request,
                                                        &err));
        assert_string_equal(cases[i].field, err.field);
    }
}

static void points_are_found_by_their_paths(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading;
    int64_t level;

    (void)state;
    bodies.settings.json_points = "data[1].points";
    bodies.settings.json_time = "when";
    bodies.settings.json_value = "[\"carbon intensity\"].g";
    bodies.settings.json_renewable = "green";
    reading = bodies_parse(
        &bodies, READING_FORECAST,
        "{\"data\":[{},{\"points\":[{\"when\":\"2030-05-01T10:00:00Z\","
        "\"carbon intensity\":{\"g\":120.5},\"green\":40},"
        "{\"when\":\"2030-05-01T11:00:00Z\",\"carbon intensity\":{\"g\":null}},"
        "{\"when\":\"2030-05-01T12:00:00Z\",\"carbon intensity\":{\"g\":90},"
        "\"green\":50}]}]}");
    assert_int_equal(120500, bodies_level(&reading, hour));
    assert_int_equal(G_PER_KWH(90), bodies_level(&reading, hour + 2 * HOUR));
    assert_int_equal(0, series_level(reading.forecast->renewable, hour, &level, NULL));
    assert_int_equal(400, level);
    reading_release(&reading);
}

static void columns_may_stand_side_by_side(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading;

    (void)state;
    bodies.settings.json_time = "unix_seconds";
    bodies.settings.json_value = "co2.eq";
    reading = bodies_parse(&bodies, READING_FORECAST,
                           "{\"unix_seconds\":[1903860000,1903863600],"
                           "\"co2\":{\"eq\":[1,2]}}");
    assert_int_equal(G_PER_KWH(2), bodies_level(&reading, hour + HOUR));
    reading_release(&reading);
    bodies_refuse(&bodies, READING_FORECAST,
                  "{\"unix_seconds\":[1903860000,1903863600],\"co2\":{\"eq\":[1]}}",
                  ERROR_INVALID, "array of 2 items");
}

static void milliseconds_are_told_from_seconds(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading =
        bodies_parse(&bodies, READING_FORECAST,
                     "[{\"datetime\":1903860000000,\"carbon_intensity\":7},"
                     "{\"datetime\":1903863600000,\"carbon_intensity\":8}]");

    (void)state;
    assert_int_equal(G_PER_KWH(7), bodies_level(&reading, hour));
    reading_release(&reading);
}

/* In local time an hour comes twice in October and one is left out in March. */
static void nights_of_the_clock_change_are_whole(void **state)
{
    static const struct {
        const char *now;
        const char *body;
    } nights[] = {
        {"2030-10-27T00:10:00Z",
         "[{\"datetime\":\"2030-10-27T02:00:00+02:00\",\"carbon_intensity\":1},"
         "{\"datetime\":\"2030-10-27T02:00:00+01:00\",\"carbon_intensity\":2},"
         "{\"datetime\":\"2030-10-27T03:00:00+01:00\",\"carbon_intensity\":3}]"},
        {"2030-03-31T00:10:00Z",
         "[{\"datetime\":\"2030-03-31T01:00:00+01:00\",\"carbon_intensity\":1},"
         "{\"datetime\":\"2030-03-31T03:00:00+02:00\",\"carbon_intensity\":2},"
         "{\"datetime\":\"2030-03-31T04:00:00+02:00\",\"carbon_intensity\":3}]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(nights) / sizeof(nights[0]); i++) {
        struct bodies bodies = make_bodies();
        struct reading reading;
        instant first;

        assert_int_equal(0, instant_parse(nights[i].now, &bodies.now, NULL));
        first = bodies.now - 10 * MINUTE;
        reading = bodies_parse(&bodies, READING_FORECAST, nights[i].body);
        for (int hours = 0; hours < 3; hours++)
            assert_int_equal(G_PER_KWH(hours + 1),
                             bodies_level(&reading, first + hours * HOUR));
        reading_release(&reading);
    }
}

static void units_are_converted(void **state)
{
    static const struct {
        const char *unit;
        const char *value;
        int64_t level;
    } cases[] = {
        {"g/kWh", "100", 100000},
        {"kg/MWh", "100", 100000},
        {"lb/MWh", "1000", 453592},
        {"kg/kWh", "0.25", 250000},
        {"", "1", 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bodies bodies = make_bodies();
        struct reading reading;
        char body[300];

        bodies.settings.unit = cases[i].unit;
        snprintf(body, sizeof(body),
                 "[{\"datetime\":1903860000,\"carbon_intensity\":%s},"
                 "{\"datetime\":1903863600,\"carbon_intensity\":0}]",
                 cases[i].value);
        reading = bodies_parse(&bodies, READING_FORECAST, body);
        assert_int_equal(cases[i].level, bodies_level(&reading, hour));
        reading_release(&reading);
    }
}

static void bodies_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } cases[] = {
        {"{}", "json_points leads neither"},
        {"[{\"carbon_intensity\":1}]", "not a time"},
        {"[{\"datetime\":1903860000,\"carbon_intensity\":\"1\"}]", "not a number"},
        {"[{\"datetime\":1903860000,\"carbon_intensity\":-1}]", "not from 0"},
        {"[{\"datetime\":1903860000,\"carbon_intensity\":1}]", "single point"},
        {"[{\"datetime\":-5,\"carbon_intensity\":1}]", "1970"},
        {"[5,6]", "not a time"},
        {"[{\"datetime\":\"2030-05-01 10:00:00\",\"carbon_intensity\":1}]", "no zone"},
        {"[{\"datetime\":1903860000,\"g\":1},{\"datetime\":1903863600,\"g\":1}]",
         "json_value leads to nothing"},
    };
    struct bodies bodies = make_bodies();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bodies_refuse(&bodies, READING_FORECAST, cases[i].body, ERROR_INVALID,
                      cases[i].why);
    bodies_refuse_nonsense(&bodies);
}

static void a_path_that_goes_wrong_tells_where(void **state)
{
    static const struct {
        const char *path;
        const char *where; /* NULL: it is good */
    } cases[] = {
        {"", NULL},
        {"a", NULL},
        {"a.b[3].c", NULL},
        {"[0]", NULL},
        {"[\"a b\"].c", NULL},
        {".a", "character 1"},
        {"a.", "character 2"},
        {"a[x]", "character 2"},
        {"a[1", "character 2"},
        {"a b", "character 2"},
        {"a[\"b]", "character 2"},
        {"a[1234567]", "character 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        int status = json_path_check(cases[i].path, &err);

        assert_int_equal(cases[i].where ? -1 : 0, status);
        if (cases[i].where)
            assert_non_null(strstr(err.text, cases[i].where));
    }
}

static void a_refused_token_is_told_with_its_settings(void **state)
{
    const struct provider_body body = {"", 0, ""};
    struct bodies bodies = make_bodies();
    char told[300];

    (void)state;
    http_json_provider.explain(&bodies.settings, "LAB", 401, &body, told, sizeof(told));
    assert_non_null(strstr(told, "set token_file"));
    bodies.settings.secret = "x";
    http_json_provider.explain(&bodies.settings, "LAB", 403, &body, told, sizeof(told));
    assert_non_null(strstr(told, "token_header"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_zone_and_the_period_stand_in_the_address),
        cmocka_unit_test(settings_that_do_not_fit_are_named),
        cmocka_unit_test(points_are_found_by_their_paths),
        cmocka_unit_test(columns_may_stand_side_by_side),
        cmocka_unit_test(milliseconds_are_told_from_seconds),
        cmocka_unit_test(nights_of_the_clock_change_are_whole),
        cmocka_unit_test(units_are_converted),
        cmocka_unit_test(bodies_of_another_form_are_refused),
        cmocka_unit_test(a_path_that_goes_wrong_tells_where),
        cmocka_unit_test(a_refused_token_is_told_with_its_settings),
    };

    return cmocka_run_group_tests_name("http_json", tests, NULL, NULL);
}

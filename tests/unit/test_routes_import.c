/* SPDX-License-Identifier: MIT */
#include "base/time.h"
#include "tests/support/api.h"

/* The world stands at 2026-01-01T00:00:00Z. Of a provider that nobody asks. */
#define ORIGIN "\"provider\": \"meter\", \"signal\": \"average/direct\", "
#define POINT(begins, ends, g)                                                         \
    "{\"begins\": \"" begins "\", \"ends\": \"" ends "\", \"g\": " g "}"
#define HOUR_1 POINT("2025-12-31T20:00:00Z", "2025-12-31T21:00:00Z", "231.5")
#define HOUR_2 POINT("2025-12-31T21:00:00Z", "2025-12-31T22:00:00Z", "204")

static void what_was_measured_is_stored_and_revised(void **state)
{
    struct api *api = *state;
    struct actuals actuals = {0};

    assert_int_equal(api_ask(api, "POST", "/v1/zones/GB/actuals",
                             "{" ORIGIN "\"points\": [" HOUR_1 ", " HOUR_2 "]}"),
                     200);
    assert_int_equal(2, api_number(api, "points"));
    assert_int_equal(api_ask(api, "POST", "/v1/zones/GB/actuals",
                             "{" ORIGIN "\"points\": [" HOUR_2 "]}"),
                     200);
    assert_int_equal(0, archive_load_actuals(api->world->reader, "GB", "meter",
                                             WORLD_START - 4 * HOUR,
                                             WORLD_START - 2 * HOUR, &actuals, NULL));
    assert_int_equal(2, actuals.count);
    assert_int_equal(231500, actuals.items[0].level);
    assert_int_equal(204000, actuals.items[1].level);
    actuals_release(&actuals);
}

static void what_was_forecast_is_stored_once(void **state)
{
    static const char body[] =
        "{" ORIGIN "\"forecasts\": [{\"issued\": "
        "\"2025-12-31T20:00:00Z\", \"points\": [" HOUR_1 ", " HOUR_2 "]}]}";
    struct api *api = *state;
    struct forecast *forecast;

    for (int i = 0; i < 2; i++)
        assert_int_equal(api_ask(api, "POST", "/v1/zones/GB/forecasts", body), 200);
    forecast =
        archive_find_forecast(api->world->reader, "GB", WORLD_START - 4 * HOUR, NULL);
    assert_non_null(forecast);
    assert_string_equal("meter", forecast->provider);
    assert_int_equal(WORLD_START - 4 * HOUR, forecast->issued);
    assert_int_equal(2, series_count(forecast->intensity));
    forecast_destroy(forecast);
}

static void what_cannot_be_is_refused_whole(void **state)
{
    static const struct {
        const char *what;
        const char *body;
        const char *field;
        int status;
    } cases[] = {
        {"GB/actuals", "[]", "", 400},
        {"GB/actuals", "{\"signal\": \"average/direct\", \"points\": [" HOUR_1 "]}",
         "provider", 400},
        {"GB/actuals",
         "{\"provider\": \"blend\", \"signal\": \"average/direct\", "
         "\"points\": [" HOUR_1 "]}",
         "provider", 400},
        {"GB/actuals", "{\"provider\": \"meter\", \"points\": [" HOUR_1 "]}", "signal",
         400},
        {"GB/actuals", "{" ORIGIN "\"points\": []}", "points", 400},
        {"GB/actuals", "{" ORIGIN "\"points\": [" HOUR_2 ", " HOUR_1 "]}", "begins",
         400},
        {"GB/actuals", "{" ORIGIN "\"points\": [" HOUR_1 ", " HOUR_1 "]}", "begins",
         400},
        {"GB/actuals",
         "{" ORIGIN "\"points\": [" POINT("2025-12-31T20:00:00Z",
                                          "2025-12-31T22:00:00Z", "1") "]}",
         "begins", 400},
        {"GB/actuals",
         "{" ORIGIN "\"points\": [" POINT("2026-01-01T00:00:00Z",
                                          "2026-01-01T01:00:00Z", "1") "]}",
         "ends", 400},
        {"GB/actuals",
         "{" ORIGIN "\"points\": [" POINT("2025-12-31T20:00:00Z",
                                          "2025-12-31T21:00:00Z", "4000") "]}",
         "g", 400},
        {"GB/actuals",
         "{" ORIGIN
         "\"points\": [" POINT("yesterday", "2025-12-31T21:00:00Z", "1") "]}",
         "begins", 400},
        {"GB/forecasts", "{" ORIGIN "\"forecasts\": []}", "forecasts", 400},
        {"GB/forecasts",
         "{" ORIGIN "\"forecasts\": [{\"issued\": \"2026-01-01T01:00:00Z\", "
         "\"points\": [" HOUR_1 "]}]}",
         "issued", 400},
        {"FR/actuals", "{" ORIGIN "\"points\": [" HOUR_1 "]}", "", 404},
    };
    struct api *api = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[64];

        snprintf(target, sizeof(target), "/v1/zones/%s", cases[i].what);
        if (api_ask(api, "POST", target, cases[i].body) != cases[i].status)
            fail_msg("case %zu: %s", i, api->body.bytes);
        if (cases[i].field[0])
            assert_string_equal(cases[i].field, api_text(api, "error.field"));
    }
}

static void the_skill_of_a_zone_is_told_by_day_of_lead(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "GET", "/v1/zones/GB/skill", ""), 200);
    assert_string_equal("GB", api_text(api, "zone"));
    assert_string_equal("average/direct", api_text(api, "signal"));
    assert_string_equal("made", api_text(api, "providers.0.provider"));
    assert_int_equal(4, json_array_size(api_at(api, "providers.0.days")));
    assert_true(json_is_null(api_at(api, "providers.0.days.0.blend.mape_percent")));
    assert_string_equal("history", api_text(api, "providers.1.provider"));
    assert_int_equal(api_ask(api, "GET", "/v1/zones/FR/skill", ""), 404);
}

static void a_zone_says_on_which_rung_it_stands(void **state)
{
    struct api *api = *state;

    do
        assert_int_equal(api_ask(api, "GET", "/v1/zones", ""), 200);
    while (strcmp(api_text(api, "zones.0.rung"), "live") != 0);
    assert_string_equal("average/direct", api_text(api, "zones.0.planned_by"));
    assert_true(json_is_false(api_at(api, "zones.0.blended")));
    assert_true(json_is_null(api_at(api, "zones.0.sources.0.held_until")));
    assert_int_equal(api_ask(api, "GET", "/metrics", ""), 200);
    assert_non_null(strstr(api->body.bytes,
                           "penstock_forecast_rung{zone=\"GB\",rung=\"live\"} 1\n"));
    assert_non_null(
        strstr(api->body.bytes, "penstock_provider_held{provider=\"made\"} 0\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, api_set_up, api_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_measured_is_stored_and_revised),
        TEST(what_was_forecast_is_stored_once),
        TEST(what_cannot_be_is_refused_whole),
        TEST(the_skill_of_a_zone_is_told_by_day_of_lead),
        TEST(a_zone_says_on_which_rung_it_stands),
    };

    return cmocka_run_group_tests_name("routes import", tests, NULL, NULL);
}

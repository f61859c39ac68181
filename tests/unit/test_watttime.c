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
        .provider = &watttime_provider,
        .settings = bodies_settings("wt"),
        .zone = "CAISO_NORTH",
        .content_type = "application/json",
        .now = now,
    };

    bodies.settings.signal = SIGNAL_MARGINAL_DIRECT;
    bodies.settings.user = "ada";
    bodies.settings.secret = "open sesame";
    return bodies;
}

#define ROW(time, value)                                                               \
    "{\"point_time\":\"2030-05-01T" time ":00Z\",\"value\":" value "}"
#define META(units, region, type)                                                      \
    "\"meta\":{\"data_point_period_seconds\":300,\"region\":\"" region                 \
    "\",\"signal_type\":\"" type "\",\"units\":\"" units                               \
    "\",\"generated_at\":\"2030-05-01T10:05:00Z\","                                    \
    "\"warnings\":[{\"type\":\"X\",\"message\":\"Y\"}]}"
#define USUAL            META("lbs_co2_per_mwh", "CAISO_NORTH", "co2_moer")
#define BODY(rows, meta) "{\"data\":[" rows "]," meta "}"

static void a_login_bears_user_and_password_in_base64(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;

    (void)state;
    assert_int_equal(
        0, watttime_provider.request_session(&bodies.settings, &request, NULL));
    assert_string_equal("https://api.watttime.org/login", request.target);
    assert_string_equal("Authorization: Basic YWRhOm9wZW4gc2VzYW1l",
                        request.secret_header);
}

static void users_that_cannot_log_in_are_named(void **state)
{
    static const char *const users[] = {"", "a:b", "a\nb"};
    struct bodies bodies = make_bodies();

    (void)state;
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        struct provider_request request;
        struct error err = {0};

        bodies.settings.user = users[i];
        assert_int_equal(
            -1, watttime_provider.request_session(&bodies.settings, &request, &err));
        assert_string_equal("user", err.field);
    }
}

static int parse_session(const char *text, struct provider_session *session,
                         struct error *err)
{
    struct bodies bodies = make_bodies();
    const struct provider_body body = {text, strlen(text), "application/json"};

    return watttime_provider.parse_session(&bodies.settings, &body, now, session, err);
}

static void a_session_is_renewed_before_it_ends(void **state)
{
    struct provider_session session;

    (void)state;
    assert_int_equal(0, parse_session("{\"token\":\"ey.J-_x\"}", &session, NULL));
    assert_string_equal("ey.J-_x", session.token);
    assert_int_equal(now + 25 * MINUTE, session.expires);
}

static void a_login_without_a_good_token_is_refused(void **state)
{
    static const char *const bodies[] = {"{}",
                                         "[]",
                                         "{\"token\":5}",
                                         "{\"token\":\"\"}",
                                         "{\"token\":\"a b\"}",
                                         "{\"token\":\"a\\r\\nX: y\"}",
                                         "token"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct provider_session session;
        struct error err = {0};

        assert_int_equal(-1, parse_session(bodies[i], &session, &err));
        assert_int_equal(ERROR_INVALID, err.code);
    }
}

static void requests_bear_the_session_and_the_signal(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;

    (void)state;
    bodies.settings.session = "ey.J";
    assert_int_equal(0,
                     watttime_provider.request(&bodies.settings, "CAISO_NORTH",
                                               READING_FORECAST, now, &request, NULL));
    assert_string_equal("https://api.watttime.org/v3/forecast?region=CAISO_NORTH"
                        "&signal_type=co2_moer&horizon_hours=72",
                        request.target);
    assert_string_equal("Authorization: Bearer ey.J", request.secret_header);
    bodies.settings.signal = SIGNAL_AVERAGE_DIRECT;
    bodies.settings.region = "PJM_DC";
    assert_int_equal(0,
                     watttime_provider.request(&bodies.settings, "CAISO_NORTH",
                                               READING_ACTUALS, now, &request, NULL));
    assert_string_equal("https://api.watttime.org/v3/historical?region=PJM_DC"
                        "&signal_type=co2_aoer&start=2030-04-29T10:07:00Z"
                        "&end=2030-05-01T10:07:00Z",
                        request.target);
}

static void other_signals_and_shares_are_not_to_be_had(void **state)
{
    struct bodies bodies = make_bodies();
    struct provider_request request;
    struct error err = {0};

    (void)state;
    assert_int_equal(-1,
                     watttime_provider.request(&bodies.settings, "X", READING_RENEWABLE,
                                               now, &request, &err));
    bodies.settings.signal = SIGNAL_AVERAGE_LIFECYCLE;
    assert_int_equal(-1,
                     watttime_provider.request(&bodies.settings, "X", READING_FORECAST,
                                               now, &request, &err));
    assert_string_equal("signal", err.field);
}

static void pounds_become_grams(void **state)
{
    struct bodies bodies = make_bodies();
    struct reading reading = bodies_parse(
        &bodies, READING_FORECAST,
        BODY(ROW("10:05", "1000") "," ROW("10:10", "0") "," ROW("10:15", "null"),
             USUAL));

    (void)state;
    assert_int_equal(453592, bodies_level(&reading, hour + 5 * MINUTE));
    assert_int_equal(0, bodies_level(&reading, hour + 10 * MINUTE));
    assert_int_equal(-1, bodies_level(&reading, hour + 15 * MINUTE));
    assert_int_equal(SIGNAL_MARGINAL_DIRECT, reading.forecast->signal);
    assert_int_equal(hour + 5 * MINUTE, reading.forecast->issued);
    reading_release(&reading);
}

static void a_percentile_is_never_taken_for_an_intensity(void **state)
{
    struct bodies bodies = make_bodies();

    (void)state;
    bodies_refuse(
        &bodies, READING_FORECAST,
        BODY(ROW("10:05", "37"), META("percentile", "CAISO_NORTH", "co2_moer")),
        ERROR_INVALID, "rank");
}

static void what_was_not_asked_for_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } cases[] = {
        {BODY(ROW("10:05", "1"), META("g_per_kwh", "CAISO_NORTH", "co2_moer")),
         "units are \"g_per_kwh\""},
        {BODY(ROW("10:05", "1"), META("lbs_co2_per_mwh", "PJM_DC", "co2_moer")),
         "of the region PJM_DC"},
        {BODY(ROW("10:05", "1"), META("lbs_co2_per_mwh", "CAISO_NORTH", "co2_aoer")),
         "signal is co2_aoer"},
        {"{\"data\":[" ROW("10:05", "1") "]}", "units"},
        {BODY(ROW("10:05", "1") "," ROW("10:05", "1"), USUAL), "same time twice"},
        {BODY(ROW("10:10", "1") "," ROW("10:05", "1"), USUAL), "out of order"},
        {BODY(ROW("10:05", "9000"), USUAL), "not from 0 to 3000"},
        {BODY(ROW("10:05", "-3"), USUAL), "not from 0 to 3000"},
        {"{\"data\":5," USUAL "}", "no array"},
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
    struct bodies bodies = make_bodies();
    const struct provider_body body = {"{\"message\":\"no such region\"}", 27, ""};
    char text[300];

    (void)state;
    watttime_provider.explain(&bodies.settings, "X", 403, &body, text, sizeof(text));
    assert_non_null(strstr(text, "check user and the password"));
    bodies.settings.session = "ey.J";
    watttime_provider.explain(&bodies.settings, "X", 403, &body, text, sizeof(text));
    assert_non_null(strstr(text, "CAISO_NORTH only"));
    watttime_provider.explain(&bodies.settings, "X", 422, &body, text, sizeof(text));
    assert_non_null(strstr(text, "check region"));
    watttime_provider.explain(&bodies.settings, "X", 500, &body, text, sizeof(text));
    assert_string_equal("", text);
}

static void recorded_bodies_are_understood(void **state)
{
    char *text = bodies_load_sample("samples/watttime-v3-historical.json");
    struct bodies bodies = make_bodies();
    struct reading reading;

    (void)state;
    assert_int_equal(0, instant_parse("2022-07-15T00:10:00Z", &bodies.now, NULL));
    reading = bodies_parse(&bodies, READING_ACTUALS, text);
    assert_int_equal(2, reading.actuals.count);
    assert_int_equal(394625, reading.actuals.items[0].level);
    reading_release(&reading);
    free(text);
    text = bodies_load_sample("samples/watttime-v3-signal-index.json");
    bodies_refuse(&bodies, READING_FORECAST, text, ERROR_INVALID, "rank");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_bears_user_and_password_in_base64),
        cmocka_unit_test(users_that_cannot_log_in_are_named),
        cmocka_unit_test(a_session_is_renewed_before_it_ends),
        cmocka_unit_test(a_login_without_a_good_token_is_refused),
        cmocka_unit_test(requests_bear_the_session_and_the_signal),
        cmocka_unit_test(other_signals_and_shares_are_not_to_be_had),
        cmocka_unit_test(pounds_become_grams),
        cmocka_unit_test(a_percentile_is_never_taken_for_an_intensity),
        cmocka_unit_test(what_was_not_asked_for_is_refused),
        cmocka_unit_test(a_failure_is_told_with_what_to_do),
        cmocka_unit_test(recorded_bodies_are_understood),
    };

    return cmocka_run_group_tests_name("watttime", tests, NULL, NULL);
}

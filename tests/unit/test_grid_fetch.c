/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/grid_fetch.h"
#include "tests/support/fetching.h"

/* 2030-05-01T10:07:00Z */
static const instant now = 1903860420;

/* One row for each provider that speaks HTTP. */
static const struct service {
    const char *kind;
    const char *zone;
    const char *good;
    const char *bad[6]; /* bodies that are not to be believed */
    bool has_token;
    bool explains; /* it has words of its own for a denial */
} services[] = {
    {"neso",
     "GB",
     "{\"data\":[{\"from\":\"2030-05-01T10:00Z\",\"to\":\"2030-05-01T10:30Z\","
     "\"intensity\":{\"forecast\":120,\"actual\":null,\"index\":\"low\"}},"
     "{\"from\":\"2030-05-01T10:30Z\",\"to\":\"2030-05-01T11:00Z\","
     "\"intensity\":{\"forecast\":90,\"actual\":null,\"index\":\"low\"}}]}",
     {/* the same time twice, and what is past by our clock */
      "{\"data\":[{\"from\":\"2030-05-01T10:00Z\",\"to\":\"2030-05-01T10:30Z\","
      "\"intensity\":{\"forecast\":120}},{\"from\":\"2030-05-01T10:00Z\","
      "\"to\":\"2030-05-01T10:30Z\",\"intensity\":{\"forecast\":90}}]}",
      "{\"data\":[{\"from\":\"2030-05-01T03:00Z\",\"to\":\"2030-05-01T03:30Z\","
      "\"intensity\":{\"forecast\":120}}]}"},
     false,
     false},
    {"energy-charts",
     "DE",
     "{\"unix_seconds\":[1903860000,1903860900,1903861800],\"co2eq\":[null,null,null],"
     "\"co2eq_forecast\":[300,310,320],\"deprecated\":false}",
     {/* doubled, unsorted, nulls only, and as text */
      "{\"unix_seconds\":[1903860000,1903860000],\"co2eq_forecast\":[300,310]}",
      "{\"unix_seconds\":[1903860900,1903860000],\"co2eq_forecast\":[300,310]}",
      "{\"unix_seconds\":[1903860000,1903860900],\"co2eq_forecast\":[null,null]}",
      "{\"unix_seconds\":[1903860000,1903860900],\"co2eq_forecast\":[\"1\",\"2\"]}"},
     false,
     false},
    {"electricity-maps",
     "DE",
     "{\"zone\":\"DE\",\"temporalGranularity\":\"hourly\",\"forecast\":["
     "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"}]}",
     {/* another zone, another unit, of the sandbox, doubled */
      "{\"zone\":\"FR\",\"temporalGranularity\":\"hourly\",\"forecast\":["
      "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"}]}",
      "{\"zone\":\"DE\",\"unit\":\"lb/MWh\",\"forecast\":["
      "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"}]}",
      "{\"zone\":\"DE\",\"_disclaimer\":\"SANDBOX MODE\",\"forecast\":["
      "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"}]}",
      "{\"zone\":\"DE\",\"temporalGranularity\":\"hourly\",\"forecast\":["
      "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"},"
      "{\"carbonIntensity\":300,\"datetime\":\"2030-05-01T10:00:00Z\"}]}"},
     true,
     true},
    {"watttime",
     "CAISO_NORTH",
     "{\"data\":[{\"point_time\":\"2030-05-01T10:05:00Z\",\"value\":870}],\"meta\":{"
     "\"data_point_period_seconds\":300,\"region\":\"CAISO_NORTH\","
     "\"signal_type\":\"co2_moer\",\"units\":\"lbs_co2_per_mwh\"}}",
     {/* a percentile, another unit, another region, another signal */
      "{\"data\":[{\"point_time\":\"2030-05-01T10:05:00Z\",\"value\":37}],\"meta\":{"
      "\"data_point_period_seconds\":300,\"region\":\"CAISO_NORTH\","
      "\"signal_type\":\"co2_moer\",\"units\":\"percentile\"}}",
      "{\"data\":[{\"point_time\":\"2030-05-01T10:05:00Z\",\"value\":37}],\"meta\":{"
      "\"data_point_period_seconds\":300,\"region\":\"CAISO_NORTH\","
      "\"signal_type\":\"co2_moer\",\"units\":\"g_per_kwh\"}}",
      "{\"data\":[{\"point_time\":\"2030-05-01T10:05:00Z\",\"value\":37}],\"meta\":{"
      "\"data_point_period_seconds\":300,\"region\":\"PJM_DC\","
      "\"signal_type\":\"co2_moer\",\"units\":\"lbs_co2_per_mwh\"}}",
      "{\"data\":[{\"point_time\":\"2030-05-01T10:05:00Z\",\"value\":37}],\"meta\":{"
      "\"data_point_period_seconds\":300,\"region\":\"CAISO_NORTH\","
      "\"signal_type\":\"co2_aoer\",\"units\":\"lbs_co2_per_mwh\"}}"},
     true,
     true},
    {"carbon-aware-sdk",
     "eastus",
     "[{\"location\":\"eastus\",\"forecastData\":[{\"timestamp\":"
     "\"2030-05-01T10:05:00Z\",\"duration\":5,\"value\":300}]}]",
     {/* another location, and no figure at all */
      "[{\"location\":\"westus\",\"forecastData\":[{\"timestamp\":"
      "\"2030-05-01T10:05:00Z\",\"duration\":5,\"value\":300}]}]",
      "[{\"location\":\"eastus\",\"forecastData\":[{\"timestamp\":"
      "\"2030-05-01T10:05:00Z\",\"duration\":5,\"value\":-1}]}]"},
     false,
     true},
    {"http-json",
     "LAB",
     "[{\"datetime\":1903860000,\"carbon_intensity\":300},"
     "{\"datetime\":1903863600,\"carbon_intensity\":null},"
     "{\"datetime\":1903867200,\"carbon_intensity\":310}]",
     {"[{\"datetime\":1903860000,\"carbon_intensity\":1e9},"
      "{\"datetime\":1903863600,\"carbon_intensity\":1}]",
      "{\"error\":\"soon\"}"},
     false,
     true},
};

/* Where the token is, for those that want one. */
static char token_file[] = "/tmp/test_grid_fetch.XXXXXX";
static struct provider_session watttime_session;

static int make_token(void **state)
{
    int fd = mkstemp(token_file);

    (void)state;
    if (fd < 0 || write(fd, "t0ken\n", 6) != 6)
        return -1;
    close(fd);
    return 0;
}

static int drop_token(void **state)
{
    (void)state;
    return unlink(token_file);
}

static const char json[] = "Content-Type: application/json\r\n";

static void count_done(struct grid_fetch *fetch)
{
    ++*(int *)fetch->context;
}

static void init_fetch(struct grid_fetch *fetch, struct fetching *fetching,
                       const struct service *service, const char *url)
{
    *fetch = (struct grid_fetch){
        .loop = &fetching->loop,
        .http = fetching->http,
        .wanted = READING_FORECAST,
        .now = now,
        .on_done = count_done,
        .config = {.name = "grid", .timeout = 20},
    };
    snprintf(fetch->config.kind, sizeof(fetch->config.kind), "%s", service->kind);
    snprintf(fetch->config.url, sizeof(fetch->config.url), "%s", url);
    snprintf(fetch->zone, sizeof(fetch->zone), "%s", service->zone);
    snprintf(fetch->config.json_time, sizeof(fetch->config.json_time), "datetime");
    snprintf(fetch->config.json_value, sizeof(fetch->config.json_value),
             "carbon_intensity");
    if (!service->has_token)
        return;
    snprintf(fetch->config.token_file, sizeof(fetch->config.token_file), "%s",
             token_file);
    snprintf(fetch->config.user, sizeof(fetch->config.user), "ada");
    watttime_session = (struct provider_session){"ey.J", now + HOUR};
    fetch->session = &watttime_session;
}

/* Run it to its end, and the loop until it is idle: on_done must come exactly once. */
static void run_fetch(struct grid_fetch *fetch)
{
    static int done;

    done = 0;
    fetch->context = &done;
    grid_fetch_start(fetch);
    while (!done)
        uv_run(fetch->loop, UV_RUN_ONCE);
    uv_run(fetch->loop, UV_RUN_NOWAIT);
    assert_int_equal(1, done);
    assert_null(strstr(fetch->failure.text, "127.0.0.1"));
}

static void expect_good(struct fetching *fetching, const struct service *service)
{
    struct grid_reply reply = {.status = 200, .headers = json, .body = service->good};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct grid_fetch fetch;

    init_fetch(&fetch, fetching, service, grid_server_url(server));
    run_fetch(&fetch);
    if (fetch.failed)
        fail_msg("%s: %s", service->kind, fetch.failure.text);
    assert_non_null(fetch.reading.forecast);
    grid_fetch_release(&fetch);
    grid_server_stop(server);
}

/* A piece of a body without an end. */
static const char endless[65536];

static const struct trouble {
    const char *words; /* of the failure */
    struct grid_reply reply;
    bool refused, denied;
    duration retry_after;
    int64_t timeout; /* seconds; 0: long */
} troubles[] = {
    {.words = "token_file", .reply = {.status = 401}, .denied = true},
    {.words = "blocks this address", .reply = {.status = 403}, .denied = true},
    {.words = "404", .reply = {.status = 404}},
    {.words = "429", .reply = {.status = 429}},
    {.words = "429",
     .reply = {.status = 429, .headers = "Retry-After: 77\r\n"},
     .retry_after = 77},
    {.words = "500", .reply = {.status = 500}},
    {.words = "304", .reply = {.status = 304}},
    {.words = "imeout", .reply = {.fault = GRID_FAULT_SILENT}, .timeout = 1},
    {.words = "",
     .reply =
         {.fault = GRID_FAULT_CUT, .status = 200, .headers = json, .body = "{\"da"}},
    {.words = "body is too long",
     .reply = {.fault = GRID_FAULT_ENDLESS,
               .status = 200,
               .headers = json,
               .body = endless,
               .size = sizeof(endless)}},
    {.words = "headers are too long",
     .reply = {.fault = GRID_FAULT_HEADERS, .status = 200}},
    {.words = "redirects", .reply = {.status = 302, .headers = "Location: /again\r\n"}},
    {.words = "", .reply = {.status = 200, .headers = json}, .refused = true},
    {.words = "",
     .reply = {.status = 200,
               .headers = "Content-Type: text/html\r\n",
               .body = "<html>"},
     .refused = true},
    {.words = "", .reply = {.fault = GRID_FAULT_CLOSE}},
};

static bool is_told(const struct grid_fetch *fetch, const struct service *service,
                    const struct trouble *trouble)
{
    char status[16];

    if (strstr(fetch->failure.text, "t0ken"))
        return false;
    if (!service->explains || !trouble->denied)
        return fetch->failure.text[0] != '\0'
               && strstr(fetch->failure.text, trouble->words);
    snprintf(status, sizeof(status), "answered %d", trouble->reply.status);
    return strstr(fetch->failure.text, status) && strstr(fetch->failure.text, ": ");
}

static void expect_trouble(struct fetching *fetching, const struct service *service,
                           const struct trouble *trouble)
{
    struct grid_server *server = grid_server_start(&trouble->reply, 1);
    struct grid_fetch fetch;

    init_fetch(&fetch, fetching, service, grid_server_url(server));
    if (trouble->timeout)
        fetch.config.timeout = trouble->timeout;
    run_fetch(&fetch);
    if (!fetch.failed || fetch.refused != trouble->refused
        || fetch.denied != trouble->denied || fetch.retry_after != trouble->retry_after
        || !is_told(&fetch, service, trouble))
        fail_msg("%s, trouble %d: \"%s\", refused %d, denied %d", service->kind,
                 (int)(trouble - troubles), fetch.failure.text, fetch.refused,
                 fetch.denied);
    assert_null(fetch.reading.forecast);
    grid_fetch_release(&fetch);
    grid_server_stop(server);
}

static void each_trouble_is_told_and_the_next_fetch_is_good(void **state)
{
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        for (size_t j = 0; j < sizeof(troubles) / sizeof(troubles[0]); j++) {
            expect_trouble(*state, &services[i], &troubles[j]);
            expect_good(*state, &services[i]);
        }
}

static void each_body_that_is_not_to_be_believed_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        for (size_t j = 0; services[i].bad[j]; j++) {
            const struct trouble trouble = {
                .words = "",
                .reply = {.status = 200, .headers = json, .body = services[i].bad[j]},
                .refused = true,
            };

            expect_trouble(*state, &services[i], &trouble);
            expect_good(*state, &services[i]);
        }
}

static void no_server_and_no_tls_are_failures(void **state)
{
    struct grid_reply reply = {.fault = GRID_FAULT_PLAIN};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct grid_fetch fetch;
    char url[64];

    snprintf(url, sizeof(url), "https%s", grid_server_url(server) + 4);
    init_fetch(&fetch, *state, &services[0], url);
    run_fetch(&fetch);
    assert_true(fetch.failed);
    assert_non_null(strstr(fetch.failure.text, "TLS"));
    grid_fetch_release(&fetch);
    grid_server_stop(server);
    init_fetch(&fetch, *state, &services[0], url);
    run_fetch(&fetch);
    assert_true(fetch.failed && !fetch.refused && !fetch.denied);
    grid_fetch_release(&fetch);
}

static void what_is_unchanged_is_neither_failure_nor_reading(void **state)
{
    struct grid_reply reply = {.status = 304};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct grid_fetch fetch;

    init_fetch(&fetch, *state, &services[0], grid_server_url(server));
    snprintf(fetch.etag, sizeof(fetch.etag), "\"a\"");
    run_fetch(&fetch);
    assert_true(fetch.unchanged && !fetch.failed);
    assert_string_equal("\"a\"", fetch.etag);
    assert_null(fetch.reading.forecast);
    grid_fetch_release(&fetch);
    grid_server_stop(server);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_trouble_is_told_and_the_next_fetch_is_good),
        TEST(each_body_that_is_not_to_be_believed_is_refused),
        TEST(no_server_and_no_tls_are_failures),
        TEST(what_is_unchanged_is_neither_failure_nor_reading),
    };

    return cmocka_run_group_tests_name("grid fetch", tests, make_token, drop_token);
}

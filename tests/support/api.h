/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_API_H
#define TESTS_SUPPORT_API_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "daemon/daemon.h"
#include "daemon/driver.h"
#include "daemon/grid_watch.h"
#include "daemon/routes.h"
#include "daemon/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/http_client.h"
#include "tests/support/world.h"

/* The daemon as it is, in a world without network, wall clock and processes. */
struct api {
    struct world *world;
    struct daemon daemon;
    struct http_client client;
    struct text body;
    json_t *json; /* of the last answer; NULL: it was none */
};

static const char api_config[] = "[daemon]\n"
                                 "state_dir = %s\n"
                                 "socket = %s/socket\n"
                                 "default_queue = green\n"
                                 "[provider made]\n"
                                 "kind = synthetic\n"
                                 "[zone GB]\n"
                                 "providers = made\n"
                                 "actuals = made\n"
                                 "[pool lab]\n"
                                 "executor = local\n"
                                 "zone = GB\n"
                                 "gpus = 4\n"
                                 "cpus = 16\n"
                                 "[queue green]\n"
                                 "policy = cleanest\n"
                                 "[queue urgent]\n"
                                 "policy = immediate\n";

static inline struct config *api_make_config(const char *directory)
{
    static struct config_faults faults;
    struct config *config;
    char text[2048];

    snprintf(text, sizeof(text), api_config, directory, directory);
    config = config_parse(text, strlen(text), &faults);
    if (!config)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    return config;
}

static inline int api_set_up(void **state)
{
    struct api *api = xcalloc(1, sizeof(*api));
    struct daemon *daemon = &api->daemon;
    struct error err = {ERROR_NONE, "", ""};

    api->world = world_create();
    uv_loop_init(&daemon->loop);
    uv_loop_configure(&daemon->loop, UV_METRICS_IDLE_TIME);
    daemon->config = api_make_config(api->world->directory);
    daemon->clock = &api->world->clock.clock;
    daemon->store = api->world->store;
    daemon->reader = api->world->reader;
    daemon->engine = api->world->engine;
    daemon->serves_uid = getuid();
    snprintf(daemon->serves, sizeof(daemon->serves), "nobody else");
    daemon->writer =
        writer_start(&daemon->loop, daemon->store, driver_on_written, daemon);
    driver_start(daemon);
    daemon->grid = grid_watch_start(daemon, &err);
    if (!daemon->grid || routes_start(daemon, &err) < 0)
        fail_msg("%s", err.text);
    http_client_open(&api->client, &daemon->loop, daemon->config->daemon.socket);
    api->body = TEXT_EMPTY;
    *state = api;
    return 0;
}

static inline int api_tear_down(void **state)
{
    struct api *api = *state;
    struct daemon *daemon = &api->daemon;

    http_client_close(&api->client);
    driver_stop(daemon);
    grid_watch_stop(daemon->grid);
    writer_stop(daemon->writer);
    routes_stop(daemon);
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    routes_destroy(daemon);
    assert_int_equal(uv_loop_close(&daemon->loop), 0);
    config_destroy(daemon->config);
    world_destroy(api->world);
    text_release(&api->body);
    json_decref(api->json);
    free(api);
    return 0;
}

/* Ask, and keep what came back as JSON. Returns the status. */
static inline int api_ask(struct api *api, const char *method, const char *target,
                          const char *body)
{
    struct text request = TEXT_EMPTY;
    int status;

    text_add_format(&request,
                    "%s %s HTTP/1.1\r\nHost: p\r\nContent-Length: %zu\r\n\r\n", method,
                    target, strlen(body));
    text_add(&request, body);
    status = http_client_ask(&api->client, request.bytes, &api->body);
    text_release(&request);
    json_decref(api->json);
    api->json = json_loadb(api->body.bytes, api->body.length, 0, NULL);
    return status;
}

/* A member of the last answer, by its path: "jobs.0.id". */
static inline json_t *api_at(const struct api *api, const char *path)
{
    json_t *value = api->json;
    char word[64];

    while (value && *path) {
        size_t length = strcspn(path, ".");

        assert_true(length < sizeof(word));
        memcpy(word, path, length);
        word[length] = '\0';
        value = json_is_array(value)
                    ? json_array_get(value, (size_t)strtoul(word, NULL, 10))
                    : json_object_get(value, word);
        path += length + (path[length] == '.');
    }
    return value;
}

static inline long long api_number(const struct api *api, const char *path)
{
    assert_true(json_is_integer(api_at(api, path)));
    return json_integer_value(api_at(api, path));
}

static const char *api_text(const struct api *api, const char *path)
{
    const char *text = json_string_value(api_at(api, path));

    if (!text)
        fail_msg("no text at %s in %s", path, api->body.bytes);
    return text;
}

/* A body for POST /v1/jobs: the rest follows a comma. */
#define API_JOB(rest)                                                                  \
    "{\"command\": [\"echo\", \"hi\"], \"directory\": \"/tmp\"" rest "}"

#define API_TEST(name) cmocka_unit_test_setup_teardown(name, api_set_up, api_tear_down)

#endif

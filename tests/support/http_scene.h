/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HTTP_SCENE_H
#define TESTS_SUPPORT_HTTP_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/http_server.h"
#include "tests/support/cmocka.h"
#include "tests/support/http_client.h"

#define ECHO_BODY_MAX 100000

/* A server that answers with what it was asked, at once or when told to. */
struct scene {
    uv_loop_t loop;
    char directory[64];
    char socket[96];
    struct http_server *server;
    struct http_client client;
    bool holds;
    struct http_request *held[16];
    size_t held_count;
    uint32_t uid;
    size_t asked;
};

static inline void scene_echo(struct http_request *request)
{
    struct text body = TEXT_EMPTY;

    text_add_format(&body, "%s %s %zu ", request->method, request->target,
                    request->body_size);
    if (request->body_size < 1000)
        text_add_bytes(&body, request->body, request->body_size);
    http_answer(request, 200, "text/plain", &body);
}

static inline void scene_on_request(struct http_request *request, void *context)
{
    struct scene *scene = context;

    scene->asked++;
    scene->uid = request->uid;
    if (strcmp(request->method, "PUT") == 0)
        http_answer_wrong_method(request, "GET, POST");
    else if (scene->holds)
        scene->held[scene->held_count++] = request;
    else
        scene_echo(request);
}

static inline struct http_server *scene_serve(struct scene *scene, const char *listen,
                                              struct error *err)
{
    struct http_settings settings = {.socket = scene->socket,
                                     .listen = listen,
                                     .body_max = ECHO_BODY_MAX,
                                     .admin_group = "",
                                     .on_request = scene_on_request,
                                     .context = scene};

    return http_server_create(&scene->loop, &settings, err);
}

static inline int scene_set_up(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));

    snprintf(scene->directory, sizeof(scene->directory), "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    snprintf(scene->socket, sizeof(scene->socket), "%s/socket", scene->directory);
    uv_loop_init(&scene->loop);
    scene->server = scene_serve(scene, "", NULL);
    assert_non_null(scene->server);
    http_client_open(&scene->client, &scene->loop, scene->socket);
    *state = scene;
    return 0;
}

static inline int scene_tear_down(void **state)
{
    struct scene *scene = *state;

    http_client_close(&scene->client);
    http_server_stop(scene->server);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    http_server_destroy(scene->server);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    unlink(scene->socket);
    rmdir(scene->directory);
    free(scene);
    return 0;
}

/* Let everything happen that can happen without waiting. */
static inline void scene_settle(struct scene *scene)
{
    for (int i = 0; i < 20; i++)
        uv_run(&scene->loop, UV_RUN_NOWAIT);
}

#define SCENE_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

#endif

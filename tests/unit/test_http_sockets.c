/* SPDX-License-Identifier: MIT */
#include "daemon/http_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/support/http_scene.h"

static void a_stopping_server_answers_503_and_takes_late_answers(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;

    scene->holds = true;
    http_client_say(&scene->client, "POST /x HTTP/1.1\r\nHost: p\r\n"
                                    "Content-Length: 2\r\n\r\nhi");
    while (scene->held_count < 1)
        uv_run(&scene->loop, UV_RUN_ONCE);
    http_server_stop(scene->server);
    assert_int_equal(http_client_wait(&scene->client, &body), 503);
    assert_non_null(strstr(body.bytes, "stopping"));
    assert_true(http_is_gone(scene->held[0]));
    assert_string_equal(scene->held[0]->body, "hi");
    scene_echo(scene->held[0]);
    assert_int_equal(access(scene->socket, F_OK), -1);
    text_release(&body);
}

static void a_request_never_answered_is_freed_with_the_server(void **state)
{
    struct scene *scene = *state;

    scene->holds = true;
    http_client_say(&scene->client, "GET /x HTTP/1.1\r\nHost: p\r\n\r\n");
    while (scene->held_count < 1)
        uv_run(&scene->loop, UV_RUN_ONCE);
}

static void a_live_socket_is_not_replaced(void **state)
{
    struct scene *scene = *state;
    struct error err = {ERROR_NONE, "", ""};

    assert_null(scene_serve(scene, "", &err));
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_int_equal(
        http_client_ask(&scene->client, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
        200);
}

static void a_stale_socket_is_replaced_and_open_to_all(void **state)
{
    struct scene *scene = *state;
    struct stat found;
    char kept[128];

    /* What a daemon that was killed leaves behind: a name without a listener. */
    snprintf(kept, sizeof(kept), "%s.kept", scene->socket);
    assert_int_equal(link(scene->socket, kept), 0);
    http_server_stop(scene->server);
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    http_server_destroy(scene->server);
    assert_int_equal(rename(kept, scene->socket), 0);

    scene->server = scene_serve(scene, "", NULL);
    assert_non_null(scene->server);
    assert_int_equal(stat(scene->socket, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0666);
}

static void a_file_is_never_replaced(void **state)
{
    struct scene *scene = *state;
    struct error err = {ERROR_NONE, "", ""};
    char kept[sizeof(scene->socket)];
    FILE *file;

    memcpy(kept, scene->socket, sizeof(kept));
    snprintf(scene->socket, sizeof(scene->socket), "%s/file", scene->directory);
    file = fopen(scene->socket, "we");
    assert_non_null(file);
    fclose(file);
    assert_null(scene_serve(scene, "", &err));
    assert_int_equal(err.code, ERROR_CONFLICT);
    unlink(scene->socket);
    memcpy(scene->socket, kept, sizeof(kept));
}

/* A port that was free a moment ago. */
static int find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void over_tcp_only_our_own_host_is_served(void **state)
{
    struct scene *scene = *state;
    struct http_client tcp;
    struct text body = TEXT_EMPTY;
    int port = find_port();
    char text[128];

    http_server_stop(scene->server);
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    http_server_destroy(scene->server);
    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    scene->server = scene_serve(scene, text, NULL);
    assert_non_null(scene->server);

    http_client_open_tcp(&tcp, &scene->loop, port);
    snprintf(text, sizeof(text), "GET /a HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", port);
    assert_int_equal(http_client_ask(&tcp, text, &body), 200);
    assert_string_equal(body.bytes, "GET /a 0 ");
    assert_int_equal(scene->uid, UINT32_MAX);
    assert_int_equal(
        http_client_ask(&tcp, "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n", &body),
        403);
    assert_int_equal(scene->asked, 1);
    http_client_close(&tcp);
    text_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_stopping_server_answers_503_and_takes_late_answers),
        SCENE_TEST(a_request_never_answered_is_freed_with_the_server),
        SCENE_TEST(a_live_socket_is_not_replaced),
        SCENE_TEST(a_stale_socket_is_replaced_and_open_to_all),
        SCENE_TEST(a_file_is_never_replaced),
        SCENE_TEST(over_tcp_only_our_own_host_is_served),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

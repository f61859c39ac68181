/* SPDX-License-Identifier: MIT */
#include "daemon/http_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/http_client.h"

#define BODY_MAX 100000

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

static void echo(struct http_request *request)
{
    struct text body = TEXT_EMPTY;

    text_add_format(&body, "%s %s %zu ", request->method, request->target,
                    request->body_size);
    if (request->body_size < 1000)
        text_add_bytes(&body, request->body, request->body_size);
    http_answer(request, 200, "text/plain", &body);
}

static void on_request(struct http_request *request, void *context)
{
    struct scene *scene = context;

    scene->asked++;
    scene->uid = request->uid;
    if (strcmp(request->method, "PUT") == 0)
        http_answer_wrong_method(request, "GET, POST");
    else if (scene->holds)
        scene->held[scene->held_count++] = request;
    else
        echo(request);
}

static struct http_server *serve(struct scene *scene, const char *listen,
                                 struct error *err)
{
    struct http_settings settings = {.socket = scene->socket,
                                     .listen = listen,
                                     .body_max = BODY_MAX,
                                     .admin_group = "",
                                     .on_request = on_request,
                                     .context = scene};

    return http_server_create(&scene->loop, &settings, err);
}

static int set_up(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));

    snprintf(scene->directory, sizeof(scene->directory), "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    snprintf(scene->socket, sizeof(scene->socket), "%s/socket", scene->directory);
    uv_loop_init(&scene->loop);
    scene->server = serve(scene, "", NULL);
    assert_non_null(scene->server);
    http_client_open(&scene->client, &scene->loop, scene->socket);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
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
static void settle(struct scene *scene)
{
    for (int i = 0; i < 20; i++)
        uv_run(&scene->loop, UV_RUN_NOWAIT);
}

static void a_request_is_answered_and_the_connection_kept(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(http_client_ask(&scene->client,
                                         "GET /a?b=%20c HTTP/1.1\r\nHost: p\r\n\r\n",
                                         &body),
                         200);
        assert_string_equal(body.bytes, "GET /a?b=%20c 0 ");
    }
    assert_false(scene->client.is_closed);
    text_release(&body);
}

static void the_kernel_says_who_asks(void **state)
{
    struct scene *scene = *state;

    scene->uid = 12345;
    http_client_ask(&scene->client, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL);
    assert_int_equal(scene->uid, getuid());
}

static void requests_sent_in_one_go_are_answered_in_order(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;

    http_client_say(&scene->client, "POST /1 HTTP/1.1\r\nHost: p\r\n"
                                    "Content-Length: 3\r\n\r\nabc"
                                    "GET /2 HTTP/1.1\r\nHost: p\r\n\r\n");
    assert_int_equal(http_client_wait(&scene->client, &body), 200);
    assert_string_equal(body.bytes, "POST /1 3 abc");
    assert_int_equal(http_client_wait(&scene->client, &body), 200);
    assert_string_equal(body.bytes, "GET /2 0 ");
    text_release(&body);
}

static void a_request_may_be_answered_later(void **state)
{
    struct scene *scene = *state;
    struct http_client other;
    struct text body = TEXT_EMPTY;

    http_client_open(&other, &scene->loop, scene->socket);
    scene->holds = true;
    http_client_say(&scene->client, "POST /slow HTTP/1.1\r\nHost: p\r\n"
                                    "Content-Length: 2\r\n\r\nhi");
    settle(scene);
    assert_int_equal(scene->held_count, 1);
    assert_int_equal(scene->client.received.length, 0);

    scene->holds = false;
    assert_int_equal(
        http_client_ask(&other, "GET /quick HTTP/1.1\r\nHost: p\r\n\r\n", &body), 200);
    assert_int_equal(scene->client.received.length, 0);

    echo(scene->held[0]);
    assert_int_equal(http_client_wait(&scene->client, &body), 200);
    assert_string_equal(body.bytes, "POST /slow 2 hi");
    http_client_close(&other);
    text_release(&body);
}

static void many_held_requests_are_answered_together(void **state)
{
    struct scene *scene = *state;
    struct http_client clients[16];

    scene->holds = true;
    for (size_t i = 0; i < 16; i++) {
        http_client_open(&clients[i], &scene->loop, scene->socket);
        http_client_say(&clients[i], "GET /x HTTP/1.1\r\nHost: p\r\n\r\n");
    }
    while (scene->held_count < 16)
        uv_run(&scene->loop, UV_RUN_ONCE);
    for (size_t i = 16; i-- > 0;)
        echo(scene->held[i]);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(http_client_wait(&clients[i], NULL), 200);
        http_client_close(&clients[i]);
    }
}

static void a_body_that_says_it_is_too_long_is_refused_unread(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;

    assert_int_equal(http_client_ask(&scene->client,
                                     "POST /x HTTP/1.1\r\nHost: p\r\n"
                                     "Content-Length: 100001\r\n\r\n",
                                     &body),
                     413);
    assert_non_null(strstr(body.bytes, "\"too_large\""));
    assert_int_equal(scene->asked, 0);
    text_release(&body);
}

static void a_body_of_just_the_limit_is_taken(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;
    char *bytes = xcalloc(BODY_MAX, 1);

    http_client_say(&scene->client,
                    "POST /x HTTP/1.1\r\nHost: p\r\nContent-Length: 100000\r\n\r\n");
    http_client_send(&scene->client, bytes, BODY_MAX);
    assert_int_equal(http_client_wait(&scene->client, &body), 200);
    assert_string_equal(body.bytes, "POST /x 100000 ");
    free(bytes);
    text_release(&body);
}

static void say_chunks(struct http_client *client, size_t count)
{
    static char chunk[4096];

    memset(chunk, 'x', sizeof(chunk));
    for (size_t i = 0; i < count; i++) {
        http_client_say(client, "1000\r\n");
        http_client_send(client, chunk, sizeof(chunk));
        http_client_say(client, "\r\n");
    }
}

static void a_chunked_body_that_grows_too_long_is_refused(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;

    http_client_say(&scene->client, "POST /x HTTP/1.1\r\nHost: p\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n");
    say_chunks(&scene->client, 30);
    http_client_say(&scene->client, "0\r\n\r\n");
    assert_int_equal(http_client_wait(&scene->client, &body), 413);
    assert_non_null(strstr(body.bytes, "at most 100000 bytes"));
    assert_int_equal(scene->asked, 0);
    text_release(&body);
}

static void a_chunked_body_that_never_ends_is_cut_off(void **state)
{
    struct scene *scene = *state;

    http_client_say(&scene->client, "POST /x HTTP/1.1\r\nHost: p\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n");
    say_chunks(&scene->client, 200);
    assert_int_equal(http_client_wait(&scene->client, NULL), 0);
    assert_true(scene->client.is_closed);
}

static void a_lie_about_the_length_spoils_only_that_connection(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;
    struct http_client other;

    assert_int_equal(http_client_ask(&scene->client,
                                     "POST /x HTTP/1.1\r\nHost: p\r\n"
                                     "Content-Length: 2\r\n\r\nabcdef\r\n\r\n",
                                     &body),
                     200);
    assert_string_equal(body.bytes, "POST /x 2 ab");
    http_client_open(&other, &scene->loop, scene->socket);
    assert_int_equal(http_client_ask(&other, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
                     200);
    http_client_close(&other);
    text_release(&body);
}

static void garbage_is_refused_and_the_server_goes_on(void **state)
{
    static const char garbage[] = "\x16\x03\x01\x02\0\1\0\1\xfc\x03\x03 \r\n\r\n\r\n";
    struct scene *scene = *state;
    struct http_client other;

    http_client_send(&scene->client, garbage, sizeof(garbage));
    assert_int_not_equal(http_client_wait(&scene->client, NULL), 200);
    assert_int_equal(scene->asked, 0);
    http_client_open(&other, &scene->loop, scene->socket);
    assert_int_equal(http_client_ask(&other, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
                     200);
    http_client_close(&other);
}

static void a_request_half_sent_holds_nobody_up(void **state)
{
    struct scene *scene = *state;
    struct http_client half;

    http_client_open(&half, &scene->loop, scene->socket);
    http_client_say(&half, "POST /half HTTP/1.1\r\nHost: p\r\n"
                           "Content-Length: 1000\r\n\r\nonly this");
    settle(scene);
    assert_int_equal(
        http_client_ask(&scene->client, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
        200);
    assert_int_equal(scene->asked, 1);
    http_client_close(&half);
    settle(scene);
    assert_int_equal(scene->asked, 1);
}

static void who_goes_away_while_waiting_is_no_trouble(void **state)
{
    struct scene *scene = *state;
    struct http_client gone;

    http_client_open(&gone, &scene->loop, scene->socket);
    scene->holds = true;
    http_client_say(&gone, "GET /gone HTTP/1.1\r\nHost: p\r\n\r\n");
    while (scene->held_count < 1)
        uv_run(&scene->loop, UV_RUN_ONCE);
    http_client_close(&gone);
    settle(scene);
    echo(scene->held[0]);
    scene->holds = false;
    assert_int_equal(
        http_client_ask(&scene->client, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
        200);
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    struct scene *scene = *state;

    http_client_say(&scene->client, "PUT / HTTP/1.1\r\nHost: p\r\n\r\n");
    while (!strstr(scene->client.received.bytes, "\r\n\r\n"))
        uv_run(&scene->loop, UV_RUN_ONCE);
    assert_non_null(strstr(scene->client.received.bytes, "Allow: GET, POST\r\n"));
    assert_int_equal(http_client_wait(&scene->client, NULL), 405);
}

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
    echo(scene->held[0]);
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

    assert_null(serve(scene, "", &err));
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

    scene->server = serve(scene, "", NULL);
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
    assert_null(serve(scene, "", &err));
    assert_int_equal(err.code, ERROR_CONFLICT);
    unlink(scene->socket);
    memcpy(scene->socket, kept, sizeof(kept));
}

static void large_answers_arrive_whole(void **state)
{
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;
    struct text large = TEXT_EMPTY;

    scene->holds = true;
    http_client_say(&scene->client, "GET /x HTTP/1.1\r\nHost: p\r\n\r\n");
    while (scene->held_count < 1)
        uv_run(&scene->loop, UV_RUN_ONCE);
    for (int i = 0; i < 300000; i++)
        text_add(&large, "0123456789");
    http_answer(scene->held[0], 200, "text/plain", &large);
    assert_int_equal(http_client_wait(&scene->client, &body), 200);
    assert_int_equal(body.length, 3000000);
    text_release(&body);
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
    scene->server = serve(scene, text, NULL);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_and_the_connection_kept),
        TEST(the_kernel_says_who_asks),
        TEST(requests_sent_in_one_go_are_answered_in_order),
        TEST(a_request_may_be_answered_later),
        TEST(many_held_requests_are_answered_together),
        TEST(a_body_that_says_it_is_too_long_is_refused_unread),
        TEST(a_body_of_just_the_limit_is_taken),
        TEST(a_chunked_body_that_grows_too_long_is_refused),
        TEST(a_chunked_body_that_never_ends_is_cut_off),
        TEST(a_lie_about_the_length_spoils_only_that_connection),
        TEST(garbage_is_refused_and_the_server_goes_on),
        TEST(a_request_half_sent_holds_nobody_up),
        TEST(who_goes_away_while_waiting_is_no_trouble),
        TEST(a_wrong_method_is_told_the_right_ones),
        TEST(a_stopping_server_answers_503_and_takes_late_answers),
        TEST(a_request_never_answered_is_freed_with_the_server),
        TEST(a_live_socket_is_not_replaced),
        TEST(a_stale_socket_is_replaced_and_open_to_all),
        TEST(a_file_is_never_replaced),
        TEST(large_answers_arrive_whole),
        TEST(over_tcp_only_our_own_host_is_served),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

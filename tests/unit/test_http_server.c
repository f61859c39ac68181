/* SPDX-License-Identifier: MIT */
#include "daemon/http_server.h"

#include <signal.h>

#include "tests/support/http_scene.h"

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
    scene_settle(scene);
    assert_int_equal(scene->held_count, 1);
    assert_int_equal(scene->client.received.length, 0);

    scene->holds = false;
    assert_int_equal(
        http_client_ask(&other, "GET /quick HTTP/1.1\r\nHost: p\r\n\r\n", &body), 200);
    assert_int_equal(scene->client.received.length, 0);

    scene_echo(scene->held[0]);
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
        scene_echo(scene->held[i]);
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
    char *bytes = xcalloc(ECHO_BODY_MAX, 1);

    http_client_say(&scene->client,
                    "POST /x HTTP/1.1\r\nHost: p\r\nContent-Length: 100000\r\n\r\n");
    http_client_send(&scene->client, bytes, ECHO_BODY_MAX);
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
    scene_settle(scene);
    assert_int_equal(
        http_client_ask(&scene->client, "GET / HTTP/1.1\r\nHost: p\r\n\r\n", NULL),
        200);
    assert_int_equal(scene->asked, 1);
    http_client_close(&half);
    scene_settle(scene);
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
    scene_settle(scene);
    scene_echo(scene->held[0]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_request_is_answered_and_the_connection_kept),
        SCENE_TEST(the_kernel_says_who_asks),
        SCENE_TEST(requests_sent_in_one_go_are_answered_in_order),
        SCENE_TEST(a_request_may_be_answered_later),
        SCENE_TEST(many_held_requests_are_answered_together),
        SCENE_TEST(a_body_that_says_it_is_too_long_is_refused_unread),
        SCENE_TEST(a_body_of_just_the_limit_is_taken),
        SCENE_TEST(a_chunked_body_that_grows_too_long_is_refused),
        SCENE_TEST(a_chunked_body_that_never_ends_is_cut_off),
        SCENE_TEST(a_lie_about_the_length_spoils_only_that_connection),
        SCENE_TEST(garbage_is_refused_and_the_server_goes_on),
        SCENE_TEST(a_request_half_sent_holds_nobody_up),
        SCENE_TEST(who_goes_away_while_waiting_is_no_trouble),
        SCENE_TEST(a_wrong_method_is_told_the_right_ones),
        SCENE_TEST(large_answers_arrive_whole),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

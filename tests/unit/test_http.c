/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/fetching.h"

static void a_document_comes_whole_and_we_say_who_we_are(void **state)
{
    struct grid_reply reply = {
        .status = 200,
        .headers = "Content-Type: application/json; charset=utf-8\r\n",
        .body = "{\"data\": []}",
    };
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome = fetching_get(*state, &request);
    char head[4096];

    assert_string_equal("", outcome.error);
    assert_int_equal(200, outcome.status);
    assert_string_equal("application/json; charset=utf-8", outcome.content_type);
    assert_string_equal("{\"data\": []}", outcome.bytes);
    assert_int_equal(12, outcome.size);
    grid_server_last_request(server, head, sizeof(head));
    assert_non_null(strstr(head, "\r\nUser-Agent: penstock/test\r\n"));
    assert_non_null(strstr(head, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(head, "\r\nAccept-Encoding: gzip\r\n"));
    grid_server_stop(server);
}

static void an_answer_of_any_status_is_an_answer(void **state)
{
    struct fetched outcome =
        fetching_reply(*state, (struct grid_reply){.status = 404, .body = "no"}, 20000);

    assert_string_equal("", outcome.error);
    assert_int_equal(404, outcome.status);
    assert_string_equal("no", outcome.bytes);
    assert_string_equal("", outcome.content_type);
}

static void faults_are_errors_and_not_answers(void **state)
{
    static const struct {
        const char *name;
        struct grid_reply reply;
        int64_t timeout_ms;
    } cases[] = {
        {"silent", {.fault = GRID_FAULT_SILENT}, 100},
        {"cut", {.fault = GRID_FAULT_CUT, .status = 200, .body = "{\"da"}, 20000},
        {"endless", {.fault = GRID_FAULT_ENDLESS, .status = 200, .body = "[1,"}, 20000},
        {"headers", {.fault = GRID_FAULT_HEADERS, .status = 200}, 20000},
        {"close", {.fault = GRID_FAULT_CLOSE}, 20000},
        {"garbage", {.fault = GRID_FAULT_GARBAGE, .body = "\x16\x03\x01 hello"}, 20000},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fetched outcome =
            fetching_reply(*state, cases[i].reply, cases[i].timeout_ms);

        if (outcome.error[0] == '\0')
            fail_msg("%s: taken for an answer", cases[i].name);
        assert_null(strstr(outcome.error, "127.0.0.1"));
    }
}

static void a_body_over_the_limit_is_given_up(void **state)
{
    char body[1002];
    struct grid_reply reply = {.status = 200, .body = body};
    struct fetched outcome;

    memset(body, 'x', sizeof(body) - 1);
    body[1001] = '\0';
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_equal("the body is too long", outcome.error);
    body[1000] = '\0';
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_equal("", outcome.error);
    assert_int_equal(1000, outcome.size);
}

/* {"points": 3} */
static const char packed[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x2a\xc8\xcf\xcc\x2b\x29\x56\xb2"
    "\x52\x30\xae\x05\x00\x1d\x89\xb8\x1e\x0d\x00\x00\x00";

/* A hundred thousand NULs in 132 bytes. */
static const char bomb[132] = {
    '\x1f', '\x8b',         '\x08', 0,      0,      0,      0,      0,
    '\x02', '\x03',         '\xed', '\xc1', '\x31', '\x01', 0,      0,
    0,      '\xc2',         '\xa0', '\xf5', '\x4f', '\x6d', '\x0d', '\x0f',
    '\xa0', [121] = '\x80', '\x57', '\x03', '\x7d', '\x95', '\x11', '\xd4',
    '\xa0', '\x86',         '\x01', 0,
};

static void gzip_is_unpacked_within_the_limit(void **state)
{
    struct grid_reply reply = {
        .status = 200,
        .headers = "Content-Encoding: gzip\r\n",
        .body = packed,
        .size = sizeof(packed) - 1,
    };
    struct fetched outcome = fetching_reply(*state, reply, 20000);

    assert_string_equal("", outcome.error);
    assert_string_equal("{\"points\": 3}", outcome.bytes);
    reply.body = bomb;
    reply.size = sizeof(bomb);
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_equal("the body is too long", outcome.error);
    reply.body = "plain";
    reply.size = 0;
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_not_equal("", outcome.error);
}

static void redirects_are_followed_three_times(void **state)
{
    struct grid_reply there = {.status = 302, .headers = "Location: /there\r\n"};
    struct grid_reply replies[5] = {
        there, there, there, {.status = 200, .body = "here"}, {.status = 500}};
    struct grid_server *server = grid_server_start(replies, 5);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome = fetching_get(*state, &request);

    assert_string_equal("here", outcome.bytes);
    assert_int_equal(4, grid_server_count(server));
    grid_server_stop(server);

    outcome = fetching_reply(*state, there, 20000);
    assert_string_not_equal("", outcome.error);
}

static void other_protocols_are_refused(void **state)
{
    static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/",
                                       "gopher://127.0.0.1/", ""};

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct http_request request = fetching_request(urls[i]);
        struct fetched outcome = fetching_get(*state, &request);

        assert_string_not_equal("", outcome.error);
        assert_int_equal(0, outcome.size);
    }
}

static void a_redirect_to_another_protocol_is_refused(void **state)
{
    struct grid_reply reply = {.status = 302,
                               .headers = "Location: file:///etc/hostname\r\n"};
    struct fetched outcome = fetching_reply(*state, reply, 20000);

    assert_string_not_equal("", outcome.error);
    assert_int_equal(0, outcome.size);
}

static void retry_after_is_seconds_or_a_date_and_at_most_a_day(void **state)
{
    static const struct {
        const char *headers;
        duration least, most;
    } cases[] = {
        {NULL, 0, 0},
        {"Retry-After: 120\r\n", 120, 120},
        {"Retry-After: 9999999999\r\n", HOUR, DAY},
        {"Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", HOUR, DAY},
        {"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", 0, 0},
        {"Retry-After: soon\r\n", 0, 0},
        {"Retry-After: -5\r\n", 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct grid_reply reply = {.status = 429, .headers = cases[i].headers};
        struct fetched outcome = fetching_reply(*state, reply, 20000);

        assert_int_equal(429, outcome.status);
        assert_in_range(outcome.retry_after, cases[i].least, cases[i].most);
    }
}

static void a_port_without_a_server_is_an_error(void **state)
{
    struct grid_reply reply = {.status = 200};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request;
    struct fetched outcome;
    char url[64];

    snprintf(url, sizeof(url), "%s", grid_server_url(server));
    grid_server_stop(server);
    request = fetching_request(url);
    outcome = fetching_get(*state, &request);
    assert_string_not_equal("", outcome.error);
    assert_int_equal(0, outcome.status);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_document_comes_whole_and_we_say_who_we_are),
        TEST(an_answer_of_any_status_is_an_answer),
        TEST(faults_are_errors_and_not_answers),
        TEST(a_body_over_the_limit_is_given_up),
        TEST(gzip_is_unpacked_within_the_limit),
        TEST(redirects_are_followed_three_times),
        TEST(other_protocols_are_refused),
        TEST(a_redirect_to_another_protocol_is_refused),
        TEST(retry_after_is_seconds_or_a_date_and_at_most_a_day),
        TEST(a_port_without_a_server_is_an_error),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

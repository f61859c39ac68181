/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/fetching.h"

#define SECRET "X-Key: hush"

static void a_secret_and_an_entity_tag_are_sent_and_one_comes_back(void **state)
{
    struct grid_reply reply = {.status = 304, .headers = "ETag: W/\"b\"\r\n"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome;
    char head[4096];

    request.secret_header = SECRET;
    request.etag = "\"a\"";
    outcome = fetching_get(*state, &request);
    assert_string_equal("", outcome.error);
    assert_int_equal(304, outcome.status);
    assert_string_equal("W/\"b\"", outcome.etag);
    grid_server_last_request(server, head, sizeof(head));
    assert_non_null(strstr(head, "\r\n" SECRET "\r\n"));
    assert_non_null(strstr(head, "\r\nIf-None-Match: \"a\"\r\n"));
    grid_server_stop(server);
}

static void an_entity_tag_that_is_long_or_hostile_is_dropped(void **state)
{
    char headers[400];
    struct grid_reply reply = {.status = 200, .headers = headers};
    struct fetched outcome;

    snprintf(headers, sizeof(headers), "etag: %0*d\r\n", HTTP_ETAG_MAX, 1);
    outcome = fetching_reply(*state, reply, 20000);
    assert_int_equal(HTTP_ETAG_MAX, strlen(outcome.etag));
    snprintf(headers, sizeof(headers), "ETag: %0*d\r\n", HTTP_ETAG_MAX + 1, 1);
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_equal("", outcome.etag);
    snprintf(headers, sizeof(headers), "ETag: \"a\x1b[2J\"\r\n");
    outcome = fetching_reply(*state, reply, 20000);
    assert_string_equal("", outcome.etag);
}

static void an_entity_tag_of_a_redirect_is_not_taken(void **state)
{
    struct grid_reply replies[] = {
        {.status = 302, .headers = "ETag: \"a\"\r\nLocation: /there\r\n"},
        {.status = 200, .body = "here"},
    };
    struct grid_server *server = grid_server_start(replies, 2);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome = fetching_get(*state, &request);

    assert_string_equal("here", outcome.bytes);
    assert_string_equal("", outcome.etag);
    grid_server_stop(server);
}

static void a_secret_is_not_sent_on_by_a_redirect(void **state)
{
    struct grid_reply reply = {.status = 302, .headers = "Location: /there\r\n"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome;

    request.secret_header = SECRET;
    outcome = fetching_get(*state, &request);
    assert_string_equal(
        "it redirects, and a token is not sent on: set url to the final address",
        outcome.error);
    assert_int_equal(1, grid_server_count(server));
    grid_server_stop(server);
}

static void a_header_with_a_line_in_it_is_not_sent(void **state)
{
    struct fetching *fetching = *state;
    struct http_request request = fetching_request("http://127.0.0.1:1");
    struct error err = {0};

    request.secret_header = SECRET "\r\nX-Other: 1";
    assert_null(http_get(fetching->http, &request, on_fetched, NULL, &err));
    assert_null(strstr(err.text, "hush"));
}

static void tls_at_a_plain_server_is_told_without_its_address(void **state)
{
    struct grid_reply reply = {.fault = GRID_FAULT_PLAIN};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request;
    struct fetched outcome;
    char url[64];

    snprintf(url, sizeof(url), "https%s", grid_server_url(server) + 4);
    request = fetching_request(url);
    outcome = fetching_get(*state, &request);
    assert_non_null(strstr(outcome.error, "no TLS connection came about"));
    assert_null(strstr(outcome.error, "127.0.0.1"));
    grid_server_stop(server);
}

static void a_request_goes_through_the_proxy(void **state)
{
    struct fetching *fetching = *state;
    struct grid_reply reply = {.status = 200, .body = "by proxy"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request("http://grid.invalid/level");
    struct fetched outcome;
    char head[4096];

    http_destroy(fetching->http);
    fetching->http = http_create(&fetching->loop, "penstock/test",
                                 grid_server_url(server), "", NULL);
    outcome = fetching_get(fetching, &request);
    assert_string_equal("by proxy", outcome.bytes);
    grid_server_last_request(server, head, sizeof(head));
    assert_non_null(strstr(head, "GET http://grid.invalid/level HTTP/1.1\r\n"));
    grid_server_stop(server);
}

static void a_ca_file_that_is_none_is_told_at_the_start(void **state)
{
    struct fetching *fetching = *state;
    struct error err = {0};
    char path[] = "/tmp/test_http.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(5, write(fd, "words", 5));
    close(fd);
    assert_null(http_create(&fetching->loop, "x", "", path, &err));
    assert_non_null(strstr(err.text, "ca_file"));
    assert_non_null(strstr(err.text, path));
    unlink(path);
    assert_null(http_create(&fetching->loop, "x", "", path, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_non_null(strstr(err.text, "ca_file"));
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_and_an_entity_tag_are_sent_and_one_comes_back),
        TEST(an_entity_tag_that_is_long_or_hostile_is_dropped),
        TEST(an_entity_tag_of_a_redirect_is_not_taken),
        TEST(a_secret_is_not_sent_on_by_a_redirect),
        TEST(a_header_with_a_line_in_it_is_not_sent),
        TEST(tls_at_a_plain_server_is_told_without_its_address),
        TEST(a_request_goes_through_the_proxy),
        TEST(a_ca_file_that_is_none_is_told_at_the_start),
    };

    return cmocka_run_group_tests_name("http headers", tests, NULL, NULL);
}

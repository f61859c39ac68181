/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/fetching.h"

static const char *const secrets[] = {"X-User: ada", "X-Token: hush", NULL};

static void a_body_is_posted_as_json_with_all_secrets(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "{}"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome;
    char head[4096];

    request.method = "POST";
    request.body = "{\"begin\": 1}";
    request.secret_header = "X-Key: key";
    request.secret_headers = secrets;
    outcome = fetching_get(*state, &request);
    assert_string_equal("", outcome.error);
    assert_string_equal("{}", outcome.bytes);
    grid_server_last_request(server, head, sizeof(head));
    assert_int_equal(0, strncmp(head, "POST / HTTP/1.1\r\n", 17));
    assert_non_null(strstr(head, "\r\nX-Key: key\r\n"));
    assert_non_null(strstr(head, "\r\nX-User: ada\r\n"));
    assert_non_null(strstr(head, "\r\nX-Token: hush\r\n"));
    assert_non_null(strstr(head, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(head, "\r\nContent-Length: 12\r\n"));
    grid_server_stop(server);
}

static void a_method_without_a_body_is_sent_and_not_redirected(void **state)
{
    struct grid_reply reply = {.status = 302, .headers = "Location: /there\r\n"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched outcome;
    char head[4096];

    request.method = "DELETE";
    outcome = fetching_get(*state, &request);
    assert_int_equal(302, outcome.status);
    assert_int_equal(1, grid_server_count(server));
    grid_server_last_request(server, head, sizeof(head));
    assert_int_equal(0, strncmp(head, "DELETE / HTTP/1.1\r\n", 19));
    grid_server_stop(server);
}

static void any_secret_keeps_a_redirect_from_being_followed(void **state)
{
    struct grid_reply reply = {.status = 302, .headers = "Location: /there\r\n"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));

    request.secret_headers = secrets;
    assert_non_null(strstr(fetching_get(*state, &request).error, "it redirects"));
    assert_int_equal(1, grid_server_count(server));
    grid_server_stop(server);
}

static void a_secret_with_a_line_in_it_is_not_sent(void **state)
{
    static const char *const forged[] = {"X-User: ada\r\nX-Token: hush", NULL};
    struct fetching *fetching = *state;
    struct http_request request = fetching_request("http://127.0.0.1:1");
    struct error err = {0};

    request.secret_headers = forged;
    assert_null(http_get(fetching->http, &request, on_fetched, NULL, &err));
    assert_null(strstr(err.text, "hush"));
}

static void a_unix_socket_is_spoken_to_whatever_the_proxy(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "by socket"};
    struct fetching *fetching = *state;
    struct http_request request = fetching_request("http://localhost/level");
    char directory[] = "/tmp/test_http.XXXXXX";
    struct grid_server *server;
    char path[64];
    char head[4096];

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    server = grid_server_start_at(path, &reply, 1);
    http_destroy(fetching->http);
    fetching->http =
        http_create(&fetching->loop, "penstock/test", "http://127.0.0.1:1", "", NULL);
    request.unix_socket = path;
    assert_string_equal("by socket", fetching_get(fetching, &request).bytes);
    grid_server_last_request(server, head, sizeof(head));
    assert_int_equal(0, strncmp(head, "GET /level HTTP/1.1\r\n", 21));
    grid_server_stop(server);
    unlink(path);
    rmdir(directory);
}

static void what_is_direct_goes_through_no_proxy(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "directly"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;

    http_destroy(fetching->http);
    fetching->http =
        http_create(&fetching->loop, "penstock/test", "http://127.0.0.1:1", "", NULL);
    assert_string_not_equal("", fetching_get(fetching, &request).error);
    request.is_direct = true;
    assert_string_equal("directly", fetching_get(fetching, &request).bytes);
    grid_server_stop(server);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_is_posted_as_json_with_all_secrets),
        TEST(a_method_without_a_body_is_sent_and_not_redirected),
        TEST(any_secret_keeps_a_redirect_from_being_followed),
        TEST(a_secret_with_a_line_in_it_is_not_sent),
        TEST(a_unix_socket_is_spoken_to_whatever_the_proxy),
        TEST(what_is_direct_goes_through_no_proxy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

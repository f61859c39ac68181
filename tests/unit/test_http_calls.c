/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <unistd.h>

#include "tests/support/fetching.h"

static void a_cancelled_call_says_nothing(void **state)
{
    struct grid_reply replies[] = {{.fault = GRID_FAULT_SILENT},
                                   {.status = 200, .body = "second"}};
    struct grid_server *server = grid_server_start(replies, 2);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;
    struct fetched first = {0};
    struct fetched second;
    struct http_call *call =
        http_get(fetching->http, &request, on_fetched, &first, NULL);

    while (grid_server_count(server) == 0)
        uv_run(&fetching->loop, UV_RUN_NOWAIT);
    http_cancel(call);
    second = fetching_get(fetching, &request);
    assert_string_equal("second", second.bytes);
    assert_false(first.is_done);
    grid_server_stop(server);
}

static void many_calls_at_once_all_end(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "{}"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;
    struct fetched outcomes[40] = {{0}};

    for (size_t i = 0; i < 40; i++)
        assert_non_null(
            http_get(fetching->http, &request, on_fetched, &outcomes[i], NULL));
    for (size_t i = 0; i < 40; i++) {
        fetching_run(fetching, &outcomes[i]);
        assert_string_equal("", outcomes[i].error);
        assert_string_equal("{}", outcomes[i].bytes);
        assert_int_equal(1, outcomes[i].calls);
    }
    grid_server_stop(server);
}

static void destroying_the_service_ends_what_is_under_way(void **state)
{
    struct grid_reply reply = {.fault = GRID_FAULT_SILENT};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;
    struct fetched outcome = {0};

    http_get(fetching->http, &request, on_fetched, &outcome, NULL);
    while (grid_server_count(server) == 0)
        uv_run(&fetching->loop, UV_RUN_NOWAIT);
    http_destroy(fetching->http);
    fetching->http = NULL;
    uv_run(&fetching->loop, UV_RUN_DEFAULT);
    assert_false(outcome.is_done);
    grid_server_stop(server);
}

static void the_service_may_be_destroyed_by_an_answer(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "{}"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;
    struct fetched outcome = {.to_destroy = fetching->http};
    struct fetched other = {0};

    http_get(fetching->http, &request, on_fetched, &outcome, NULL);
    http_get(fetching->http, &request, on_fetched, &other, NULL);
    fetching_run(fetching, &outcome);
    fetching->http = NULL;
    uv_run(&fetching->loop, UV_RUN_DEFAULT);
    assert_string_equal("{}", outcome.bytes);
    grid_server_stop(server);
}

#define FALSE_WATCHES 8

static void on_false_watch(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

/*
 * The loop still watches descriptors that are closed, so that it refuses to watch
 * curl's sockets, which get the same numbers.
 */
static void a_socket_that_cannot_be_watched_fails_only_its_call(void **state)
{
    struct grid_reply reply = {.status = 200, .body = "{}"};
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetching *fetching = *state;
    uv_poll_t watches[FALSE_WATCHES];
    int pipes[FALSE_WATCHES][2];
    struct fetched outcome;

    for (size_t i = 0; i < FALSE_WATCHES; i++) {
        assert_int_equal(0, pipe(pipes[i]));
        assert_int_equal(0, uv_poll_init(&fetching->loop, &watches[i], pipes[i][0]));
        assert_int_equal(0, uv_poll_start(&watches[i], UV_READABLE, on_false_watch));
    }
    uv_run(&fetching->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < FALSE_WATCHES; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    request.timeout_ms = 100;
    outcome = fetching_get(fetching, &request);
    assert_string_equal("cannot watch its socket", outcome.error);
    for (size_t i = 0; i < FALSE_WATCHES; i++)
        uv_close((uv_handle_t *)&watches[i], NULL);
    request.timeout_ms = 20000;
    outcome = fetching_get(fetching, &request);
    assert_string_equal("", outcome.error);
    grid_server_stop(server);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cancelled_call_says_nothing),
        TEST(many_calls_at_once_all_end),
        TEST(destroying_the_service_ends_what_is_under_way),
        TEST(the_service_may_be_destroyed_by_an_answer),
        TEST(a_socket_that_cannot_be_watched_fails_only_its_call),
    };

    return cmocka_run_group_tests_name("http calls", tests, NULL, NULL);
}

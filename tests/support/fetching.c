/* SPDX-License-Identifier: MIT */
#include "tests/support/fetching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

int fetching_setup(void **state)
{
    struct fetching *fetching = calloc(1, sizeof(*fetching));

    unsetenv("http_proxy");
    unsetenv("HTTP_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    uv_loop_init(&fetching->loop);
    fetching->http = http_create(&fetching->loop, "penstock/test", "", "", NULL);
    *state = fetching;
    return fetching->http ? 0 : -1;
}

int fetching_teardown(void **state)
{
    struct fetching *fetching = *state;
    int status;

    http_destroy(fetching->http);
    uv_run(&fetching->loop, UV_RUN_DEFAULT);
    status = uv_loop_close(&fetching->loop);
    free(fetching);
    return status;
}

void on_fetched(const struct http_response *response, void *context)
{
    struct fetched *fetched = context;
    size_t kept = response->size < sizeof(fetched->bytes) ? response->size
                                                          : sizeof(fetched->bytes) - 1;

    fetched->is_done = true;
    fetched->calls++;
    fetched->status = response->status;
    fetched->retry_after = response->retry_after;
    fetched->size = response->size;
    snprintf(fetched->error, sizeof(fetched->error), "%s",
             response->error ? response->error : "");
    snprintf(fetched->content_type, sizeof(fetched->content_type), "%s",
             response->content_type);
    snprintf(fetched->etag, sizeof(fetched->etag), "%s", response->etag);
    memcpy(fetched->bytes, response->bytes, kept);
    fetched->bytes[kept] = '\0';
    assert_int_equal('\0', response->bytes[response->size]);
    http_destroy(fetched->to_destroy);
}

struct http_request fetching_request(const char *url)
{
    return (struct http_request){
        .url = url,
        .accept = "application/json",
        .timeout_ms = 20000,
        .connect_timeout_ms = 20000,
        .body_max = 1000,
    };
}

void fetching_run(struct fetching *fetching, const struct fetched *fetched)
{
    while (!fetched->is_done)
        uv_run(&fetching->loop, UV_RUN_ONCE);
}

struct fetched fetching_get(struct fetching *fetching,
                            const struct http_request *request)
{
    struct fetched fetched = {0};

    assert_non_null(http_get(fetching->http, request, on_fetched, &fetched, NULL));
    assert_false(fetched.is_done);
    fetching_run(fetching, &fetched);
    assert_int_equal(1, fetched.calls);
    return fetched;
}

struct fetched fetching_reply(struct fetching *fetching, struct grid_reply reply,
                              int64_t timeout_ms)
{
    struct grid_server *server = grid_server_start(&reply, 1);
    struct http_request request = fetching_request(grid_server_url(server));
    struct fetched fetched;

    request.timeout_ms = timeout_ms;
    fetched = fetching_get(fetching, &request);
    grid_server_stop(server);
    return fetched;
}

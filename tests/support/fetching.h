/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FETCHING_H
#define TESTS_SUPPORT_FETCHING_H

#include <stdbool.h>

#include "grid/providers/http.h"
#include "tests/support/grid_server.h"

/* A loop with an HTTP client on it, for tests: each call is run to its end. */
struct fetching {
    uv_loop_t loop;
    struct http *http;
};

/* How a call ended, copied. */
struct fetched {
    bool is_done;
    int calls;
    int status;
    char error[128];
    char content_type[64];
    char etag[300];
    duration retry_after;
    char bytes[256];
    size_t size;
    struct http *to_destroy; /* from within the callback */
};

/* For cmocka: the state is a struct fetching. The loop must end empty. */
int fetching_setup(void **state);
int fetching_teardown(void **state);

/* A request with long time-outs, and at most 1000 bytes of body. */
struct http_request fetching_request(const char *url);

/* The callback to give to http_get(), with a struct fetched as its context. */
void on_fetched(const struct http_response *response, void *context);

/* Run the loop until the call is done; its time-out is what bounds this. */
void fetching_run(struct fetching *fetching, const struct fetched *fetched);

struct fetched fetching_get(struct fetching *fetching,
                            const struct http_request *request);

/* Serve one reply, fetch it, and say how that ended. */
struct fetched fetching_reply(struct fetching *fetching, struct grid_reply reply,
                              int64_t timeout_ms);

#endif

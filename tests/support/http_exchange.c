/* SPDX-License-Identifier: MIT */
#include "tests/support/http_exchange.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"

struct call {
    struct http_call *call;
    slurm_on_response *on_response;
    void *context;
};

static void on_done(const struct http_response *response, void *context)
{
    struct call *call = context;
    const struct slurm_response answer = {
        .failure = response->error,
        .status = response->status,
        .bytes = response->bytes,
        .size = response->size,
    };

    call->on_response(&answer, call->context);
    free(call);
}

static void *send_request(struct slurm_exchange *exchange,
                          const struct slurm_request *request,
                          slurm_on_response *on_response, void *context,
                          struct error *err)
{
    const struct http_exchange *over = (struct http_exchange *)exchange;
    struct text url = TEXT_EMPTY;
    struct call *call = xcalloc(1, sizeof(*call));
    struct http_request what = {
        .accept = "application/json",
        .secret_headers = request->headers,
        .method = request->method,
        .body = request->body,
        .unix_socket = over->socket,
        .timeout_ms = request->timeout_ms,
        .connect_timeout_ms = request->timeout_ms,
        .body_max = request->body_max,
    };

    text_add_format(&url, "http://localhost%s", request->path);
    what.url = url.bytes;
    call->on_response = on_response;
    call->context = context;
    call->call = http_get(over->http, &what, on_done, call, err);
    text_release(&url);
    if (!call->call) {
        free(call);
        return NULL;
    }
    return call;
}

static void cancel(struct slurm_exchange *exchange, void *context)
{
    struct call *call = context;

    (void)exchange;
    http_cancel(call->call);
    free(call);
}

struct http_exchange http_exchange_make(struct http *http, const char *socket)
{
    return (struct http_exchange){{send_request, cancel}, http, socket};
}

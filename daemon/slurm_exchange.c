/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define UNIX_HEAD          "unix:"
#define CONNECT_TIMEOUT_MS 2000

struct lent {
    struct slurm_exchange exchange; /* first */
    struct http *http;
    char *base;   /* what a path is added to */
    char *socket; /* ""; or where to connect */
};

/* A request that is under way. */
struct exchanging {
    struct http_call *call;
    slurm_on_response *on_response;
    void *context;
};

static void on_done(const struct http_response *response, void *context)
{
    struct exchanging *exchanging = context;
    const struct slurm_response answer = {
        .failure = response->error,
        .status = response->status,
        .bytes = response->bytes,
        .size = response->size,
    };

    exchanging->on_response(&answer, exchanging->context);
    free(exchanging);
}

static void *send_request(struct slurm_exchange *exchange,
                          const struct slurm_request *request,
                          slurm_on_response *on_response, void *context,
                          struct error *err)
{
    const struct lent *lent = (const struct lent *)exchange;
    struct exchanging *exchanging = xcalloc(1, sizeof(*exchanging));
    struct text url = TEXT_EMPTY;

    text_add_format(&url, "%s%s", lent->base, request->path);
    *exchanging = (struct exchanging){NULL, on_response, context};
    exchanging->call = http_get(lent->http,
                                &(struct http_request){
                                    .url = url.bytes,
                                    .accept = "application/json",
                                    .secret_header = "",
                                    .etag = "",
                                    .secret_headers = request->headers,
                                    .method = request->method,
                                    .body = request->body,
                                    .unix_socket = lent->socket,
                                    .is_direct = true,
                                    .timeout_ms = request->timeout_ms,
                                    .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                    .body_max = request->body_max,
                                },
                                on_done, exchanging, err);
    text_release(&url);
    if (exchanging->call)
        return exchanging;
    free(exchanging);
    return NULL;
}

static void cancel(struct slurm_exchange *exchange, void *call)
{
    struct exchanging *exchanging = call;

    (void)exchange;
    http_cancel(exchanging->call);
    free(exchanging);
}

struct slurm_exchange *slurm_exchange_create(struct http *http, const char *url)
{
    struct lent *lent = xcalloc(1, sizeof(*lent));
    bool is_unix = strncmp(url, UNIX_HEAD, strlen(UNIX_HEAD)) == 0;

    lent->exchange = (struct slurm_exchange){send_request, cancel};
    lent->http = http;
    lent->base = xstrdup(is_unix ? "http://slurmrestd" : url);
    lent->socket = xstrdup(is_unix ? url + strlen(UNIX_HEAD) : "");
    return &lent->exchange;
}

void slurm_exchange_destroy(struct slurm_exchange *exchange)
{
    struct lent *lent = (struct lent *)exchange;

    if (!lent)
        return;
    free(lent->base);
    free(lent->socket);
    free(lent);
}

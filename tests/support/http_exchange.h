/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HTTP_EXCHANGE_H
#define TESTS_SUPPORT_HTTP_EXCHANGE_H

#include "grid/providers/http.h"
#include "nodes/slurm/exchange.h"

/* An exchange over the HTTP client, with a server at a Unix socket. */
struct http_exchange {
    struct slurm_exchange exchange; /* first */
    struct http *http;
    const char *socket;
};

struct http_exchange http_exchange_make(struct http *http, const char *socket);

#endif

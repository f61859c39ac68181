/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_HTTP_CALL_H
#define GRID_PROVIDERS_HTTP_CALL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/text.h"
#include "grid/providers/http.h"

/* Inside of http.c: one call of libcurl's, from its options to its answer. */

/* What holds for every call of a service. */
struct http_policy {
    char *user_agent;
    char *proxy;
    char *ca_file;
};

struct http_call {
    struct http *http;
    struct http_call *previous;
    struct http_call *next;
    CURL *easy;
    struct curl_slist *headers;
    void (*on_done)(const struct http_response *response, void *context);
    void *context;
    size_t body_max;
    size_t header_bytes;
    struct text body;
    bool bears_secret;
    char etag[HTTP_ETAG_MAX + 1]; /* of the answer */
    const char *failure;          /* in our words; NULL: what curl says */
};

/* A call that is ready to be made; NULL with ERROR_IO if libcurl has no memory. */
struct http_call *http_call_create(const struct http_policy *policy,
                                   const struct http_request *request,
                                   struct error *err);

/* How it ended; borrowed from the call. */
struct http_response http_call_response(const struct http_call *call, CURLcode result);

void http_call_free(struct http_call *call);

#endif

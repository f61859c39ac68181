/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_HTTP_SETUP_H
#define GRID_PROVIDERS_HTTP_SETUP_H

#include <curl/curl.h>

#include "grid/providers/http.h"

/* How a call is set up, and how its answer is read: for http.c alone. */

/* What holds for every call. Strings are borrowed. */
struct http_setup {
    const char *user_agent;
    const char *proxy;
    const char *ca_file;
};

/* Set a handle up for a request; the headers are to be freed after it. */
struct curl_slist *http_setup(CURL *easy, const struct http_request *request,
                              const struct http_setup *setup);

/* What a failure of curl's means, in words, with the setting that may mend it. */
const char *http_setup_explain(CURLcode result);

/*
 * Look at one line of the headers of an answer: an ETag is taken, a status line (of a
 * redirect's target, say) drops the one before.
 */
void http_setup_take_etag(const char *line, size_t length,
                          char etag[HTTP_ETAG_MAX + 1]);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_HTTP_H
#define GRID_PROVIDERS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Fetches documents over HTTP on the loop, many at a time: libcurl's multi handle
 * driven by libuv. Speaks http and https only, follows at most three redirects within
 * these, takes gzip, and bounds time and memory of every call. Errors it gives name no
 * URL, so that they can be logged whatever a URL holds.
 */
struct http;

/* One call under way. Gone when its `on_done` returns, or when it was cancelled. */
struct http_call;

struct http_request {
    const char *url;
    const char *accept; /* what Accept says; "" for anything */
    const char
        *secret_header; /* "Name: value"; with it no redirect is followed; or "" */
    const char *etag;   /* what If-None-Match says; "" for nothing */
    const char *const *secret_headers; /* more of them, NULL after the last; or NULL */
    const char *method;                /* "" or NULL for GET; so for the next two */
    const char *body;                  /* JSON to be sent */
    const char *unix_socket;           /* where to connect, whatever the URL says */
    bool is_direct;                    /* through no proxy; with a socket it is */
    int64_t timeout_ms;                /* for all of it */
    int64_t connect_timeout_ms;        /* until there is a connection */
    size_t body_max;                   /* bytes, after decompression */
};

/* All of it is borrowed until the callback returns. */
struct http_response {
    const char *error;        /* NULL when an answer came whole, of whatever status */
    int status;               /* 0 if there was none */
    const char *content_type; /* "" if it did not say */
    const char *etag;         /* "" if it did not say, or it was too long */
    duration retry_after;     /* 0 if it did not say; at most a day */
    const char *bytes;        /* ends in a NUL that `size` does not count */
    size_t size;
};

#define HTTP_RETRY_AFTER_MAX DAY
#define HTTP_ETAG_MAX        256 /* bytes of an entity tag; a longer one is dropped */
#define HTTP_REDIRECTS_MAX   3
#define HTTP_HEADERS_MAX     (64 << 10) /* bytes of headers; more ends the call */

/*
 * Start the service on a loop. `user_agent` names us ("penstock/1.0"); `proxy` is ""
 * for what the environment says (http_proxy, https_proxy, no_proxy); `ca_file` is ""
 * for the system's certificates. NULL with ERROR_IO if libcurl or the loop fail, or
 * with what is wrong with ca_file: it must be a regular file of certificates in PEM.
 */
struct http *http_create(uv_loop_t *loop, const char *user_agent, const char *proxy,
                         const char *ca_file, struct error *err);

/*
 * Cancel what is under way, without calling back, and let go of the loop. The memory
 * goes with the last close callback: run the loop until then. NULL does nothing. May be
 * called from an `on_done`.
 */
void http_destroy(struct http *http);

/*
 * GET a document, or send another request. `on_done` is called once, from the loop and
 * never from within this function, unless the call is cancelled; a URL of another
 * protocol is an error that it is told. The request is copied. NULL with ERROR_IO if
 * libcurl has no memory left, and then nothing is called.
 */
struct http_call *http_get(struct http *http, const struct http_request *request,
                           void (*on_done)(const struct http_response *response,
                                           void *context),
                           void *context, struct error *err);

/* End a call without calling back. Not from its own `on_done`. */
void http_cancel(struct http_call *call);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HTTP_CLIENT_H
#define TESTS_SUPPORT_HTTP_CLIENT_H

#include <stddef.h>
#include <uv.h>

#include "base/text.h"

/*
 * A client of one connection that lives on the loop of the server it talks to: it sends
 * bytes as they are, so that tests can send what no proper client would.
 */
struct http_client {
    uv_loop_t *loop;
    union {
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    };
    struct text received;
    char buffer[65536];
    bool is_closed; /* by the server */
};

void http_client_open(struct http_client *client, uv_loop_t *loop, const char *path);
void http_client_open_tcp(struct http_client *client, uv_loop_t *loop, int port);

/* The loop must run once more after this. */
void http_client_close(struct http_client *client);

void http_client_send(struct http_client *client, const void *bytes, size_t size);
void http_client_say(struct http_client *client, const char *text);

/*
 * Run the loop until a whole response is there or the server has closed the connection.
 * Returns its status, 0 if there is none; `body` (may be NULL) gets its body.
 */
int http_client_wait(struct http_client *client, struct text *body);

/* Say, and wait for what comes of it. */
int http_client_ask(struct http_client *client, const char *text, struct text *body);

#endif

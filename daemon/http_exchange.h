/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_HTTP_EXCHANGE_H
#define DAEMON_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "daemon/actors.h"
#include "daemon/address.h"
#include "daemon/http_server.h"

/*
 * A request on its way through the server, for http_server.c and http_exchange.c alone.
 *
 * Its connection is suspended as soon as it is whole. The loop's next turn hands it to
 * on_request, some turn has an answer for it, and the turn after that resumes the
 * connection. So what a request does is never done from within libmicrohttpd, nor
 * inside whoever answers, and a flood of requests cannot hold up a turn.
 */
enum http_stage {
    HTTP_READING,
    HTTP_WAITING,  /* whole; in server->waiting */
    HTTP_HELD,     /* on_request has it */
    HTTP_ANSWERED, /* in server->answered */
    HTTP_SENT,     /* its response is libmicrohttpd's */
};

struct http_exchange {
    struct http_request
        request; /* first, so that a pointer to it is one to the whole */
    struct http_server *server;
    struct MHD_Connection *connection; /* NULL: it is gone */
    struct MHD_Response *response;
    unsigned status;
    enum http_stage stage;
    bool is_held; /* an answer is still to be given up */
    bool has_begun;
    bool is_refused; /* its body is read to its end, and dropped */
    struct error refusal;
    char method[16];
    char *target;
    char *body;
    size_t body_room;
    size_t dropped; /* bytes */
    void *attachment;
    void (*release)(void *attachment);
    TAILQ_ENTRY(http_exchange) all;
    TAILQ_ENTRY(http_exchange) queue; /* waiting or answered */
};

TAILQ_HEAD(http_exchanges, http_exchange);

/* One of the two doors. */
struct http_listener {
    struct http_server *server;
    struct MHD_Daemon *daemon; /* NULL: not open */
    uv_poll_t poll;            /* of its epoll descriptor */
    uv_timer_t timer;          /* for its time-outs */
    bool is_public;
};

enum { HTTP_LISTENERS = 2 };

struct http_server {
    uv_loop_t *loop;
    struct http_settings settings;
    struct http_listener listeners[HTTP_LISTENERS];
    struct address address; /* of the public one */
    struct actors *actors;
    uv_idle_t turn; /* runs while there is something in a queue */
    struct http_exchanges all;
    struct http_exchanges waiting;
    struct http_exchanges answered;
    size_t body_bytes;
    char *socket;
    dev_t
        socket_device; /* which file the socket is: another may have taken its place */
    ino_t socket_file;
    bool is_stopping;
};

/* The callbacks of libmicrohttpd, with a listener as context. */
void *http_on_target(void *context, const char *target,
                     struct MHD_Connection *connection);
enum MHD_Result http_on_part(void *context, struct MHD_Connection *connection,
                             const char *path, const char *method, const char *version,
                             const char *part, size_t *part_size, void **exchange);
void http_on_completed(void *context, struct MHD_Connection *connection,
                       void **exchange, enum MHD_RequestTerminationCode code);

/* See to it that the queues are looked at in the loop's next turn. */
void http_server_poke(struct http_server *server);

/* Make the response 503 of a server that stops. */
void http_exchange_give_up(struct http_exchange *exchange);

void http_exchange_destroy(struct http_exchange *exchange);

#endif

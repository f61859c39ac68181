/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_HTTP_SERVER_H
#define DAEMON_HTTP_SERVER_H

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "scheduler/engine.h"

/*
 * HTTP/1.1 on the loop: over a Unix socket, where the kernel says who asks, and if
 * wanted over TCP, where nobody is known. It takes requests in whole, hands them to
 * one function, and sends what that answers, at once or much later.
 */
struct http_server;

/* A request, whole. It is borrowed until it is answered. */
struct http_request {
    const char *method;
    const char *target; /* path and query as sent, still encoded */
    const char *body;
    size_t body_size;
    uint32_t uid;   /* of who connected */
    bool is_public; /* came over TCP: uid says nothing */
};

/*
 * Called on the loop and never from within a function of this header, for some
 * milliseconds' worth of requests a turn. It leads to exactly one http_answer…(), from
 * within or later, on the loop.
 */
typedef void http_on_request(struct http_request *request, void *context);

struct http_settings {
    const char *socket;
    const char *listen; /* "127.0.0.1:7373"; "": no TCP */
    size_t body_max;    /* longer bodies are answered with 413 */
    const char *admin_group;
    const struct clock *clock; /* what answers are dated by; NULL: the machine's */
    http_on_request *on_request;
    void *context;
};

#define HTTP_CONNECTIONS_MAX 1024
#define HTTP_IDLE_SECONDS    60
#define HTTP_BODIES_MAX      (128 << 20) /* bytes of all bodies at a time */

/* Listen. NULL if a socket cannot be had; ERROR_CONFLICT if a daemon is there. */
struct http_server *http_server_create(uv_loop_t *loop,
                                       const struct http_settings *settings,
                                       struct error *err);

/*
 * End all connections and close the handles. Requests without an answer are told 503:
 * call this when nothing more will come of them, or somebody is told that a job was not
 * taken which was. Answers that come later go nowhere, but still have to be given up by
 * their http_answer…(), or by http_server_destroy().
 */
void http_server_stop(struct http_server *server);

/* Free it, and requests never answered; when the loop has closed the handles. */
void http_server_destroy(struct http_server *server);

/* Who a user is; actor->user is borrowed until the next call. See daemon/actors.h. */
void http_server_find_actor(struct http_server *server, uint32_t uid,
                            struct engine_actor *actor);
void http_server_set_admin_group(struct http_server *server, const char *admin_group);

/*
 * Let something live as long as the request does: it is freed when the request is
 * answered or given up. At most one for a request.
 */
void http_attach(struct http_request *request, void *memory_taken,
                 void (*release)(void *memory));

/* Whether nobody waits for the answer any more, as the server was stopped. */
bool http_is_gone(const struct http_request *request);

#define HTTP_JSON "application/json"

/* Answer with a text, which is taken; the request is no more. */
void http_answer(struct http_request *request, unsigned status, const char *type,
                 struct text *body_taken);

/* Answer with a file of `size` bytes; it is closed. */
void http_answer_file(struct http_request *request, const char *type, int fd_taken,
                      uint64_t size);

/* Answer with a failure, in the form and with the status of docs/api.md. */
void http_answer_error(struct http_request *request, const struct error *err);

/* Answer 405. `allowed`: "GET, POST". */
void http_answer_wrong_method(struct http_request *request, const char *allowed);

unsigned http_status_of(enum error_code code);

#endif

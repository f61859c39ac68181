/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "nodes/slurm/errand_queue.h"
#include "nodes/slurm/rest_text.h"

#define TOKEN_MAX     8192      /* bytes */
#define OPENAPI_MAX   (8 << 20) /* bytes; that of 22.05 has 80 000 */
#define ANSWER_MAX    (1 << 20) /* bytes */
#define STATUS_NO_URL 404
#define STATUS_OK     200

/* The steps of an errand; the first only while the version is not known. */
enum { STEP_VERSION, STEP_FIRST, STEP_RESERVATIONS };

struct rest {
    struct slurm_backend backend; /* first */
    struct errand_queue queue;
    struct slurm_exchange *exchange;
    struct slurm_backend *otherwise;
    char *user;
    char *token_file;
    int64_t list_timeout_ms;
    int64_t order_timeout_ms;
    size_t listing_max;
    int version; /* 0: not known */
};

static void finish(struct errand *errand)
{
    struct rest *rest = errand->owner;

    errand_queue_finish(&rest->queue, errand);
}

static void on_response(const struct slurm_response *response, void *context);

/* Send it with the token, of which no copy is left here. */
static void send_request(struct errand *errand, struct slurm_request *request)
{
    struct rest *rest = errand->owner;
    struct text token = TEXT_EMPTY;
    struct text user_header = TEXT_EMPTY;
    struct text token_header = TEXT_EMPTY;

    if (file_load_secret(rest->token_file, TOKEN_MAX, &token, &errand->failure) == 0) {
        const char *headers[3] = {NULL};

        text_add_format(&user_header, "X-SLURM-USER-NAME: %s", rest->user);
        text_add_format(&token_header, "X-SLURM-USER-TOKEN: %s", token.bytes);
        headers[0] = user_header.bytes;
        headers[1] = token_header.bytes;
        request->headers = headers;
        errand->call = rest->exchange->send(rest->exchange, request, on_response,
                                            errand, &errand->failure);
        explicit_bzero(token.bytes, token.length);
        explicit_bzero(token_header.bytes, token_header.length);
    }
    text_release(&token);
    text_release(&user_header);
    text_release(&token_header);
    if (!errand->call)
        finish(errand);
}

static void ask_version(struct errand *errand)
{
    const struct rest *rest = errand->owner;
    struct slurm_request request = {
        .method = "GET",
        .path = "/openapi/v3",
        .timeout_ms = rest->order_timeout_ms,
        .body_max = OPENAPI_MAX,
    };

    errand->step = STEP_VERSION;
    send_request(errand, &request);
}

static void ask_list(struct errand *errand, const char *what)
{
    const struct rest *rest = errand->owner;
    char path[64];
    struct slurm_request request = {
        .method = "GET",
        .path = path,
        .timeout_ms = rest->list_timeout_ms,
        .body_max = rest->listing_max,
    };

    snprintf(path, sizeof(path), "/slurm/v0.0.%d/%s", rest->version, what);
    send_request(errand, &request);
}

/*
 * Let the other backend have it. Its answer is this one's: the errand is over with
 * nothing to say.
 */
static void hand_over(struct errand *errand)
{
    struct rest *rest = errand->owner;

    rest->otherwise->order(rest->otherwise, &errand->order, errand->on_done,
                           errand->context);
    errand->on_done = NULL;
    finish(errand);
}

static void give_order(struct errand *errand)
{
    const struct rest *rest = errand->owner;
    struct rest_order order;
    struct slurm_request request = {
        .path = order.path,
        .timeout_ms = rest->order_timeout_ms,
        .body_max = ANSWER_MAX,
    };

    if (rest_order_format(&errand->order, rest->version, &order, &errand->failure)
        == 0) {
        request.method = order.method;
        request.body = order.body[0] != '\0' ? order.body : NULL;
        send_request(errand, &request);
    } else if (errand->failure.code == ERROR_CONFLICT && rest->otherwise) {
        hand_over(errand);
    } else {
        finish(errand);
    }
}

/* As hand_over(). */
static void ask_ended(struct errand *errand)
{
    struct rest *rest = errand->owner;

    if (rest->otherwise) {
        rest->otherwise->list_ended(rest->otherwise, errand->order.target,
                                    errand->on_jobs, errand->context);
        errand->on_jobs = NULL;
    } else {
        error_set(&errand->failure, ERROR_CONFLICT, "slurmrestd is not asked for that");
    }
    finish(errand);
}

static void begin(struct errand *errand)
{
    const struct rest *rest = errand->owner;

    if (errand->kind == ERRAND_ENDED) {
        ask_ended(errand);
        return;
    }
    if (rest->version == 0) {
        ask_version(errand);
        return;
    }
    errand->step = STEP_FIRST;
    if (errand->kind == ERRAND_ORDER)
        give_order(errand);
    else
        ask_list(errand, errand->kind == ERRAND_JOBS ? "jobs" : "nodes");
}

static void on_read(struct errand *errand)
{
    const struct rest *rest = errand->owner;

    if (errand->failure.code != ERROR_NONE || errand->kind == ERRAND_JOBS
        || errand->step == STEP_RESERVATIONS || rest->queue.is_closing) {
        finish(errand);
        return;
    }
    errand->step = STEP_RESERVATIONS;
    ask_list(errand, "reservations");
}

static void take_version(struct errand *errand, const struct slurm_response *response)
{
    struct rest *rest = errand->owner;

    if (rest_answer_check(response->bytes, response->size, response->status,
                          &errand->failure)
        == 0) {
        rest->version = rest_version_find(response->bytes, response->size);
        if (rest->version == 0)
            error_set(&errand->failure, ERROR_INVALID,
                      "slurmrestd has none of v0.0.%d to v0.0.%d of its API",
                      REST_VERSION_MIN, REST_VERSION_MAX);
    }
    if (errand->failure.code == ERROR_NONE)
        begin(errand);
    else
        finish(errand);
}

/* A list that could not be made is for a time, unless it says that we may not. */
static void fail_list(struct errand *errand, const struct slurm_response *response)
{
    if (rest_answer_check(response->bytes, response->size, response->status,
                          &errand->failure)
        == 0)
        error_set(&errand->failure, ERROR_IO, "slurmrestd answers with status %d",
                  response->status);
    else if (errand->failure.code != ERROR_FORBIDDEN)
        errand->failure.code = ERROR_UNAVAILABLE;
    finish(errand);
}

static void take_list(struct errand *errand, const struct slurm_response *response)
{
    const struct rest *rest = errand->owner;
    enum errand_document document = ERRAND_DOCUMENT_JOBS;

    if (errand->kind == ERRAND_NODES)
        document = errand->step == STEP_RESERVATIONS ? ERRAND_DOCUMENT_RESERVATIONS_JSON
                                                     : ERRAND_DOCUMENT_NODES;
    errand_read(errand, rest->queue.loop, document, response->bytes, response->size,
                on_read);
}

static void on_response(const struct slurm_response *response, void *context)
{
    struct errand *errand = context;
    struct rest *rest = errand->owner;

    errand->call = NULL;
    /* Slurm may have been upgraded: the next errand finds out. */
    if (!response->failure && response->status == STATUS_NO_URL)
        rest->version = 0;
    if (response->failure) {
        error_set(&errand->failure, ERROR_UNAVAILABLE, "slurmrestd: %s",
                  response->failure);
        finish(errand);
    } else if (errand->step == STEP_VERSION) {
        take_version(errand, response);
    } else if (errand->kind == ERRAND_ORDER) {
        rest_answer_check(response->bytes, response->size, response->status,
                          &errand->failure);
        finish(errand);
    } else if (response->status == STATUS_OK) {
        take_list(errand, response);
    } else {
        fail_list(errand, response);
    }
}

static void list_jobs(struct slurm_backend *backend, slurm_on_jobs *on_jobs,
                      void *context)
{
    struct rest *rest = (struct rest *)backend;
    struct errand *errand = errand_create(rest, ERRAND_JOBS, context);

    errand->on_jobs = on_jobs;
    errand_queue_add(&rest->queue, errand);
}

static void list_nodes(struct slurm_backend *backend, slurm_on_nodes *on_nodes,
                       void *context)
{
    struct rest *rest = (struct rest *)backend;
    struct errand *errand = errand_create(rest, ERRAND_NODES, context);

    errand->on_nodes = on_nodes;
    errand_queue_add(&rest->queue, errand);
}

static void list_ended(struct slurm_backend *backend, const char *target,
                       slurm_on_jobs *on_jobs, void *context)
{
    struct rest *rest = (struct rest *)backend;

    errand_queue_add(&rest->queue, errand_create_ended(rest, target, on_jobs, context));
}

static void order(struct slurm_backend *backend, const struct slurm_order *order,
                  slurm_on_done *on_done, void *context)
{
    struct rest *rest = (struct rest *)backend;

    errand_queue_add(&rest->queue, errand_create_order(rest, order, on_done, context));
}

static void cancel_call(struct errand *errand)
{
    const struct rest *rest = errand->owner;

    rest->exchange->cancel(rest->exchange, errand->call);
}

static void free_rest(void *owner)
{
    struct rest *rest = owner;

    free(rest->user);
    free(rest->token_file);
    free(rest);
}

static void close_rest(struct slurm_backend *backend)
{
    struct rest *rest = (struct rest *)backend;

    errand_queue_close(&rest->queue, cancel_call, free_rest, rest);
}

struct slurm_backend *slurm_rest_create(uv_loop_t *loop,
                                        struct slurm_exchange *exchange,
                                        const struct slurm_rest_settings *settings,
                                        struct error *err)
{
    struct text token = TEXT_EMPTY;
    struct rest *rest;

    if (file_load_secret(settings->token_file, TOKEN_MAX, &token, err) < 0)
        return NULL;
    explicit_bzero(token.bytes, token.length);
    text_release(&token);
    rest = xcalloc(1, sizeof(*rest));
    rest->backend = (struct slurm_backend){
        .targets_max = 1,
        .list_jobs = list_jobs,
        .list_nodes = list_nodes,
        .list_ended = list_ended,
        .order = order,
        .close = close_rest,
    };
    rest->exchange = exchange;
    rest->otherwise = settings->otherwise;
    rest->user = xstrdup(settings->user);
    rest->token_file = xstrdup(settings->token_file);
    rest->list_timeout_ms = settings->list_timeout_ms;
    rest->order_timeout_ms = settings->order_timeout_ms;
    rest->listing_max = settings->listing_max;
    errand_queue_init(&rest->queue, loop, begin);
    return &rest->backend;
}

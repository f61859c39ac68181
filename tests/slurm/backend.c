/* SPDX-License-Identifier: MIT */

/*
 * One call of a back end on the real Slurm, for backend.bats: its answer as JSON on
 * standard output, with the time it took, and the longest that the loop stood still.
 *
 *   backend jobs | nodes | release TARGET | defer TARGET TIME | requeue TARGET
 *           | cancel TARGET | signal TARGET NUMBER
 *
 * SLURM_CONF says which cluster, TIMEOUT_MS when to give up (20000). With REST_SOCKET,
 * the slurmrestd there is asked, as REST_USER with the token in REST_TOKEN.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "nodes/slurm/commands.h"
#include "nodes/slurm/rest.h"
#include "tests/support/http_exchange.h"

#define TICK_MS 5

struct call {
    uv_loop_t loop;
    uv_timer_t tick;
    int64_t began_ms;
    int64_t ticked_ms;
    int64_t gap_ms;
    struct text answer;
    struct slurm_backend *backend;
    struct http *http;
    struct http_exchange exchange;
};

static void on_tick(uv_timer_t *timer)
{
    struct call *call = timer->data;
    int64_t now_ms = monotonic_ms();

    if (now_ms - call->ticked_ms > call->gap_ms)
        call->gap_ms = now_ms - call->ticked_ms;
    call->ticked_ms = now_ms;
}

static void finish(struct call *call, const struct error *failure)
{
    text_add(&call->answer, "\"failure\": ");
    text_add_json(&call->answer, failure ? error_code_name(failure->code) : NULL);
    text_add(&call->answer, ", \"text\": ");
    text_add_json(&call->answer, failure ? failure->text : NULL);
    on_tick(&call->tick);
    printf("{%s, \"ms\": %lld, \"gap_ms\": %lld}\n", call->answer.bytes,
           (long long)(monotonic_ms() - call->began_ms), (long long)call->gap_ms);
    call->backend->close(call->backend);
    http_destroy(call->http);
    call->http = NULL;
    uv_close((uv_handle_t *)&call->tick, NULL);
}

static void add_member(struct text *text, const char *name, const char *value)
{
    text_add_format(text, "\"%s\": ", name);
    text_add_json(text, value);
    text_add(text, ", ");
}

static void add_resources(struct text *text, const char *name,
                          const struct resources *amounts)
{
    text_add_format(text, "\"%s\": [%lld, %lld, %lld]", name, (long long)amounts->gpus,
                    (long long)amounts->cpus, (long long)amounts->memory);
}

static void add_job(struct text *text, const struct slurm_job *job)
{
    text_add_format(text,
                    "{\"id\": %lld, \"array\": %lld, \"task\": %lld, \"het\": %lld, ",
                    (long long)job->job_id, (long long)job->array_id,
                    (long long)job->array_task, (long long)job->het_id);
    add_member(text, "tasks", job->array_tasks);
    add_member(text, "name", job->name);
    add_member(text, "comment", job->comment);
    add_member(text, "state", slurm_state_name(job->state));
    text_add_format(text, "\"reason\": %d, \"begin\": %lld, \"restarts\": %d, ",
                    (int)job->reason, (long long)job->begin, (int)job->restarts);
    add_resources(text, "wanted", &job->wanted);
    text_add(text, "}");
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct call *call = context;

    text_add(&call->answer, "\"jobs\": [");
    for (size_t i = 0; listing && i < listing->count; i++) {
        text_add(&call->answer, i ? ",\n" : "");
        add_job(&call->answer, &listing->jobs[i]);
    }
    text_add(&call->answer, "], ");
    finish(call, failure);
}

static void on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                     void *context)
{
    struct call *call = context;
    struct text *text = &call->answer;

    text_add(text, "\"nodes\": [");
    for (size_t i = 0; nodes && i < nodes->count; i++) {
        const struct slurm_node *node = &nodes->items[i];

        text_add(text, i ? ",\n{" : "{");
        add_member(text, "name", node->name);
        add_member(text, "partitions", node->partitions);
        add_member(text, "gpu_type", node->gpu_type);
        text_add_format(text, "\"up\": %s, ", node->is_up ? "true" : "false");
        add_resources(text, "capacity", &node->capacity);
        text_add(text, ", ");
        add_resources(text, "used", &node->used);
        text_add(text, "}");
    }
    text_add(text, "], \"reservations\": [");
    for (size_t i = 0; nodes && i < nodes->reservation_count; i++) {
        const struct slurm_reservation *reservation = &nodes->reservations[i];

        text_add(text, i ? ",\n{" : "{");
        add_member(text, "name", reservation->name);
        text_add_format(text, "\"begins\": %lld, \"ends\": %lld, ",
                        (long long)reservation->begins, (long long)reservation->ends);
        add_resources(text, "taken", &reservation->taken);
        text_add(text, "}");
    }
    text_add(text, "], ");
    finish(call, failure);
}

static void on_done(const struct error *failure, void *context)
{
    finish(context, failure);
}

/* The number in a word, or else `otherwise`. */
static int64_t number_of(const char *word, int64_t otherwise)
{
    int64_t number = otherwise;

    if (word)
        number_parse(word, 0, INSTANT_MAX, &number, NULL);
    return number;
}

static void make_rest(struct call *call, const char *socket, int64_t timeout_ms)
{
    const struct slurm_rest_settings settings = {
        .user = getenv("REST_USER"),
        .token_file = getenv("REST_TOKEN"),
        .list_timeout_ms = timeout_ms,
        .order_timeout_ms = timeout_ms,
        .listing_max = 256 << 20,
    };

    call->http = http_create(&call->loop, "penstock", "", "", NULL);
    call->exchange = http_exchange_make(call->http, socket);
    if (settings.user && settings.token_file)
        call->backend =
            slurm_rest_create(&call->loop, &call->exchange.exchange, &settings, NULL);
}

static void make(struct call *call)
{
    const char *conf = getenv("SLURM_CONF");
    const char *socket = getenv("REST_SOCKET");
    int64_t timeout_ms = number_of(getenv("TIMEOUT_MS"), 20000);
    const struct slurm_commands_settings settings = {
        .directory = "",
        .slurm_conf = conf ? conf : "",
        .list_timeout_ms = timeout_ms,
        .order_timeout_ms = timeout_ms,
        .listing_max = 256 << 20,
    };

    if (socket)
        make_rest(call, socket, timeout_ms);
    else
        call->backend = slurm_commands_create(&call->loop, &settings, NULL);
}

/* -1 for words that mean nothing. */
static int ask(struct call *call, int count, char **words)
{
    static const char *const verbs[SLURM_VERBS] = {
        [SLURM_RELEASE] = "release", [SLURM_DEFER] = "defer",
        [SLURM_REQUEUE] = "requeue", [SLURM_REQUEUE_ENDED] = "requeue-ended",
        [SLURM_CANCEL] = "cancel",   [SLURM_SIGNAL] = "signal",
    };
    struct slurm_order order = {.verb = SLURM_VERBS};

    if (count > 1 && strcmp(words[1], "jobs") == 0) {
        call->backend->list_jobs(call->backend, on_jobs, call);
        return 0;
    }
    if (count > 1 && strcmp(words[1], "nodes") == 0) {
        call->backend->list_nodes(call->backend, on_nodes, call);
        return 0;
    }
    for (int i = 0; count > 2 && i < SLURM_VERBS; i++)
        if (strcmp(words[1], verbs[i]) == 0)
            order.verb = (enum slurm_verb)i;
    if (order.verb == SLURM_VERBS)
        return -1;
    order.target = words[2];
    order.begin = number_of(words[3], 0);
    order.signal = (int)order.begin;
    call->backend->order(call->backend, &order, on_done, call);
    return 0;
}

int main(int count, char **words)
{
    struct call call = {.answer = TEXT_EMPTY, .began_ms = monotonic_ms()};

    uv_loop_init(&call.loop);
    make(&call);
    uv_timer_init(&call.loop, &call.tick);
    call.tick.data = &call;
    call.ticked_ms = call.began_ms;
    uv_timer_start(&call.tick, on_tick, TICK_MS, TICK_MS);
    if (!call.backend || ask(&call, count, words) < 0) {
        fprintf(stderr, "see the head of tests/slurm/backend.c\n");
        return 2;
    }
    uv_run(&call.loop, UV_RUN_DEFAULT);
    text_release(&call.answer);
    return uv_loop_close(&call.loop) == 0 ? 0 : 1;
}

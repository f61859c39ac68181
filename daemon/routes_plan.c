/* SPDX-License-Identifier: MIT */
#include "daemon/routes_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/gpu_tick.h"
#include "daemon/job_view.h"
#include "daemon/pool_view.h"
#include "daemon/routes_nodes.h"

#define LIMIT_STANDARD 100

/* The mean intensity that a job runs at, by the forecast that is in force. */
static void add_mean(struct text *json, const struct engine *engine, const char *zone,
                     instant start, duration length)
{
    const struct forecast *forecast = NULL;
    int64_t mean;

    for (size_t i = 0; zone && i < engine_zone_count(engine); i++)
        if (strcmp(engine_zone_name(engine, i), zone) == 0)
            forecast = engine_zone_forecast(engine, i);
    if (forecast && length > 0
        && series_mean(forecast->intensity, start, length, &mean, NULL) == 0)
        json_add_scaled(json, "g", mean, 3);
    else
        json_add_null(json, "g");
}

static void add_planned(struct text *json, const struct call *call,
                        const struct engine_job *planned)
{
    const struct engine *engine = call->daemon->engine;
    const struct job *job = planned->job;
    bool is_active = job_is_active(job);
    const struct pool *pool =
        planned->pool >= 0 ? engine_pool(engine, (size_t)planned->pool) : NULL;
    duration time = planned->time;
    const struct plan_pieces *later = planned->later;
    instant start = is_active ? job->started : planned->reservation->start;

    if (start == 0)
        start = call->now;
    json_begin_object(json, NULL);
    json_add_number(json, "id", job->id);
    routes_nodes_add_names(json, call->daemon, job->id);
    json_add_text(json, "state", job_state_name(job->state));
    json_add_text(json, "queue", planned->queue);
    json_add_number(json, "gpus", job->gpus);
    json_add_number(json, "cpus", job->cpus);
    json_add_text(json, "pool", pool ? pool->name : NULL);
    json_add_text(json, "zone", pool ? pool->zone : NULL);
    json_add_instant(json, "start", start);
    json_add_instant(json, "ends",
                     later ? later->list[later->count - 1].ends : start + time);
    json_add_instant(json, "latest_start", job_view_latest_planned(planned));
    json_add_name(json, "reason", planned->reason);
    job_view_add_pieces(json, planned);
    add_mean(json, engine, pool ? pool->zone : NULL, start, time);
    json_end_object(json);
}

static void add_bound(struct text *json, const struct engine *engine)
{
    struct plan_bound bound;
    instant made;

    if (!engine_find_bound(engine, &bound, &made)) {
        json_add_null(json, "bound");
        return;
    }
    json_begin_object(json, "bound");
    json_add_instant(json, "made", made);
    json_add_number(json, "jobs", (int64_t)bound.jobs);
    json_add_scaled(json, "gap_percent", bound.gap, 4);
    json_end_object(json);
}

void routes_plan(const struct call *call)
{
    const struct engine *engine = call->daemon->engine;
    struct error err = {ERROR_NONE, "", ""};
    struct text json = TEXT_EMPTY;
    int64_t limit = LIMIT_STANDARD;
    struct engine_job *jobs;
    size_t count;

    if (query_number(&call->query, "limit", 1, LIST_LIMIT_MAX, &limit, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    jobs = xcalloc(LIST_LIMIT_MAX, sizeof(*jobs));
    count = engine_list_plan(engine, jobs, LIST_LIMIT_MAX);
    json_begin_object(&json, NULL);
    json_add_instant(&json, "now", call->now);
    json_add_number(&json, "planned", (int64_t)engine_planned_count(engine));
    json_add_number(&json, "beyond_horizon", (int64_t)engine_beyond_count(engine));
    add_bound(&json, engine);
    pool_view_add_states(&json, call);
    json_begin_array(&json, "jobs");
    for (size_t i = 0; i < count && i < (size_t)limit; i++)
        if (call_sees(call, jobs[i].job->uid))
            add_planned(&json, call, &jobs[i]);
    json_end_array(&json);
    json_end_object(&json);
    free(jobs);
    call_answer(call, 200, &json);
}

static void answer_drain(struct call *call, bool drained, const struct error *failure)
{
    struct text json = TEXT_EMPTY;

    if (failure->code != ERROR_NONE) {
        call_fail(call, failure);
        return;
    }
    log_notice("pool %s: %s by %s", call->words.items[0],
               drained ? "drained" : "resumed", call->user);
    if (!drained)
        gpu_tick_resume(call->daemon, call->words.items[0]);
    json_begin_object(&json, NULL);
    json_add_text(&json, "pool", call->words.items[0]);
    json_add_bool(&json, "drained", drained);
    json_end_object(&json);
    call_answer(call, 200, &json);
}

static void on_drained(const struct engine_answer *answer, void *context)
{
    answer_drain(context, true, &answer->error);
}

static void on_resumed(const struct engine_answer *answer, void *context)
{
    answer_drain(context, false, &answer->error);
}

static void drain(const struct call *call, bool drained)
{
    const struct engine_drain what = {call->words.items[0], drained, ""};
    struct error err = {ERROR_NONE, "", ""};

    if (call_check_admin(call, &err) < 0
        || engine_drain(call->daemon->engine, &what, drained ? on_drained : on_resumed,
                        call_keep(call), &err)
               < 0) {
        call_fail(call, &err);
        return;
    }
    daemon_poke(call->daemon);
}

void routes_plan_drain(const struct call *call)
{
    drain(call, true);
}

void routes_plan_resume(const struct call *call)
{
    drain(call, false);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/routes_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/accounts_config.h"
#include "daemon/job_view.h"
#include "queue/job_path.h"

/* One job, with all that is known of it. */
struct subject {
    const struct call *call;
    struct job job;
    struct job_spec spec;
    char pool[33];
    struct text json;
    bool owns;      /* the caller may see its words */
    int64_t starts; /* how often its command ran */
};

static int find(const struct call *call, struct subject *subject, struct error *err)
{
    int64_t id;

    *subject = (struct subject){.call = call, .json = TEXT_EMPTY};
    if (call_job_id(call, &id, err) < 0
        || store_find_job(call->daemon->reader, id, &subject->job, &subject->spec,
                          subject->pool, err)
               < 0)
        return -1;
    /* A uid that was another's once does not open what he wrote. */
    subject->owns =
        call_owns(call, subject->job.uid)
        && (call->actor.admin || strcmp(subject->spec.user, call->actor.user) == 0);
    if (call_sees(call, subject->job.uid))
        return 0;
    job_spec_release(&subject->spec);
    return error_set(err, ERROR_MISSING, "there is no job %lld", (long long)id);
}

static void add_actor(struct text *json, const struct call *call, int64_t uid)
{
    struct engine_actor actor;

    if (uid < 0 || uid > UINT32_MAX) {
        json_add_text(json, "by", "penstock");
        return;
    }
    http_server_find_actor(call->daemon->server, (uint32_t)uid, &actor);
    json_add_text(json, "by", actor.user);
}

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct subject *subject = context;
    struct text *json = &subject->json;
    bool has_exit = (event->kind == JOB_EVENT_FINISHED || event->kind == JOB_EVENT_BROKE
                     || event->kind == JOB_EVENT_PAUSED)
                    && job_cause_has_exit(event->cause);

    (void)err;
    json_begin_object(json, NULL);
    json_add_instant(json, "at", event->at);
    json_add_text(json, "event", job_event_name(event->kind));
    add_actor(json, subject->call, event->actor);
    json_add_number(json, "attempt", event->attempt);
    if (event->cause == JOB_CAUSE_NONE)
        json_add_null(json, "cause");
    else
        json_add_text(json, "cause", job_cause_name(event->cause));
    if (has_exit && !event->signal)
        json_add_number(json, "exit_status", event->status);
    else
        json_add_null(json, "exit_status");
    if (has_exit && event->signal)
        json_add_number(json, "exit_signal", event->signal);
    else
        json_add_null(json, "exit_signal");
    if (event->kind == JOB_EVENT_PAUSING && event->value >= 0)
        json_add_scaled(json, "g", event->value, 3);
    else
        json_add_null(json, "g");
    if (event->kind == JOB_EVENT_STARTING && event->status > 0)
        json_add_number(json, "gpus", event->status);
    else
        json_add_null(json, "gpus");
    subject->starts += event->kind == JOB_EVENT_STARTED;
    /* It may name the owner's files. */
    json_add_text(json, "text", subject->owns ? event->text : "");
    json_end_object(json);
    return 0;
}

static int add_events(struct subject *subject, struct error *err)
{
    json_begin_array(&subject->json, "events");
    if (store_load_events(subject->call->daemon->reader, subject->job.id, on_event,
                          subject, err)
        < 0)
        return -1;
    json_end_array(&subject->json);
    return 0;
}

/* Answer with what `add` tells of the job that is asked for. */
static void answer(const struct call *call,
                   int (*add)(struct subject *subject, struct error *err))
{
    struct subject subject;
    struct error err = {ERROR_NONE, "", ""};
    int result;

    if (find(call, &subject, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    json_begin_object(&subject.json, NULL);
    result = add(&subject, &err);
    job_spec_release(&subject.spec);
    if (result == 0) {
        json_end_object(&subject.json);
        call_answer(call, 200, &subject.json);
        return;
    }
    text_release(&subject.json);
    call_fail(call, &err);
}

void routes_jobs_events(const struct call *call)
{
    answer(call, add_events);
}

static void add_list_members(struct subject *subject)
{
    struct job_row row = {
        .job = subject->job,
        .name = subject->spec.name,
        .user = subject->spec.user,
        .reference = subject->spec.reference,
        .project = subject->spec.project,
        .queue = subject->spec.queue,
        .pools = subject->spec.pools,
        .zones = subject->spec.zones,
        .pool = subject->pool,
    };

    job_view_add_members(&subject->json, &row, subject->call->daemon->engine);
}

static void add_wishes(struct text *json, const struct job *job,
                       const struct job_spec *spec)
{
    json_begin_array(json, "after");
    for (size_t i = 0; i < spec->after_count; i++)
        json_add_number(json, NULL, spec->after[i]);
    json_end_array(json);
    job_view_add_names(json, "pools", spec->pools);
    job_view_add_names(json, "zones", spec->zones);
    if (job->max_wait == JOB_NO_WAIT_LIMIT)
        json_add_null(json, "max_wait");
    else
        json_add_number(json, "max_wait", job->max_wait);
    if (job->power)
        json_add_number(json, "power", job->power);
    else
        json_add_null(json, "power");
    if (job_is_elastic(job))
        json_add_number(json, "scaling", job->scaling);
    else
        json_add_null(json, "scaling");
    json_add_number(json, "grace", job->grace);
    json_add_bool(json, "interruptible", job->interruptible);
    json_add_bool(json, "requeue", job->requeue);
    json_add_bool(json, "now", job->now);
}

/* A file of the job as it will be, or was, opened. */
static void add_path(struct text *json, const char *key, const char *pattern,
                     const struct subject *subject)
{
    char *path = job_path_format(pattern, &subject->job, subject->spec.name);
    struct text whole = TEXT_EMPTY;

    if (path[0] != '/')
        text_add_format(&whole, "%s/", subject->spec.directory);
    text_add(&whole, path);
    json_add_text(json, key, whole.bytes);
    text_release(&whole);
    free(path);
}

static void add_words(struct text *json, const struct subject *subject)
{
    /* What only the scheduler that runs it knows. */
    static const char *const elsewhere[] = {"command",   "script", "environment",
                                            "directory", "output", "error"};
    const struct job_spec *spec = &subject->spec;

    if (spec->reference) {
        for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
            json_add_null(json, elsewhere[i]);
        return;
    }
    if (spec->script)
        json_add_null(json, "command");
    job_view_add_strings(json, spec->script ? "arguments" : "command", spec->arguments,
                         spec->arguments_size);
    json_add_text(json, "script", spec->script);
    job_view_add_strings(json, "environment", spec->environment,
                         spec->environment_size);
    json_add_text(json, "directory", spec->directory);
    add_path(json, "output", spec->output, subject);
    if (spec->error)
        add_path(json, "error", spec->error, subject);
    else
        json_add_null(json, "error");
}

/* The forecast by which a pool's zone is planned; NULL if there is none. */
static const struct forecast *find_forecast(const struct engine *engine,
                                            const char *zone)
{
    for (size_t i = 0; i < engine_zone_count(engine); i++)
        if (strcmp(engine_zone_name(engine, i), zone) == 0)
            return engine_zone_forecast(engine, i);
    return NULL;
}

static void add_plan_place(struct text *json, const struct engine *engine, int32_t pool)
{
    const struct pool *place = pool >= 0 ? engine_pool(engine, (size_t)pool) : NULL;
    const struct forecast *forecast = place ? find_forecast(engine, place->zone) : NULL;

    json_add_text(json, "pool", place ? place->name : NULL);
    json_add_text(json, "zone", place ? place->zone : NULL);
    json_add_text(json, "provider", forecast ? forecast->provider : NULL);
    json_add_text(json, "signal", forecast ? signal_name(forecast->signal) : NULL);
    json_add_bool(json, "synthetic", forecast && forecast->synthetic);
}

static void add_plan_figures(struct text *json, const struct plan_figures *figures)
{
    bool has_levels = figures && figures->has_forecast;

    job_view_add_levels(json, figures);
    job_view_add_saving(json, figures);
    json_add_instant(json, "first_room", figures ? figures->first_room : 0);
    json_add_instant(json, "cleanest", has_levels ? figures->cleanest : 0);
    json_add_instant(json, "runner_up", has_levels ? figures->runner_up : 0);
    json_add_bool(json, "has_forecast", has_levels);
}

static void add_blockers(struct subject *subject)
{
    int64_t after[JOB_AFTER_MAX];
    size_t count = 0;

    if (subject->job.after_pending
        && store_load_after(subject->call->daemon->reader, subject->job.id, after,
                            &count, NULL)
               < 0)
        count = 0;
    json_begin_array(&subject->json, "blocked_by");
    for (size_t i = 0; i < count; i++)
        json_add_number(&subject->json, NULL, after[i]);
    json_end_array(&subject->json);
}

static void add_plan(struct subject *subject)
{
    const struct engine *engine = subject->call->daemon->engine;
    struct text *json = &subject->json;
    struct plan_figures figures;
    struct engine_job found;
    bool has_figures;

    if (!job_is_open(&subject->job) || !engine_find(engine, subject->job.id, &found)
        || (job_is_active(found.job) && found.reservation->pool < 0)) {
        json_add_null(json, "plan");
        return;
    }
    has_figures = engine_figure(engine, subject->job.id, &figures);
    json_begin_object(json, "plan");
    json_add_name(json, "reason", found.reason);
    json_add_name(json, "limit", found.limit);
    json_add_number(json, "gpus_usable", engine_usable_gpus(engine, subject->job.id));
    json_add_instant(json, "planned_start", found.reservation->start);
    json_add_instant(json, "latest_start", job_view_latest_planned(&found));
    add_plan_place(json, engine, found.reservation->pool);
    add_plan_figures(json, has_figures ? &figures : NULL);
    job_view_add_pieces(json, &found);
    json_add_number(json, "moves", found.moves);
    json_add_name(json, "moved_by",
                  found.moves > 0 ? engine_cause_name(found.moved_by) : "");
    json_add_bool(json, "load_gate", engine_is_gated(engine));
    add_blockers(subject);
    json_end_object(json);
}

static void add_energy(struct subject *subject)
{
    const struct daemon *daemon = subject->call->daemon;
    struct text *json = &subject->json;
    struct accounts_energy energy;
    struct accounts_question question = {.now = subject->call->now};
    struct accounts_zone *zones =
        accounts_copy_zones(daemon->config, &question.zone_count);
    struct pool *pools = accounts_copy_pools(daemon->engine, &question.pool_count);
    int result;

    question.zones = zones;
    question.pools = pools;
    result = accounts_book(&subject->job, &question, daemon->reader, &energy, NULL);
    free(pools);
    free(zones);
    if (result < 0) {
        json_add_null(json, "energy");
        return;
    }
    json_begin_object(json, "energy");
    json_add_scaled(json, "kwh", accounts_kwh(energy.joules), 6);
    json_add_text(json, "source", report_energy_name(energy.source));
    json_add_scaled(json, "idle_kwh", accounts_kwh(energy.idle_joules), 6);
    if (energy.watts_per_gpu > 0)
        json_add_number(json, "watts_per_gpu", energy.watts_per_gpu);
    else
        json_add_null(json, "watts_per_gpu");
    if (energy.is_known)
        json_add_scaled(json, "kg", energy.emissions.milligrams, 6);
    else
        json_add_null(json, "kg");
    json_add_null(json, "shadow_kg");
    json_add_text(json, "label", emissions_label_name(energy.emissions.label));
    json_add_text(json, "signal", signal_name(energy.signal));
    json_add_bool(json, "synthetic", energy.synthetic);
    json_end_object(json);
}

static int add_all(struct subject *subject, struct error *err)
{
    add_list_members(subject);
    add_wishes(&subject->json, &subject->job, &subject->spec);
    if (subject->owns)
        add_words(&subject->json, subject);
    add_plan(subject);
    add_energy(subject);
    if (add_events(subject, err) < 0)
        return -1;
    json_add_number(&subject->json, "restarts",
                    subject->starts > 1 ? subject->starts - 1 : 0);
    return 0;
}

void routes_jobs_show(const struct call *call)
{
    answer(call, add_all);
}

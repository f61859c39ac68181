/* SPDX-License-Identifier: MIT */
#include "daemon/routes_submit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/job_view.h"
#include "daemon/slurm_lease.h"
#include "daemon/slurm_watch.h"
#include "nodes/local/launch.h"
#include "queue/job_json.h"

/* Bodies up to this are parsed on the loop: that takes 1 ms at most. */
#define PARSE_ON_LOOP_MAX (256 << 10)

/* How long a dry run holds a turn. */
#define PREVIEW_NS 5000000U

/*
 * For so many jobs of one request the saving is reckoned, which takes some 10 µs each;
 * the others are told null, and can be asked for one by one.
 */
#define FIGURES_MAX 256

/* A submission on its way; it lives as long as its request. */
struct submit {
    struct call call;
    uv_work_t work;
    uv_idle_t turn; /* of a dry run that takes more than one */
    struct submission *submissions;
    size_t count;
    char **names; /* of the submissions: the engine takes their words */
    bool is_array;
    bool dry_run;
    struct error error;
    size_t previewed;
    struct text json;
};

static void release(void *memory)
{
    struct submit *submit = memory;

    for (size_t i = 0; i < submit->count; i++)
        submission_release(&submit->submissions[i]);
    free(submit->submissions);
    for (size_t i = 0; submit->names && i < submit->count; i++)
        free(submit->names[i]);
    free(submit->names);
    text_release(&submit->json);
    free(submit);
}

static void fail(struct submit *submit, const struct error *err)
{
    struct error copy = *err;

    http_answer_error(submit->call.request, &copy);
}

/* How many jobs one submission makes. */
static size_t job_count(const struct submission *submission)
{
    if (submission->array_first > submission->array_last)
        return 1;
    return (size_t)(submission->array_last - submission->array_first) + 1;
}

/* Whether the answer is one object: for one job that was not sent as one of many. */
static bool is_single(const struct submit *submit)
{
    return !submit->is_array
           && submit->submissions[0].array_first > submit->submissions[0].array_last;
}

static void begin_answer(struct submit *submit)
{
    if (is_single(submit))
        return;
    json_begin_object(&submit->json, NULL);
    json_begin_array(&submit->json, "jobs");
}

static void end_answer(struct submit *submit, unsigned status)
{
    struct http_request *request = submit->call.request;
    struct text json = submit->json;

    submit->json = TEXT_EMPTY;
    if (!is_single(submit)) {
        json_end_array(&json);
        json_end_object(&json);
    }
    http_answer(request, status, HTTP_JSON, &json);
}

static void add_job(struct submit *submit, int64_t id, const char *name, bool is_shown)
{
    const struct engine *engine = submit->call.daemon->engine;
    struct plan_figures figures;
    struct engine_job found;
    struct job_promise promise = {.id = id, .name = name};

    if (engine_find(engine, id, &found)) {
        promise.job = found.job;
        promise.queue = found.queue;
        promise.reservation = found.reservation;
        promise.reason = found.reason;
        promise.may_pause = found.may_pause;
        if (is_shown && engine_figure(engine, id, &figures))
            promise.figures = &figures;
    }
    job_view_add_promise(&submit->json, &promise);
}

static void on_answer(const struct engine_answer *answer, void *context)
{
    struct submit *submit = context;
    int64_t id = answer->first_id;
    size_t shown = 0;

    if (answer->error.code != ERROR_NONE) {
        fail(submit, &answer->error);
        return;
    }
    begin_answer(submit);
    for (size_t i = 0; i < submit->count; i++)
        for (size_t j = 0; j < job_count(&submit->submissions[i]); j++)
            add_job(submit, id++, submit->names[i], shown++ < FIGURES_MAX);
    end_answer(submit, 201);
}

static void hand_in(struct submit *submit)
{
    struct daemon *daemon = submit->call.daemon;
    struct error err = {ERROR_NONE, "", ""};

    submit->names = xcalloc(submit->count, sizeof(*submit->names));
    for (size_t i = 0; i < submit->count; i++)
        submit->names[i] = xstrdup(submit->submissions[i].spec.name);
    if (engine_submit(daemon->engine, submit->submissions, submit->count,
                      &submit->call.actor, on_answer, submit, &err)
        < 0)
        fail(submit, &err);
    else
        daemon_poke(daemon);
}

static int refuse_all(const struct config *config, struct error *err)
{
    struct text names = TEXT_EMPTY;

    for (size_t i = 0; i < config->pool_count; i++)
        text_add_format(&names, "%s%s", i ? ", " : "", config->pools[i].name);
    error_set_field(err, ERROR_INVALID, "pools",
                    "all pools here are Slurm's: 'penstock submit --pool NAME' hands "
                    "the job to one of them: %.100s",
                    names.bytes);
    text_release(&names);
    return -1;
}

static int check_user(const struct call *call, struct error *err)
{
    const struct daemon *daemon = call->daemon;

    if (!config_has_pools(daemon->config, false))
        return refuse_all(daemon->config, err);
    if (daemon->serves_all && call->actor.uid == 0)
        return error_set(err, ERROR_FORBIDDEN, "the launcher runs no jobs of root");
    if (daemon->serves_all && call->actor.uid == daemon->serves_uid)
        return error_set(err, ERROR_FORBIDDEN,
                         "the launcher runs no jobs of the daemon's own user");
    if (daemon->serves_all
            ? call->actor.uid >= LAUNCH_UID_MIN && call->actor.uid != LAUNCH_UID_NOBODY
            : call->actor.uid == daemon->serves_uid)
        return 0;
    return error_set(err, ERROR_FORBIDDEN, "this daemon serves %s", daemon->serves);
}

/* Jobs of a pool of Slurm are of its queue. */
static int set_queue(struct submission *submission, const struct config_pool *pool,
                     struct error *err)
{
    const char *queue = submission->spec.queue;

    if (queue && strcmp(queue, pool->queue) != 0)
        return error_set_field(err, ERROR_INVALID, "queue",
                               "jobs of pool '%s' are of its queue '%s'", pool->name,
                               pool->queue);
    free(submission->spec.queue);
    submission->spec.queue = xstrdup(pool->queue);
    submission->given.queue = true;
    return 0;
}

/* A job that nobody would ever start before its latest start is better not deferred. */
static int check_hands(const struct daemon *daemon, const struct submission *submission,
                       struct error *err)
{
    if (submission->job.now)
        return 0;
    if (daemon->config->slurm.dry_run)
        return error_set(err, ERROR_CONFLICT,
                         "the daemon moves nothing in Slurm ([slurm] dry_run = yes): "
                         "submit with sbatch, or with --now");
    if (slurm_lease_is_off(daemon->config))
        return error_set(
            err, ERROR_CONFLICT,
            "Slurm is switched off by 'penstock slurm release-all': submit "
            "with sbatch, or with --now");
    return 0;
}

static int prepare(const struct submit *submit, struct submission *submission,
                   const struct config_pool *slurm, struct error *err)
{
    if (!slurm)
        return check_user(&submit->call, err);
    if (check_hands(submit->call.daemon, submission, err) < 0)
        return -1;
    return set_queue(submission, slurm, err);
}

/* What is Slurm's is promised on the terms that it is to be handed over on. */
static void agree(const struct daemon *daemon, const struct config_pool *slurm,
                  struct engine_offer *offer, struct slurm_handover *handover)
{
    const struct slurm_moment moment = {
        .now = system_clock.now(&system_clock),
        .clock_now = daemon->clock->now(daemon->clock),
        .rate = daemon->clock->rate,
    };

    slurm_handover_make(&offer->job, slurm, slurm_watch_margin(daemon->slurm, slurm),
                        &moment, handover);
}

static int preview_one(struct submit *submit, struct error *err)
{
    const struct daemon *daemon = submit->call.daemon;
    struct submission *submission = &submit->submissions[submit->previewed];
    const struct config_pool *slurm =
        slurm_handover_find_pool(daemon->config, submission->spec.pools);
    struct slurm_handover handover;
    struct engine_offer offer;

    if (prepare(submit, submission, slurm, err) < 0
        || engine_preview(daemon->engine, submission, &submit->call.actor, &offer, err)
               < 0)
        return -1;
    if (slurm)
        agree(daemon, slurm, &offer, &handover);
    for (size_t i = 0; i < job_count(submission); i++) {
        struct job_promise promise = {
            .name = submission->spec.name,
            .queue = offer.policy->name,
            .job = &offer.job,
            .reservation = &offer.reservation,
            .figures = &offer.figures,
            .reason = offer.reason,
            .may_pause = offer.may_pause,
            .handover = slurm ? &handover : NULL,
        };

        job_view_add_promise(&submit->json, &promise);
    }
    submit->previewed++;
    return 0;
}

/* Go on until the time is up. Whether all is done; then `error` may be set. */
static bool preview_some(struct submit *submit)
{
    uint64_t until = uv_hrtime() + PREVIEW_NS;

    while (submit->previewed < submit->count && uv_hrtime() < until)
        if (preview_one(submit, &submit->error) < 0)
            return true;
    return submit->previewed == submit->count;
}

static void end_preview(struct submit *submit)
{
    if (submit->error.code != ERROR_NONE)
        fail(submit, &submit->error);
    else
        end_answer(submit, 200);
}

static void on_turn_closed(uv_handle_t *turn)
{
    end_preview(turn->data);
}

static void on_turn(uv_idle_t *turn)
{
    struct submit *submit = turn->data;

    if (http_is_gone(submit->call.request) || preview_some(submit))
        uv_close((uv_handle_t *)turn, on_turn_closed);
}

static void preview(struct submit *submit)
{
    begin_answer(submit);
    if (preview_some(submit)) {
        end_preview(submit);
        return;
    }
    uv_idle_init(&submit->call.daemon->loop, &submit->turn);
    submit->turn.data = submit;
    uv_idle_start(&submit->turn, on_turn);
}

static void parse(struct submit *submit)
{
    const struct http_request *request = submit->call.request;

    submissions_parse(request->body, request->body_size, &submit->submissions,
                      &submit->count, &submit->is_array, &submit->error);
}

static void proceed(struct submit *submit)
{
    static const struct error stopping = {ERROR_UNAVAILABLE, "",
                                          "the daemon is stopping"};

    if (submit->call.daemon->stopping)
        fail(submit, &stopping);
    else if (submit->error.code != ERROR_NONE)
        fail(submit, &submit->error);
    else if (submit->dry_run)
        preview(submit);
    else
        hand_in(submit);
}

static void on_work(uv_work_t *work)
{
    parse(work->data);
}

static void on_worked(uv_work_t *work, int status)
{
    (void)status;
    proceed(work->data);
}

/* Whose jobs of Slurm are previewed is Slurm's to say, so that this waits. */
static int check(const struct call *call, bool *dry_run, struct error *err)
{
    if (query_switch(&call->query, "dry_run", dry_run, err) < 0)
        return -1;
    return *dry_run ? 0 : check_user(call, err);
}

void routes_submit(const struct call *call)
{
    struct error err = {ERROR_NONE, "", ""};
    struct submit *submit;
    bool dry_run = false;

    if (check(call, &dry_run, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    submit = xcalloc(1, sizeof(*submit));
    submit->call = *call;
    submit->call.query = (struct query){.text = NULL};
    submit->call.actor.user = submit->call.user;
    submit->dry_run = dry_run;
    submit->json = TEXT_EMPTY;
    submit->work.data = submit;
    http_attach(call->request, submit, release);
    if (call->request->body_size > PARSE_ON_LOOP_MAX) {
        uv_queue_work(&call->daemon->loop, &submit->work, on_work, on_worked);
        return;
    }
    parse(submit);
    proceed(submit);
}

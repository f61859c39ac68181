/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "scheduler/engine_internal.h"
#include "scheduler/engine_learn.h"

/* So many jobs are written by themselves, so that small requests need not wait for two
 * large ones: the one that is being written, and the one that came just before them. */
#define ENGINE_BULK 256

/* A job as it will be submitted, but for its id. */
struct draft {
    struct job job;
    uint8_t class;
    uint64_t pools;
    uint64_t user_hash;
    bool delegated; /* to be said before it is made */
};

static int fill_times(struct engine *engine, const struct submission *submission,
                      const struct policy *policy, struct learn_memory *memory,
                      struct job *job, struct error *err)
{
    if (!submission->given.time) {
        duration learnt = 0;

        if (engine_learn_time(engine, submission->spec.name, memory, job, &learnt, err)
            < 0)
            return -1;
        job->time = learnt > 0 ? learnt : policy->time;
    }
    if (!submission->given.time_limit) {
        /* What was learnt may lengthen a limit, but never lets it kill a longer run. */
        duration expected = job->time;

        if (!submission->given.time && expected < policy->time)
            expected = policy->time;
        job->time_limit = policy->time_limit > 0 ? policy->time_limit : 2 * expected;
        if (job->time_limit < job->time && submission->given.time)
            job->time_limit = job->time;
        if (job->time_limit > JOB_TIME_MAX)
            job->time_limit = JOB_TIME_MAX;
    }
    if (!submission->given.time && job->time > job->time_limit)
        job->time = job->time_limit;
    /* With a deadline and no wait of its own, only the deadline counts. */
    if (!submission->given.max_wait)
        job->max_wait = job->deadline || policy->max_wait == POLICY_NOT_SET
                            ? JOB_NO_WAIT_LIMIT
                            : policy->max_wait;
    return 0;
}

/* Whether one of the policy's groups "a,b" has the user. */
static bool is_member(const struct engine_actor *actor, const struct policy *policy)
{
    const char *at = policy->groups;

    while (*at && actor->is_in_group) {
        char group[POLICY_GROUPS_SIZE] = "";
        size_t length = strcspn(at, ",");

        memcpy(group, at, length);
        if (actor->is_in_group(actor, group))
            return true;
        at += length + (at[length] == ',');
    }
    return !policy->groups[0];
}

static int check_rights(const struct engine_actor *actor, const struct policy *policy,
                        const struct job *job, struct error *err)
{
    if (actor->admin)
        return 0;
    if (!is_member(actor, policy))
        return error_set_field(err, ERROR_FORBIDDEN, "queue",
                               "queue '%s' is for members of %s only", policy->name,
                               policy->groups);
    if (policy->max_gpus_per_user > 0 && job->gpus > policy->max_gpus_per_user)
        return error_set_field(err, ERROR_TOO_LARGE, "gpus",
                               "queue '%s' lets one user hold at most %lld GPU%s "
                               "(max_gpus_per_user): this job asks for %d",
                               policy->name, (long long)policy->max_gpus_per_user,
                               policy->max_gpus_per_user == 1 ? "" : "s",
                               (int)job->gpus);
    if (job->priority > 0)
        return error_set_field(err, ERROR_FORBIDDEN, "priority",
                               "only administrators may set a priority above 0");
    if (job->now && !policy->allow_now)
        return error_set_field(err, ERROR_FORBIDDEN, "now",
                               "queue '%s' does not allow --now", policy->name);
    return 0;
}

static int make_draft(struct engine *engine, const struct submission *submission,
                      const struct engine_actor *actor, struct learn_memory *memory,
                      struct draft *draft, struct error *err)
{
    const struct job_spec *spec = &submission->spec;
    struct job *job = &draft->job;
    instant now = engine_now(engine);
    const struct policy *policy;
    struct resources wanted;
    int class = engine_find_policy(engine, spec->queue, err);

    if (class < 0)
        return -1;
    policy = &engine->policies[class];
    *job = submission->job;
    job->uid = actor->uid;
    job->state = JOB_WAITING;
    if (!spec->reference || job->submitted == 0 || job->submitted > now)
        job->submitted = now;
    job->gpus_min = job->gpus;
    if (!submission->given.scaling)
        job->scaling = policy->scaling;
    if (!submission->given.memory)
        job->memory = policy->memory != POLICY_NOT_SET
                          ? policy->memory
                          : engine_share_memory(engine, spec, job);
    if (fill_times(engine, submission, policy, memory, job, err) < 0
        || engine_learn_power(engine, spec->name, memory, job, err) < 0
        || check_rights(actor, policy, job, err) < 0 || job_check(job, spec, err) < 0
        || engine_check_after(engine, spec->after, spec->after_count, err) < 0)
        return -1;
    job->after_pending = spec->after_count > 0;
    job->eligible = 0;
    if (!job->after_pending)
        job->eligible = job_earliest_start(job);
    job->late = job->deadline && now + job->time_limit > job->deadline;
    wanted = engine_wanted(job);
    draft->class = (uint8_t) class;
    draft->user_hash = engine_hash_user(actor->user);
    draft->pools = engine_match_pools(
        engine, &(struct engine_place){spec->pools, spec->zones, draft->delegated},
        &wanted, err);
    return draft->pools ? 0 : -1;
}

static size_t job_count(const struct submission *submission)
{
    if (submission->array_first > submission->array_last)
        return 1;
    return (size_t)(submission->array_last - submission->array_first) + 1;
}

static int make_drafts(struct engine *engine, const struct submission *submissions,
                       size_t count, const struct engine_actor *actor,
                       struct draft *drafts, size_t *total, struct error *err)
{
    struct learn_memory memory = {.kinds = {{NULL, 0, 0, 0}}};
    struct error inner = {.code = ERROR_NONE};
    size_t wanted[PLAN_CLASSES_MAX] = {0};

    for (size_t i = 0; i < count; i++) {
        drafts[i].delegated = submissions[i].spec.reference != NULL;
        if (make_draft(engine, &submissions[i], actor, &memory, &drafts[i], &inner)
            < 0) {
            if (count == 1)
                return error_set_field(err, inner.code, inner.field, "%s", inner.text);
            return error_set_field(err, inner.code, inner.field, "jobs[%zu]: %.200s", i,
                                   inner.text);
        }
        *total += job_count(&submissions[i]);
        wanted[drafts[i].class] += job_count(&submissions[i]);
    }
    if (!actor->admin && engine_check_user(engine, actor->uid, wanted, err) < 0)
        return -1;
    if (engine->entry_count + *total > (size_t)engine->settings.open_jobs_max)
        return error_set(err, ERROR_TOO_LARGE,
                         "the queue is full: at most %lld open jobs",
                         (long long)engine->settings.open_jobs_max);
    return 0;
}

/* Add one job to memory. It starts nothing before it is stored. */
static void take_job(struct engine *engine, const struct draft *draft,
                     const struct job *job, const int64_t *after, size_t after_count,
                     bool place)
{
    instant now = engine_now(engine);
    struct engine_entry *entry = engine_entry_add(engine, job, draft->class);

    entry->pools = draft->pools;
    entry->delegated = draft->delegated;
    entry->user_hash = draft->user_hash;
    entry->in_flight = true;
    if (after_count)
        engine_link_after(engine, entry, after, after_count);
    if (place && engine_is_waiting(entry))
        engine_place(engine, entry, now);
}

/* Held from the start: an event of its own, stored with the job. */
static void hold(struct engine *engine, struct job *job, instant now)
{
    const struct job_event held = {
        .job_id = job->id,
        .kind = JOB_EVENT_HELD,
        .at = now,
        .actor = job->uid,
    };
    int result = engine_record(engine, job, &held, NULL);

    assert(result == 0);
    (void)result;
}

static void take_submission(struct engine *engine, struct submission *submission,
                            const struct draft *draft, const struct engine_actor *actor,
                            bool place)
{
    instant now = engine_now(engine);
    bool is_array = submission->array_first <= submission->array_last;
    size_t count = job_count(submission);
    struct job *jobs = xcalloc(count, sizeof(*jobs));
    struct job_spec *spec = &submission->spec;
    int64_t after[JOB_AFTER_MAX];
    size_t after_count = spec->after_count;

    memcpy(after, spec->after, after_count * sizeof(*after));
    free(spec->user);
    spec->user = xstrdup(actor->user);
    if (!spec->queue)
        spec->queue = xstrdup(engine->policies[draft->class].name);
    for (size_t i = 0; i < count; i++) {
        jobs[i] = draft->job;
        jobs[i].id = engine->last_id + 1 + (int64_t)i;
        if (is_array) {
            jobs[i].array_id = engine->last_id + 1;
            jobs[i].array_index = submission->array_first + (int32_t)i;
        }
    }
    store_batch_add_jobs(engine->batch, jobs, count, spec);
    for (size_t i = 0; i < count; i++) {
        if (submission->held)
            hold(engine, &jobs[i], now);
        take_job(engine, draft, &jobs[i], after, after_count, place);
    }
    free(jobs);
}

int engine_submit(struct engine *engine, struct submission *submissions, size_t count,
                  const struct engine_actor *actor, engine_on_answer *on_answer,
                  void *context, struct error *err)
{
    struct draft *drafts = xcalloc(count, sizeof(*drafts));
    struct store_batch *open = engine->batch;
    struct engine_request request = {
        .on_answer = on_answer,
        .context = context,
        .first_id = engine->last_id + 1,
        .is_submission = true,
    };
    instant now = engine_now(engine);
    bool is_bulk;
    int result = -1;

    if (make_drafts(engine, submissions, count, actor, drafts, &request.count, err) < 0)
        goto done;
    is_bulk = request.count >= ENGINE_BULK;
    if (is_bulk)
        engine->batch = store_batch_create();
    plan_advance(engine->plan, now);
    for (size_t i = 0; i < count; i++)
        take_submission(engine, &submissions[i], &drafts[i], actor, !is_bulk);
    if (is_bulk)
        engine_place_later(engine, request.first_id, engine->last_id + 1);
    engine_add_submission(engine, &request, is_bulk ? engine->batch : NULL);
    engine->batch = open;
    engine_wish_plan(engine, now);
    result = 0;

done:
    free(drafts);
    return result;
}

int engine_preview(struct engine *engine, const struct submission *submission,
                   const struct engine_actor *actor, struct engine_offer *offer,
                   struct error *err)
{
    struct learn_memory memory = {.kinds = {{NULL, 0, 0, 0}}};
    struct engine_entry entry = {.pool = -1, .reservation = RESERVATION_NONE};
    instant now = engine_now(engine);
    size_t wanted[PLAN_CLASSES_MAX] = {0};
    struct draft draft = {
        .delegated = engine_is_delegated(engine, submission->spec.pools),
    };
    struct plan_job planned;

    if (make_draft(engine, submission, actor, &memory, &draft, err) < 0)
        return -1;
    wanted[draft.class] = job_count(submission);
    if (!actor->admin && engine_check_user(engine, actor->uid, wanted, err) < 0)
        return -1;
    plan_advance(engine->plan, now);
    entry.job = draft.job;
    entry.job.state = submission->held ? JOB_HELD : JOB_WAITING;
    entry.class = draft.class;
    entry.pools = draft.pools;
    entry.delegated = draft.delegated;
    *offer = (struct engine_offer){
        .job = draft.job,
        .reservation = RESERVATION_NONE,
        .policy = &engine->policies[draft.class],
        .may_pause = engine_may_pause(engine, &entry),
    };
    if (engine_is_waiting(&entry)) {
        planned = engine_plan_job(engine, &entry);
        offer->reservation = plan_place(engine->plan, &planned, now);
        entry.reservation = offer->reservation;
        engine_figure_as(engine, &entry, &planned, &offer->figures);
        plan_withdraw(engine->plan, &planned, &offer->reservation);
    }
    offer->reason = engine_reason(engine, &entry);
    return 0;
}

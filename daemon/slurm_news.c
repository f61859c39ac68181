/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_news.h"

#include <stdio.h>

#include "base/text.h"

struct slurm_moment slurm_news_moment(const struct daemon *daemon)
{
    return (struct slurm_moment){
        .now = system_clock.now(&system_clock),
        .clock_now = daemon->clock->now(daemon->clock),
        .rate = daemon->clock->rate,
    };
}

void slurm_news_tell(const struct daemon *daemon, int64_t job_id, enum engine_fate fate,
                     const char *text)
{
    const struct engine_told told = {
        .fate = fate,
        .actor = JOB_ACTOR_DAEMON,
        .text = text,
    };

    engine_tell(daemon->engine, job_id, &told);
}

/* What somebody may have changed. */
static void review(const struct slurm_news *news, const struct engine_job *found,
                   const struct slurm_job *record, struct slurm_review *review)
{
    const struct daemon *daemon = news->daemon;
    const struct slurm_moment moment = slurm_news_moment(daemon);
    const int64_t job_id = found->job->id;
    struct slurm_identity identity;
    struct slurm_taken taken = {.job = found->job};

    *review = (struct slurm_review){.has_news = false};
    if (record->begin == 0
        || !slurm_executor_identify(news->executor, job_id, &identity))
        return;
    taken.submitted = identity.submitted;
    taken.ordered = slurm_executor_ordered(news->executor, job_id);
    taken.margin = slurm_claim_margin(daemon->config, news->terms, record->partition);
    slurm_claim_review(&taken, record, &moment, review);
}

static bool is_about(const struct slurm_news *news, instant begin, instant expected)
{
    duration slack = slurm_clock_slack(news->daemon->clock->rate);

    return begin >= expected - slack && begin <= expected + slack;
}

/*
 * Slurm takes its begin time, once that has come, from what waits for other tasks of
 * its array. It was ours if what we want it to be has come, too.
 */
static bool was_begin_ours(const struct slurm_news *news, const struct job *job)
{
    const struct clock *clock = news->daemon->clock;
    instant by = system_clock.now(&system_clock) + slurm_clock_slack(clock->rate);
    instant ordered = slurm_executor_ordered(news->executor, job->id);

    return job->now || (ordered > 0 && ordered <= by)
           || slurm_from_clock(clock, job_latest_start(job)) <= by;
}

/* Whether the begin time is the one that the job had when we took it in, or that we
 * have given it since, before it was stored. One that is to start now has none. */
static bool is_begin_ours(const struct slurm_news *news, const struct engine_job *found,
                          const struct slurm_job *record,
                          const struct slurm_review *review)
{
    const struct clock *clock = news->daemon->clock;
    const struct job *job = found->job;

    if (record->begin == 0)
        return record->reason != SLURM_REASON_ARRAY_LIMIT || was_begin_ours(news, job);
    return job->now || record->begin == slurm_executor_ordered(news->executor, job->id)
           || (review->has_news && is_about(news, record->begin, review->latest))
           || is_about(news, record->begin,
                       slurm_from_clock(clock, job_latest_start(job)));
}

/* Whether `penstock slurm release-all` has set it: to now, or to its user's own. */
static bool is_begin_of_release(const struct slurm_news *news,
                                const struct engine_job *found,
                                const struct slurm_job *record)
{
    const struct daemon *daemon = news->daemon;

    return slurm_lease_is_off(daemon->config)
           && (record->begin <= system_clock.now(&system_clock)
               || record->begin == slurm_from_clock(daemon->clock, found->job->begin));
}

/* Whether it waits there because of us, and a dry run does not let it start. */
static bool is_left_over(const struct slurm_news *news, int64_t job_id)
{
    struct slurm_identity identity;

    return news->daemon->config->slurm.dry_run
           && slurm_executor_identify(news->executor, job_id, &identity)
           && !identity.is_dry;
}

/* Somebody has moved it: to another pool's partition, or to one that is no pool's. */
static bool has_left(const struct slurm_news *news, const struct engine_job *found,
                     const struct slurm_job *record)
{
    const struct config *config = news->daemon->config;

    return found->home >= 0 && !found->job->now
           && !text_is_listed(record->partition, config->pools[found->home].partition);
}

#define HOLD_SIZE 128

/* Why Slurm, or somebody there, keeps a pending job from starting, in a text of its own
 * or in `text`; NULL: nobody does. */
static const char *find_hold(const struct slurm_news *news,
                             const struct engine_job *found,
                             const struct slurm_job *record,
                             const struct slurm_review *review, char text[HOLD_SIZE])
{
    if (is_left_over(news, found->job->id))
        return "a dry run starts nothing; 'penstock slurm release-all' lets go of it";
    if (has_left(news, found, record)) {
        snprintf(text, HOLD_SIZE, "it is in partition %.64s now", record->partition);
        return text;
    }
    if (record->reason == SLURM_REASON_HELD_USER
        || record->reason == SLURM_REASON_HELD_ADMIN)
        return "it is held in Slurm";
    if (record->reason == SLURM_REASON_DEPENDENCY
        || record->reason == SLURM_REASON_DEPENDENCY_NEVER)
        return "it waits for other jobs of Slurm";
    if (record->restarts > 0 && !found->job->interruptible)
        return "Slurm has requeued it, and starts it";
    if (!slurm_executor_has_released(news->executor, found->job->id)
        && !is_begin_ours(news, found, record, review))
        return is_begin_of_release(news, found, record)
                   ? "'penstock slurm release-all' has let go of it"
                   : "its begin time was set by somebody else";
    return NULL;
}

static const char *describe(const struct slurm_review *review)
{
    if (review->is_hopeless)
        return "in Slurm; it begins as soon as it may, but if it runs to its time "
               "limit, it ends after its deadline";
    return review->update.has_max_wait
               ? "in Slurm; it begins sooner, so as to end by its deadline"
               : "in Slurm";
}

/*
 * If it has to begin earlier, this is told when Slurm has it so: what is stored is
 * never ahead of what Slurm does if we are gone.
 */
static void heed(const struct slurm_news *news, int64_t job_id,
                 const struct slurm_job *record, const struct slurm_review *review)
{
    const struct engine_told told = {
        .fate = ENGINE_FATE_CHANGED,
        .actor = JOB_ACTOR_DAEMON,
        .text = describe(review),
        .update = &review->update,
    };

    if (!review->update.now && record->begin > review->latest
        && !is_about(news, record->begin, review->latest))
        slurm_executor_hasten(news->executor, job_id, review->latest);
    else
        engine_tell(news->daemon->engine, job_id, &told);
}

static void see_pending(const struct slurm_news *news, const struct engine_job *found,
                        const struct slurm_job *record)
{
    int64_t job_id = found->job->id;
    struct slurm_review changed;
    char text[HOLD_SIZE];
    const char *hold;

    review(news, found, record, &changed);
    hold = find_hold(news, found, record, &changed, text);
    if (!hold && changed.has_news)
        heed(news, job_id, record, &changed);
    if (hold && found->job->state == JOB_WAITING)
        slurm_news_tell(news->daemon, job_id, ENGINE_FATE_HELD, hold);
    else if (!hold && found->job->state == JOB_HELD)
        slurm_news_tell(news->daemon, job_id, ENGINE_FATE_RELEASED, "");
}

/* Of one that runs, its executor tells how it ended, but for whoever cancelled it. */
static bool is_removed(enum slurm_state state, bool is_active)
{
    return state == SLURM_CANCELLED
           || (!is_active && (state == SLURM_DEADLINE || state == SLURM_BOOT_FAIL));
}

void slurm_news_see(const struct slurm_news *news, int64_t job_id,
                    const struct slurm_job *record)
{
    struct engine_job found;
    bool is_active;
    char text[64];

    if (!engine_find(news->daemon->engine, job_id, &found))
        return;
    is_active = job_is_active(found.job);
    snprintf(text, sizeof(text), "%s in Slurm", slurm_state_name(record->state));
    if (record->state == SLURM_PENDING && !is_active) {
        see_pending(news, &found, record);
    } else if (is_removed(record->state, is_active) && !found.job->cancelling) {
        slurm_news_tell(news->daemon, job_id, ENGINE_FATE_CANCELLED, text);
    } else if (!is_active && record->state != SLURM_PENDING
               && record->state != SLURM_STATE_UNKNOWN) {
        slurm_news_tell(news->daemon, job_id, ENGINE_FATE_BEGUN,
                        "Slurm has started it by itself");
    }
}

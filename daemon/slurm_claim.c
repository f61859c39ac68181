/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_claim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/slurm_lease.h"
#include "nodes/slurm/deferral.h"
#include "nodes/slurm/rounds.h"

static const struct config_pool *find_pool(const struct config *config,
                                           const char *partitions)
{
    for (size_t i = 0; i < config->pool_count; i++) {
        const struct config_pool *pool = &config->pools[i];

        if (config_is_slurm(pool) && text_is_listed(partitions, pool->partition))
            return pool;
    }
    return NULL;
}

duration slurm_claim_margin(const struct config *config,
                            const struct slurm_terms *terms, const char *partitions)
{
    const struct config_pool *pool = find_pool(config, partitions);

    return pool ? terms->margins[pool - config->pools] : 0;
}

static instant earliest(instant a, instant b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static instant later(instant a, instant b)
{
    return a > b ? a : b;
}

static bool is_held(const struct slurm_job *record)
{
    return record->state == SLURM_PENDING
           && (record->reason == SLURM_REASON_HELD_USER
               || record->reason == SLURM_REASON_HELD_ADMIN);
}

/* The latest start of a job that nobody has deferred yet, as the plugin would have it.
 */
static bool decide(const struct slurm_job *record, const struct config *config,
                   const struct slurm_terms *terms, const struct wish *wish,
                   struct slurm_claim *claim)
{
    struct lease lease;
    struct deferral deferral;
    const struct deferral_job job = {
        .now = record->submitted,
        .begin = claim->begin,
        .deadline = record->deadline,
        .limit = rounds_length(record->array_tasks, record->limit),
        .partition = claim->pool->partition,
        .qos = record->qos,
        .account = record->account,
        .is_held = claim->is_dry && is_held(record),
        .is_interactive = claim->is_dry && !record->is_batch,
        .is_bound = claim->is_dry && record->is_reserved,
        .is_part = claim->is_dry && record->het_id != 0,
    };

    slurm_lease_make(config, terms, record->submitted, &lease);
    deferral = deferral_decide(&lease, &job, wish);
    claim->why = deferral_reason_name(deferral.reason);
    if (deferral.reason != DEFERRAL_DEFERRED)
        return false;
    claim->latest = deferral.latest;
    claim->deadline = earliest(wish->deadline, record->deadline);
    return true;
}

/* Its limit or its deadline was changed since it was marked. */
static bool is_too_late(const struct slurm_claim *claim, const struct slurm_job *record)
{
    return claim->is_deferred && claim->deadline > 0
           && claim->latest > claim->deadline - record->limit;
}

static bool claim_marked(const struct slurm_job *record, const struct config *config,
                         const struct slurm_terms *terms, const struct mark *mark,
                         struct slurm_claim *claim)
{
    struct wish wish = WISH_NONE;

    wish.choice = WISH_ON;
    wish.deadline = mark->deadline;
    wish.max_wait = mark->wait;
    claim->begin = mark->begin;
    claim->deadline = earliest(mark->deadline, record->deadline);
    claim->latest = mark->latest;
    claim->is_deferred = mark->latest > 0;
    if (is_too_late(claim, record)) {
        claim->is_deferred = false;
        claim->latest =
            later(claim->deadline - rounds_length(record->array_tasks, record->limit)
                      - slurm_claim_margin(config, terms, record->partition),
                  later(claim->begin, record->submitted));
        return true;
    }
    return claim->is_deferred || decide(record, config, terms, &wish, claim);
}

static bool claim_commented(const struct slurm_job *record, const struct config *config,
                            const struct slurm_terms *terms, struct slurm_claim *claim)
{
    struct wish wish = WISH_NONE;

    claim->why = "its comment is not understood";
    if (wish_parse_comment(record->comment, record->submitted, &wish, NULL) < 0)
        return false;
    claim->why = deferral_reason_name(DEFERRAL_NOT_ASKED);
    if (!wish_asks(&wish) && !claim->is_dry)
        return false;
    if (record->begin > record->submitted)
        claim->begin = record->begin;
    if (!decide(record, config, terms, &wish, claim))
        return false;
    claim->is_deferred = claim->latest == record->begin;
    if (wish.choice == WISH_EARLY)
        claim->begin = 0;
    return true;
}

bool slurm_claim_make(const struct slurm_unit *unit, const struct config *config,
                      const struct slurm_terms *terms, struct slurm_claim *claim)
{
    const struct slurm_job *record = unit->record;
    struct mark mark;
    bool is_marked;

    *claim = (struct slurm_claim){
        .pool = find_pool(config, record->partition),
        .is_dry = config->slurm.dry_run,
        .why = "its partition is no pool of Penstock's",
    };
    if (!claim->pool)
        return false;
    claim->time = wish_time(record->comment, record->submitted);
    is_marked = mark_find(record->admin_comment, &mark);
    if (claim->is_dry && is_marked && mark.latest > 0) {
        claim->why = "it was deferred before the dry run";
        return false;
    }
    claim->interruptible =
        record->requeue
        && ((is_marked && mark.interruptible)
            || wish_is_interruptible(record->comment, record->submitted));
    return is_marked ? claim_marked(record, config, terms, &mark, claim)
                     : claim_commented(record, config, terms, claim);
}

static instant to_clock(const struct slurm_moment *moment, instant real)
{
    instant when = moment->clock_now + (real - moment->now) * moment->rate;

    if (real == 0)
        return 0;
    return when < 1 ? 1 : when > INSTANT_MAX ? INSTANT_MAX : when;
}

/* Names are the user's: what ours may not have becomes '_'. */
static char *make_name(const char *name)
{
    char *made = xstrdup(name);
    size_t length = strlen(made);

    if (length > JOB_NAME_MAX)
        made[JOB_NAME_MAX] = '\0';
    for (char *at = made; *at; at++) {
        char one[2] = {*at, '\0'};

        if (!text_is_name(one, 1) && (at == made || !strchr(".-", *at)))
            *at = '_';
    }
    if (made[0])
        return made;
    free(made);
    return NULL;
}

static int64_t within(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

/* By the clock; what has none is expected to end at some time. */
static duration find_limit(const struct slurm_job *record, int64_t rate)
{
    if (record->limit > 0 && record->limit < JOB_TIME_MAX / rate)
        return record->limit * rate;
    return JOB_TIME_MAX;
}

static void fill_times(const struct slurm_claim *claim, const struct slurm_job *record,
                       const struct slurm_moment *moment, struct job *job)
{
    instant earliest_start;

    job->time_limit = find_limit(record, moment->rate);
    if (claim->time > 0 && claim->time < JOB_TIME_MAX / moment->rate)
        job->time = within(claim->time * moment->rate, 1, job->time_limit);
    job->submitted = to_clock(moment, record->submitted);
    job->begin = to_clock(moment, claim->begin);
    job->deadline = to_clock(moment, claim->deadline);
    earliest_start = job->begin > job->submitted ? job->begin : job->submitted;
    job->max_wait =
        within(to_clock(moment, claim->latest) - earliest_start, 0, JOB_WAIT_MAX);
    job->now = !claim->is_deferred && claim->latest <= moment->now;
    /* One whose limit passes its deadline is Slurm's to judge. */
    if (job->deadline != 0 && job->deadline - job->time_limit < earliest_start)
        job->deadline = 0;
}

char *slurm_claim_refer(const struct slurm_claim *claim, const struct slurm_unit *unit,
                        char text[SLURM_REFERENCE_SIZE])
{
    instant submitted = unit->record->submitted;

    return claim->is_dry ? slurm_reference_format_dry(unit->id, submitted, text)
                         : slurm_reference_format(unit->id, submitted, text);
}

void slurm_claim_fill(const struct slurm_claim *claim, const struct slurm_unit *unit,
                      int32_t last_task, const struct slurm_moment *moment,
                      struct submission *submission)
{
    const struct slurm_job *record = unit->record;
    char reference[SLURM_REFERENCE_SIZE];
    struct job *job = &submission->job;
    struct job_spec *spec = &submission->spec;

    *submission = (struct submission){
        .job =
            {
                .gpus = (int32_t)within(unit->wanted.gpus, 0, JOB_GPUS_MAX),
                .cpus = (int32_t)within(unit->wanted.cpus, 1, JOB_CPUS_MAX),
                .memory = within(unit->wanted.memory, 0, JOB_MEMORY_MAX),
                .grace = JOB_GRACE_DEFAULT,
                .signal = SIGTERM,
                .requeue = record->requeue,
                .interruptible = claim->interruptible,
            },
        .given = {.queue = true,
                  .time_limit = true,
                  .max_wait = true,
                  .memory = true,
                  .gpus = true},
        .held = slurm_job_is_kept(record),
        .array_first = unit->task >= 0 ? unit->task : 1,
        .array_last = unit->task >= 0 ? last_task : 0,
    };
    job->gpus_max = job->gpus;
    if (unit->task >= 0)
        job->array_limit =
            (int32_t)within(rounds_at_once(record->array_tasks), 0, JOB_ARRAY_MAX);
    fill_times(claim, record, moment, job);
    submission->given.time = job->time > 0;
    spec->name = make_name(record->name);
    spec->queue = xstrdup(claim->pool->queue);
    spec->pools = xstrdup(claim->pool->name);
    spec->reference = xstrdup(slurm_claim_refer(claim, unit, reference));
}

duration slurm_clock_slack(int64_t rate)
{
    return rate == 1 ? 0 : 2;
}

instant slurm_moment_to_real(const struct slurm_moment *moment, instant when)
{
    return when == 0 ? 0 : moment->now + (when - moment->clock_now) / moment->rate;
}

/* When it is to have ended by now; of a comment that is not understood any more the
 * word counts that was given before. */
static instant find_deadline(const struct slurm_taken *taken,
                             const struct slurm_job *record,
                             const struct slurm_moment *moment)
{
    struct wish wish = WISH_NONE;
    struct mark mark;

    if (mark_find(record->admin_comment, &mark))
        return earliest(mark.deadline, record->deadline);
    if (wish_parse_comment(record->comment, taken->submitted, &wish, NULL) < 0)
        wish.deadline = slurm_moment_to_real(moment, taken->job->deadline);
    return earliest(wish.deadline, record->deadline);
}

/* What we have moved for this already is not moved again for some seconds: the margin
 * is learnt all the time. */
static instant find_latest(const struct slurm_taken *taken,
                           const struct slurm_job *record, instant had, instant safe)
{
    bool is_moved =
        taken->ordered > 0 && record->begin == taken->ordered && record->begin < had;

    if (is_moved && record->begin <= safe + taken->margin)
        return record->begin;
    return safe < had ? safe : had;
}

/* What leaves no less time than before moves nothing, though the margin has grown. */
static bool leaves_less(const struct job *job, const struct slurm_moment *moment,
                        instant latest)
{
    return job->deadline == 0
           || latest < slurm_moment_to_real(moment, job->deadline - job->time_limit)
                           - slurm_clock_slack(moment->rate);
}

void slurm_claim_review(const struct slurm_taken *taken, const struct slurm_job *record,
                        const struct slurm_moment *moment, struct slurm_review *review)
{
    const struct job *job = taken->job;
    instant had = slurm_moment_to_real(moment, job_latest_start(job));
    instant deadline = find_deadline(taken, record, moment);
    instant earliest_start = job_earliest_start(job);
    instant apart = deadline - slurm_moment_to_real(moment, job->deadline);
    duration slack = slurm_clock_slack(moment->rate);
    struct job_update *update = &review->update;
    instant soonest = later(moment->now, slurm_moment_to_real(moment, earliest_start));
    instant last, safe;

    *review = (struct slurm_review){.latest = had};
    update->time_limit = find_limit(record, moment->rate);
    update->deadline = to_clock(moment, deadline);
    update->has_deadline = apart > slack || apart < -slack;
    /* That was Slurm's to judge when it was taken in. */
    if (job->deadline == 0 && update->deadline - update->time_limit < earliest_start)
        update->has_deadline = false;
    review->has_news = update->time_limit != job->time_limit || update->has_deadline;
    if (!review->has_news || deadline == 0)
        return;
    /* Its user's own begin time stands, whatever the deadline leaves. */
    last = deadline - update->time_limit / moment->rate;
    safe = later(last - taken->margin, slurm_moment_to_real(moment, earliest_start));
    if (!leaves_less(job, moment, last))
        safe = later(safe, had);
    review->is_hopeless = last < soonest;
    review->latest = find_latest(taken, record, had, safe);
    update->has_max_wait = review->latest < had;
    update->max_wait =
        within(to_clock(moment, review->latest) - earliest_start, 0, JOB_WAIT_MAX);
    update->now = update->has_max_wait && review->latest <= moment->now;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/slurm_claim.h"
#include "daemon/slurm_news.h"
#include "daemon/slurm_refusals.h"

struct slurm_intake {
    struct daemon *daemon;
    struct slurm_executor *executor;
    struct slurm_refusals *refusals;
    slurm_on_taken *on_taken;
    void *context;
    bool is_dry;
    int64_t *leftovers; /* jobs of the store that the other kind of run has left */
    size_t leftover_count;
    size_t leftover_room;
    size_t asked; /* submissions that are not answered yet */
    size_t taken; /* of this listing, with what was refused; so for the next */
    bool has_taken;
    bool has_more;
};

/* For so many listings a job is new in a dry run. */
#define NEW_INTERVALS 3

/* A submission that is under way: unit `id`, its tasks from the first one on. */
struct asking {
    struct slurm_intake *intake;
    struct slurm_identity first;
    instant defer_to; /* in real time; 0: its begin time is set */
};

struct slurm_intake *slurm_intake_create(struct daemon *daemon,
                                         struct slurm_executor *executor,
                                         slurm_on_taken *on_taken, void *context)
{
    struct slurm_intake *intake = xcalloc(1, sizeof(*intake));

    intake->daemon = daemon;
    intake->is_dry = daemon->config->slurm.dry_run;
    intake->executor = executor;
    intake->on_taken = on_taken;
    intake->context = context;
    intake->refusals = slurm_refusals_create();
    return intake;
}

void slurm_intake_destroy(struct slurm_intake *intake)
{
    if (!intake)
        return;
    slurm_refusals_destroy(intake->refusals);
    free(intake->leftovers);
    free(intake);
}

static int know_row(const struct job_row *row, void *context, struct error *err)
{
    struct slurm_intake *intake = context;
    struct slurm_identity identity = {
        .job_id = row->job.id,
        .task = row->job.array_id ? row->job.array_index : -1,
        .is_dry = row->reference && slurm_reference_is_dry(row->reference),
    };

    (void)err;
    if (identity.is_dry && !intake->is_dry) {
        intake->leftovers = xgrow(intake->leftovers, intake->leftover_count,
                                  &intake->leftover_room, sizeof(int64_t));
        intake->leftovers[intake->leftover_count++] = row->job.id;
    } else if (row->reference
               && slurm_reference_parse(row->reference, &identity.id,
                                        &identity.submitted, NULL)
                      == 0)
        slurm_executor_know(intake->executor, &identity);
    return 0;
}

int slurm_intake_load(struct slurm_intake *intake, struct error *err)
{
    return store_load_open(intake->daemon->reader, know_row, intake, err);
}

/* Plans of a dry run that is over come to nothing, as does what runs on paper. */
static void drop_leftovers(struct slurm_intake *intake)
{
    static const char why[] = "the dry run is over";

    for (size_t i = 0; i < intake->leftover_count; i++)
        if (!slurm_executor_drop(intake->executor, intake->leftovers[i], why))
            slurm_news_tell(intake->daemon, intake->leftovers[i], ENGINE_FATE_DROPPED,
                            why);
    intake->leftover_count = 0;
}

void slurm_intake_lose(struct slurm_intake *intake, int64_t job_id)
{
    struct engine_job found;

    if (!engine_find(intake->daemon->engine, job_id, &found))
        return;
    log_error("job %" PRId64 ": slurmctld no longer knows it", job_id);
    slurm_news_tell(intake->daemon, job_id, ENGINE_FATE_LOST,
                    "slurmctld no longer knows it");
}

/* What a unit that is found again was: one that has ended here must not go on there. */
static int check_ended(const struct job_row *row, void *context, struct error *err)
{
    struct slurm_intake *intake = context;
    struct executor *port = slurm_executor_port(intake->executor);

    know_row(row, context, err);
    if (row->job.state == JOB_CANCELLED && row->job.cause == JOB_CAUSE_USER)
        port->stop(port, row->job.id, 0);
    return 0;
}

static void on_answer(const struct engine_answer *answer, void *context)
{
    struct asking *asking = context;
    struct slurm_intake *intake = asking->intake;
    struct slurm_identity identity = asking->first;

    intake->asked--;
    for (size_t i = 0; i < answer->count && !answer->error.code; i++) {
        identity.job_id = answer->first_id + (int64_t)i;
        slurm_executor_know(intake->executor, &identity);
        if (asking->defer_to > 0)
            slurm_executor_defer(intake->executor, identity.job_id, asking->defer_to);
        identity.task += identity.task >= 0;
    }
    intake->on_taken(identity.id, answer->error.code ? &answer->error : NULL,
                     intake->context);
    free(asking);
}

static void submit(struct slurm_intake *intake, const struct slurm_claim *claim,
                   const struct slurm_unit *unit, int32_t last_task)
{
    struct daemon *daemon = intake->daemon;
    const struct engine_actor owner = {
        .uid = unit->record->uid,
        .user = unit->record->user,
        .admin = true,
    };
    const struct slurm_moment moment = slurm_news_moment(daemon);
    struct submission submission;
    struct asking *asking = xcalloc(1, sizeof(*asking));
    struct error err;

    *asking = (struct asking){
        .intake = intake,
        .first = {0, unit->id, unit->task, unit->record->submitted, claim->is_dry},
        .defer_to = claim->is_deferred && !claim->is_dry ? 0 : claim->latest,
    };
    slurm_claim_fill(claim, unit, last_task, &moment, &submission);
    intake->asked++;
    if (engine_submit(daemon->engine, &submission, 1, &owner, on_answer, asking, &err)
        < 0) {
        if (slurm_refusals_add(intake->refusals, unit, last_task, err.text, moment.now))
            log_warning("job %" PRId64 " of Slurm is left to Slurm: %s", unit->id,
                        err.text);
        intake->asked--;
        free(asking);
        intake->on_taken(unit->id, &err, intake->context);
    } else {
        intake->has_taken = true;
    }
    submission_release(&submission);
}

/* Whether the engine has refused it of late; who waits for it is told why. */
static bool is_refused(const struct slurm_intake *intake, const struct slurm_unit *unit)
{
    const char *why =
        slurm_refusals_find(intake->refusals, unit, system_clock.now(&system_clock));
    struct error err;

    if (!why)
        return false;
    error_set(&err, ERROR_CONFLICT, "%s", why);
    intake->on_taken(unit->id, &err, intake->context);
    return true;
}

/* Whether one submission may bring both: tasks of an array that follow one another. */
static bool goes_on(const struct slurm_unit *unit, const struct slurm_unit *next)
{
    return unit->task >= 0 && next->id == unit->id && next->task == unit->task + 1
           && next->record == unit->record;
}

/*
 * Whether it can still be decided when it starts: on paper, where nothing has kept it
 * from starting, that is so a little longer.
 */
static bool is_new(const struct slurm_intake *intake, const struct slurm_job *record)
{
    duration interval = intake->daemon->config->slurm.interval;

    if (!intake->is_dry || record->state == SLURM_PENDING)
        return !slurm_state_has_ended(record->state);
    return record->started > 0
           && record->submitted + NEW_INTERVALS * interval
                  >= system_clock.now(&system_clock);
}

/* Take in a unit that nobody knows, with the tasks after it; returns how many units. */
static size_t take_in(struct slurm_intake *intake, const struct slurm_units *units,
                      size_t index, const struct slurm_terms *terms)
{
    struct daemon *daemon = intake->daemon;
    const struct slurm_unit *unit = &units->items[index];
    char reference[SLURM_REFERENCE_SIZE];
    struct slurm_claim claim;
    size_t count = 1;

    /* One that was requeued had a run that was not ours, or was and is over. */
    if (!is_new(intake, unit->record) || unit->record->restarts > 0
        || !slurm_claim_make(unit, daemon->config, terms, &claim)
        || is_refused(intake, unit))
        return count;
    slurm_claim_refer(&claim, unit, reference);
    if (store_load_referred(daemon->reader, reference, check_ended, intake, NULL) < 0
        || slurm_executor_find(intake->executor, unit) != 0)
        return count;
    while (index + count < units->count
           && goes_on(&units->items[index + count - 1], &units->items[index + count])
           && slurm_executor_find(intake->executor, &units->items[index + count]) == 0)
        count++;
    submit(intake, &claim, unit, units->items[index + count - 1].task);
    intake->taken += count;
    return count;
}

bool slurm_intake_is_open(int64_t job_id, void *context)
{
    const struct slurm_intake *intake = context;
    struct engine_job found;

    return engine_find(intake->daemon->engine, job_id, &found);
}

bool slurm_intake_see(struct slurm_intake *intake, const struct slurm_units *units,
                      const struct slurm_terms *terms)
{
    const struct slurm_news news = {intake->daemon, intake->executor, terms};
    bool may_take = intake->asked == 0 && !slurm_lease_is_off(intake->daemon->config);
    size_t step;

    drop_leftovers(intake);
    intake->taken = 0;
    intake->has_taken = false;
    intake->has_more = false;
    for (size_t i = 0; i < units->count; i += step) {
        int64_t job_id = slurm_executor_find(intake->executor, &units->items[i]);

        step = 1;
        if (job_id > 0)
            slurm_news_see(&news, job_id, units->items[i].record);
        else if (may_take && intake->taken < SLURM_INTAKE_MAX)
            step = take_in(intake, units, i, terms);
        else if (may_take)
            intake->has_more = true;
    }
    if (may_take && !intake->has_more)
        slurm_refusals_sweep(intake->refusals);
    /* Where all were refused, as by a full queue, so would be the rest. */
    return intake->has_more && intake->has_taken;
}

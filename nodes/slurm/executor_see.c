/* SPDX-License-Identifier: MIT */
#include <search.h>
#include <stdio.h>

#include "base/alloc.h"
#include "nodes/slurm/executor_internal.h"

/* What listings tell of attempts. */

static struct executor_report report_of(const struct slurm_item *item,
                                        enum executor_outcome outcome)
{
    return (struct executor_report){
        .job_id = item->identity.job_id,
        .attempt = item->attempt,
        .outcome = outcome,
        .at = item->executor->clock->now(item->executor->clock),
    };
}

static void tell_started(struct slurm_item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    struct executor_report report = report_of(item, EXECUTOR_STARTED);

    if (item->told_started)
        return;
    item->told_started = true;
    item->is_adopted = false;
    item->is_slurms = false;
    item->restarts = record->restarts;
    if (record->started > 0)
        report.at = slurm_to_clock(self->clock, record->started);
    self->on_report(&report, self->context);
}

static void tell_broken_off(struct slurm_item *item, enum executor_outcome outcome,
                            bool is_requeued, const char *why)
{
    struct slurm_executor *self = item->executor;
    struct executor_report report = report_of(item, outcome);

    report.requeued = is_requeued;
    snprintf(report.text, sizeof(report.text), "%s", why);
    item->attempt = 0;
    item->released = false;
    self->on_report(&report, self->context);
}

static void tell_lost(struct slurm_item *item, const char *why)
{
    tell_broken_off(item, EXECUTOR_LOST, false, why);
}

bool slurm_executor_drop(struct slurm_executor *executor, int64_t job_id,
                         const char *why)
{
    struct slurm_item *item = slurm_executor_item(executor, job_id);

    if (!item || item->attempt == 0)
        return false;
    tell_broken_off(item, EXECUTOR_DROPPED, false, why);
    return true;
}

/* Of one that Slurm ended before it ran there is no run to tell of. */
static void tell_ended(struct slurm_item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    bool has_run = record->started > 0 && record->state != SLURM_BOOT_FAIL;
    struct executor_report report =
        report_of(item, has_run ? EXECUTOR_ENDED : EXECUTOR_REFUSED);

    if (has_run)
        report.started = slurm_to_clock(self->clock, record->started);
    if (record->ended > 0)
        report.at = slurm_to_clock(self->clock, record->ended);
    if (has_run && record->ended > record->started)
        report.ran = (record->ended - record->started) * self->clock->rate;
    report.status = record->status;
    report.signal = record->signal;
    report.timed_out = record->state == SLURM_TIMEOUT;
    report.out_of_memory = record->state == SLURM_OUT_OF_MEMORY;
    if (record->state != SLURM_COMPLETED && report.status == 0 && report.signal == 0)
        report.status = 1;
    if (record->state != SLURM_COMPLETED && record->state != SLURM_FAILED)
        snprintf(report.text, sizeof(report.text), "%s in Slurm",
                 slurm_state_name(record->state));
    item->attempt = 0;
    self->on_report(&report, self->context);
}

/* Until Slurm has it as we want it; what somebody sets after that is theirs. */
static void see_deferred(struct slurm_item *item, const struct slurm_job *record)
{
    bool is_so = record->begin == item->defer_to
                 || (item->hastens && record->begin < item->defer_to);

    if (record->state != SLURM_PENDING || is_so)
        item->defer_to = 0;
    else
        slurm_executor_ask(item->executor, item, SLURM_DEFER, item->defer_to, 0);
}

/*
 * Whatever it did on its signal, but for ending with 0, it is requeued, so that it can
 * be started again. Then it is deferred before it is told of, or Slurm would start it
 * by itself in two minutes.
 */
static void see_pausing(struct slurm_item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    struct executor_report report = report_of(item, EXECUTOR_ENDED);
    bool has_ended = slurm_state_has_ended(record->state);

    if (record->state == SLURM_COMPLETED || record->state == SLURM_CANCELLED) {
        tell_ended(item, record);
    } else if (record->state == SLURM_PENDING && record->restarts > item->restarts) {
        see_deferred(item, record);
        report.status = 1;
        item->attempt = 0;
        item->released = false;
        item->pausing = false;
        self->on_report(&report, self->context);
    } else if (has_ended) {
        slurm_executor_ask(self, item, SLURM_REQUEUE_ENDED, 0, 0);
    } else if (self->clock->now(self->clock) >= item->pause_until) {
        slurm_executor_ask(self, item, SLURM_REQUEUE, 0, 0);
    }
}

/* Every attempt but the first comes from a requeue: of one more we were not told, and
 * the run that the attempt was is over. */
static bool was_requeued(const struct slurm_item *item, const struct slurm_job *record)
{
    return item->is_adopted ? record->restarts >= item->attempt
                            : item->told_started && record->restarts > item->restarts;
}

static void see_record(struct slurm_item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    bool has_ended = slurm_state_has_ended(record->state);

    if (item->wants_stop && !has_ended && record->state != SLURM_COMPLETING)
        slurm_executor_ask(self, item, SLURM_CANCEL, 0, 0);
    if (item->attempt == 0 && item->defer_to > 0)
        see_deferred(item, record);
    if (item->attempt == 0)
        return;
    if (item->pausing) {
        see_pausing(item, record);
    } else if (was_requeued(item, record)) {
        item->is_slurms = true;
        tell_broken_off(item, EXECUTOR_LOST, true, "requeued in Slurm");
    } else if (record->state == SLURM_NODE_FAIL || record->state == SLURM_PREEMPTED) {
        tell_started(item, record);
        item->is_slurms = true;
        tell_lost(item, slurm_state_name(record->state));
    } else if (has_ended) {
        tell_ended(item, record);
    } else if (record->state == SLURM_PENDING) {
        if (record->begin > system_clock.now(&system_clock) && !item->wants_stop
            && !item->is_slurms)
            slurm_executor_ask(self, item, SLURM_RELEASE, 0, 0);
    } else if (record->state != SLURM_STATE_UNKNOWN) {
        tell_started(item, record);
    }
}

void slurm_executor_see_missing(struct slurm_executor *executor, int64_t job_id,
                                const struct slurm_job *record)
{
    struct slurm_item *item = slurm_executor_item(executor, job_id);

    if (!item)
        return;
    item->record_id = record->job_id;
    item->pausing = false; /* nothing there can be requeued */
    see_record(item, record);
}

static void see_none(struct slurm_item *item)
{
    struct slurm_executor *self = item->executor;

    if (++item->misses < SLURM_MISSES_MAX
        || (self->on_missing
            && self->on_missing(&item->identity, self->missing_context)))
        return;
    if (item->attempt > 0) {
        tell_lost(item, "slurmctld no longer knows it, nor how it ended");
        return;
    }
    self->gone =
        xgrow(self->gone, self->gone_count, &self->gone_room, sizeof(*self->gone));
    self->gone[self->gone_count++] = item;
}

static void see_item(const void *node, VISIT which, void *closure)
{
    struct slurm_item *item = *(struct slurm_item *const *)node;
    const struct slurm_executor *self = closure;
    const struct slurm_unit *unit;

    if (which != postorder && which != leaf)
        return;
    unit = slurm_units_find(self->units, item->identity.id, item->identity.task);
    if (unit && slurm_is_same(unit->record, item->identity.submitted)) {
        item->misses = 0;
        item->waited_at =
            unit->record->state == SLURM_PENDING ? system_clock.now(&system_clock) : 0;
        item->record_id = unit->record->job_id;
        see_record(item, unit->record);
    } else {
        see_none(item);
    }
}

void slurm_executor_see(struct slurm_executor *executor,
                        const struct slurm_units *units,
                        void (*on_gone)(int64_t job_id, void *context), void *context)
{
    executor->units = units;
    executor->gone_count = 0;
    twalk_r(executor->by_job, see_item, executor);
    executor->units = NULL;
    for (size_t i = 0; i < executor->gone_count; i++) {
        int64_t job_id = executor->gone[i]->identity.job_id;

        slurm_executor_remove(executor, executor->gone[i]);
        if (on_gone)
            on_gone(job_id, context);
    }
}

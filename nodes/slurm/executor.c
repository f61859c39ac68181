/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/executor.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#define MISSES_MAX 2

/* A job that may wait for ever is started again by Slurm after that, if we are gone. */
#define DEFER_MAX (7 * DAY)

/* A job that Slurm has, or had. */
struct item {
    struct slurm_identity identity;
    int32_t attempt;  /* the one that is under way; 0: none */
    int32_t restarts; /* by Slurm, when the attempt began */
    int misses;       /* listings in a row that did not have it */
    bool released;    /* it was ordered to start */
    bool told_started;
    bool wants_stop;
    bool pausing;
    instant pause_until; /* then it has had its grace */
    instant defer_to;    /* real; 0: its begin time is as we want it */
    struct slurm_executor *executor;
};

struct slurm_executor {
    struct executor port; /* first, so that a pointer to it is one to the whole */
    const struct clock *clock;
    struct slurm_orders *orders;
    executor_on_report *on_report;
    void *context;
    void *by_job;  /* trees of search.h, of struct item */
    void *by_unit; /* the last to be known by an id comes first */
    char trouble[256];

    /* While a listing is looked at. */
    const struct slurm_units *units;
    struct item **gone;
    size_t gone_count;
    size_t gone_room;
};

static struct slurm_executor *self_of(struct executor *port)
{
    return (struct slurm_executor *)port;
}

static int compare_jobs(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;

    return (left->identity.job_id > right->identity.job_id)
           - (left->identity.job_id < right->identity.job_id);
}

static int compare_units(const void *a, const void *b)
{
    const struct slurm_identity *left = &((const struct item *)a)->identity;
    const struct slurm_identity *right = &((const struct item *)b)->identity;

    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return (left->task > right->task) - (left->task < right->task);
}

static struct item *find_job(const struct slurm_executor *self, int64_t job_id)
{
    const struct item key = {.identity = {.job_id = job_id}};
    void *found = tfind(&key, &self->by_job, compare_jobs);

    return found ? *(struct item **)found : NULL;
}

static struct item *find_unit(const struct slurm_executor *self, int64_t id,
                              int32_t task)
{
    const struct item key = {.identity = {.id = id, .task = task}};
    void *found = tfind(&key, &self->by_unit, compare_units);

    return found ? *(struct item **)found : NULL;
}

instant slurm_to_clock(const struct clock *clock, instant real)
{
    if (clock->rate == 1 || real == 0)
        return real;
    return clock->now(clock) + (real - system_clock.now(&system_clock)) * clock->rate;
}

instant slurm_from_clock(const struct clock *clock, instant when)
{
    if (clock->rate == 1 || when == 0)
        return when;
    return system_clock.now(&system_clock) + (when - clock->now(clock)) / clock->rate;
}

static void ask(struct slurm_executor *self, const struct item *item,
                enum slurm_verb verb, instant begin, int number)
{
    const struct slurm_change order = {
        .verb = verb,
        .id = item->identity.id,
        .task = item->identity.task,
        .begin = begin,
        .signal = number,
    };

    if (self->orders)
        slurm_orders_add(self->orders, &order);
}

static int start(struct executor *port, const struct executor_order *order,
                 struct error *err)
{
    struct slurm_executor *self = self_of(port);
    struct item *item = find_job(self, order->job_id);

    if (!item)
        return error_set(err, ERROR_MISSING, "no job of Slurm is known by it");
    item->attempt = order->attempt;
    item->released = true;
    item->told_started = false;
    item->wants_stop = false;
    item->pausing = false;
    item->defer_to = 0;
    ask(self, item, SLURM_RELEASE, 0, 0);
    return 0;
}

static void stop(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct slurm_executor *self = self_of(port);
    struct item *item = find_job(self, job_id);

    if (!item || (item->attempt > 0 && item->attempt != attempt))
        return;
    item->wants_stop = true;
    ask(self, item, SLURM_CANCEL, 0, 0);
}

static void pause_job(struct executor *port, int64_t job_id, int32_t attempt,
                      const struct executor_pause *how)
{
    struct slurm_executor *self = self_of(port);
    struct item *item = find_job(self, job_id);

    if (!item || item->attempt != attempt || item->wants_stop)
        return;
    item->pausing = true;
    item->pause_until = self->clock->now(self->clock) + how->grace;
    item->defer_to = slurm_from_clock(self->clock, how->latest_resume);
    if (item->defer_to > system_clock.now(&system_clock) + DEFER_MAX)
        item->defer_to = system_clock.now(&system_clock) + DEFER_MAX;
    ask(self, item, SLURM_SIGNAL, 0, how->signal);
}

static void adopt(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct slurm_executor *self = self_of(port);
    struct item *item = find_job(self, job_id);

    /* Of a job whose reference is told later, slurm_executor_know() makes the item. */
    if (!item) {
        slurm_executor_know(self, &(struct slurm_identity){.job_id = job_id});
        item = find_job(self, job_id);
    }
    item->attempt = attempt;
    item->released = true;
    item->told_started = false;
}

static void forget(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct item *item = find_job(self_of(port), job_id);

    if (!item || item->attempt != attempt)
        return;
    item->attempt = 0;
    item->released = false;
    item->told_started = false;
}

struct slurm_executor *slurm_executor_create(const struct clock *clock,
                                             struct slurm_orders *orders,
                                             executor_on_report *on_report,
                                             void *context)
{
    struct slurm_executor *self = xcalloc(1, sizeof(*self));

    self->port = (struct executor){start, stop, pause_job, adopt, forget};
    self->clock = clock;
    self->orders = orders;
    self->on_report = on_report;
    self->context = context;
    return self;
}

void slurm_executor_rest(struct slurm_executor *executor)
{
    executor->orders = NULL;
}

static void ignore(void *item)
{
    (void)item;
}

void slurm_executor_destroy(struct slurm_executor *executor)
{
    if (!executor)
        return;
    tdestroy(executor->by_unit, ignore);
    tdestroy(executor->by_job, free);
    free(executor->gone);
    free(executor);
}

struct executor *slurm_executor_port(struct slurm_executor *executor)
{
    return &executor->port;
}

static void add_to(void **tree, struct item *item,
                   int (*compare)(const void *, const void *))
{
    if (!tsearch(item, tree, compare))
        abort();
}

void slurm_executor_know(struct slurm_executor *executor,
                         const struct slurm_identity *identity)
{
    struct item *item = find_job(executor, identity->job_id);
    struct item *other;

    if (!item) {
        item = xcalloc(1, sizeof(*item));
        item->identity.job_id = identity->job_id;
        item->executor = executor;
        add_to(&executor->by_job, item, compare_jobs);
    }
    if (item->identity.id > 0)
        return;
    item->identity = *identity;
    if (identity->id == 0)
        return;
    /* An id that is given anew is the new job's. */
    other = find_unit(executor, identity->id, identity->task);
    if (other && other->identity.submitted > identity->submitted)
        return;
    if (other)
        tdelete(other, &executor->by_unit, compare_units);
    add_to(&executor->by_unit, item, compare_units);
}

int64_t slurm_executor_find(const struct slurm_executor *executor,
                            const struct slurm_unit *unit)
{
    const struct item *item = find_unit(executor, unit->id, unit->task);

    if (!item || !slurm_is_same(unit->record, item->identity.submitted))
        return 0;
    return item->identity.job_id;
}

bool slurm_executor_identify(const struct slurm_executor *executor, int64_t job_id,
                             struct slurm_identity *identity)
{
    const struct item *item = find_job(executor, job_id);

    if (!item || item->identity.id == 0)
        return false;
    *identity = item->identity;
    return true;
}

bool slurm_executor_has_released(const struct slurm_executor *executor, int64_t job_id)
{
    const struct item *item = find_job(executor, job_id);

    return item && item->released;
}

void slurm_executor_defer(struct slurm_executor *executor, int64_t job_id,
                          instant begin)
{
    struct item *item = find_job(executor, job_id);

    if (!item || item->released)
        return;
    item->defer_to = begin;
    ask(executor, item, SLURM_DEFER, begin, 0);
}

static struct executor_report report_of(const struct item *item,
                                        enum executor_outcome outcome)
{
    return (struct executor_report){
        .job_id = item->identity.job_id,
        .attempt = item->attempt,
        .outcome = outcome,
        .at = item->executor->clock->now(item->executor->clock),
    };
}

static void tell_started(struct item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    struct executor_report report = report_of(item, EXECUTOR_STARTED);

    if (item->told_started)
        return;
    item->told_started = true;
    item->restarts = record->restarts;
    if (record->started > 0)
        report.at = slurm_to_clock(self->clock, record->started);
    self->on_report(&report, self->context);
}

static void tell_lost(struct item *item, const char *why)
{
    struct slurm_executor *self = item->executor;
    struct executor_report report = report_of(item, EXECUTOR_LOST);

    snprintf(report.text, sizeof(report.text), "%s", why);
    item->attempt = 0;
    item->released = false;
    self->on_report(&report, self->context);
}

/* Of one that Slurm ended before it ran there is no run to tell of. */
static void tell_ended(struct item *item, const struct slurm_job *record)
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
static void see_deferred(struct item *item, const struct slurm_job *record)
{
    if (record->state != SLURM_PENDING || record->begin == item->defer_to)
        item->defer_to = 0;
    else
        ask(item->executor, item, SLURM_DEFER, item->defer_to, 0);
}

/*
 * Whatever it did on its signal, but for ending with 0, it is requeued, so that it can
 * be started again. Then it is deferred before it is told of, or Slurm would start it
 * by itself in two minutes.
 */
static void see_pausing(struct item *item, const struct slurm_job *record)
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
    } else if (has_ended || self->clock->now(self->clock) >= item->pause_until) {
        ask(self, item, SLURM_REQUEUE, 0, 0);
    }
}

static void see_record(struct item *item, const struct slurm_job *record)
{
    struct slurm_executor *self = item->executor;
    bool has_ended = slurm_state_has_ended(record->state);

    if (item->wants_stop && !has_ended && record->state != SLURM_COMPLETING)
        ask(self, item, SLURM_CANCEL, 0, 0);
    if (item->attempt == 0 && item->defer_to > 0)
        see_deferred(item, record);
    if (item->attempt == 0)
        return;
    if (item->pausing) {
        see_pausing(item, record);
    } else if (item->told_started && record->restarts > item->restarts) {
        tell_lost(item, "Slurm has requeued it");
    } else if (record->state == SLURM_NODE_FAIL || record->state == SLURM_PREEMPTED) {
        tell_started(item, record);
        tell_lost(item, slurm_state_name(record->state));
    } else if (has_ended) {
        tell_ended(item, record);
    } else if (record->state == SLURM_PENDING) {
        if (record->begin > system_clock.now(&system_clock) && !item->wants_stop)
            ask(self, item, SLURM_RELEASE, 0, 0);
    } else if (record->state != SLURM_STATE_UNKNOWN) {
        tell_started(item, record);
    }
}

static void see_none(struct item *item)
{
    struct slurm_executor *self = item->executor;

    if (++item->misses < MISSES_MAX)
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
    struct item *item = *(struct item *const *)node;
    const struct slurm_executor *self = closure;
    const struct slurm_unit *unit;

    if (which != postorder && which != leaf)
        return;
    unit = slurm_units_find(self->units, item->identity.id, item->identity.task);
    if (unit && slurm_is_same(unit->record, item->identity.submitted)) {
        item->misses = 0;
        see_record(item, unit->record);
    } else {
        see_none(item);
    }
}

static void remove_item(struct slurm_executor *self, struct item *item)
{
    if (find_unit(self, item->identity.id, item->identity.task) == item)
        tdelete(item, &self->by_unit, compare_units);
    tdelete(item, &self->by_job, compare_jobs);
    free(item);
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

        remove_item(executor, executor->gone[i]);
        if (on_gone)
            on_gone(job_id, context);
    }
}

void slurm_executor_on_answer(const struct slurm_change *change,
                              const struct error *failure, void *executor)
{
    struct slurm_executor *self = executor;
    char name[SLURM_NAME_SIZE];

    self->trouble[0] = '\0';
    /* What Slurm no longer has, the next listings will show. */
    if (failure && failure->code != ERROR_MISSING)
        snprintf(self->trouble, sizeof(self->trouble), "job %s of Slurm: %.180s",
                 slurm_unit_name(change->id, change->task, name), failure->text);
}

const char *slurm_executor_trouble(const struct slurm_executor *executor)
{
    return executor->trouble;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/executor.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "nodes/slurm/executor_internal.h"

/* A job that may wait for ever is started again by Slurm after that, if we are gone. */
#define DEFER_MAX (7 * DAY)

static struct slurm_executor *self_of(struct executor *port)
{
    return (struct slurm_executor *)port;
}

static int compare_jobs(const void *a, const void *b)
{
    const struct slurm_item *left = a;
    const struct slurm_item *right = b;

    return (left->identity.job_id > right->identity.job_id)
           - (left->identity.job_id < right->identity.job_id);
}

static int compare_units(const void *a, const void *b)
{
    const struct slurm_identity *left = &((const struct slurm_item *)a)->identity;
    const struct slurm_identity *right = &((const struct slurm_item *)b)->identity;

    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return (left->task > right->task) - (left->task < right->task);
}

struct slurm_item *slurm_executor_item(const struct slurm_executor *self,
                                       int64_t job_id)
{
    const struct slurm_item key = {.identity = {.job_id = job_id}};
    void *found = tfind(&key, &self->by_job, compare_jobs);

    return found ? *(struct slurm_item **)found : NULL;
}

static struct slurm_item *find_unit(const struct slurm_executor *self, int64_t id,
                                    int32_t task)
{
    const struct slurm_item key = {.identity = {.id = id, .task = task}};
    void *found = tfind(&key, &self->by_unit, compare_units);

    return found ? *(struct slurm_item **)found : NULL;
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

void slurm_executor_ask(struct slurm_executor *self, const struct slurm_item *item,
                        enum slurm_verb verb, instant begin, int number)
{
    const struct slurm_change order = {
        .verb = verb,
        .id = item->identity.id,
        .task = item->identity.task,
        .begin = begin,
        .signal = number,
    };

    if (self->paper)
        slurm_paper_order(self->paper, &order, system_clock.now(&system_clock));
    else if (self->orders)
        slurm_orders_add(self->orders, &order);
}

static int start(struct executor *port, const struct executor_order *order,
                 struct error *err)
{
    struct slurm_executor *self = self_of(port);
    struct slurm_item *item = slurm_executor_item(self, order->job_id);

    if (!item)
        return error_set(err, ERROR_MISSING, "no job of Slurm is known by it");
    item->attempt = order->attempt;
    item->is_adopted = false;
    item->released = true;
    item->told_started = false;
    item->wants_stop = false;
    item->pausing = false;
    item->defer_to = 0;
    if (!item->is_slurms)
        slurm_executor_ask(self, item, SLURM_RELEASE, 0, 0);
    return 0;
}

static void stop(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct slurm_executor *self = self_of(port);
    struct slurm_item *item = slurm_executor_item(self, job_id);

    if (!item || (item->attempt > 0 && item->attempt != attempt))
        return;
    item->wants_stop = true;
    slurm_executor_ask(self, item, SLURM_CANCEL, 0, 0);
}

static void pause_job(struct executor *port, int64_t job_id, int32_t attempt,
                      const struct executor_pause *how)
{
    struct slurm_executor *self = self_of(port);
    struct slurm_item *item = slurm_executor_item(self, job_id);

    if (!item || item->attempt != attempt || item->wants_stop)
        return;
    item->pausing = true;
    item->pause_until = self->clock->now(self->clock) + how->grace;
    item->defer_to = slurm_from_clock(self->clock, how->latest_resume);
    if (item->defer_to > system_clock.now(&system_clock) + DEFER_MAX)
        item->defer_to = system_clock.now(&system_clock) + DEFER_MAX;
    item->ordered = item->defer_to;
    item->hastens = false;
    slurm_executor_ask(self, item, SLURM_SIGNAL, 0, how->signal);
}

static void adopt(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct slurm_executor *self = self_of(port);
    struct slurm_item *item = slurm_executor_item(self, job_id);

    /* Of a job whose reference is told later, slurm_executor_know() makes the item. */
    if (!item) {
        slurm_executor_know(self, &(struct slurm_identity){.job_id = job_id});
        item = slurm_executor_item(self, job_id);
    }
    item->attempt = attempt;
    item->released = true;
    item->told_started = false;
    item->is_adopted = true;
}

static void forget(struct executor *port, int64_t job_id, int32_t attempt)
{
    struct slurm_item *item = slurm_executor_item(self_of(port), job_id);

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

void slurm_executor_use_paper(struct slurm_executor *executor,
                              struct slurm_paper *paper)
{
    executor->paper = paper;
}

void slurm_executor_on_missing(struct slurm_executor *executor,
                               slurm_on_missing *on_missing, void *context)
{
    executor->on_missing = on_missing;
    executor->missing_context = context;
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
    slurm_executor_release_absent(executor);
    free(executor);
}

struct executor *slurm_executor_port(struct slurm_executor *executor)
{
    return &executor->port;
}

static void add_to(void **tree, struct slurm_item *item,
                   int (*compare)(const void *, const void *))
{
    if (!tsearch(item, tree, compare))
        abort();
}

void slurm_executor_know(struct slurm_executor *executor,
                         const struct slurm_identity *identity)
{
    struct slurm_item *item = slurm_executor_item(executor, identity->job_id);
    struct slurm_item *other;

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
    const struct slurm_item *item = find_unit(executor, unit->id, unit->task);

    if (!item || !slurm_is_same(unit->record, item->identity.submitted))
        return 0;
    return item->identity.job_id;
}

bool slurm_executor_identify(const struct slurm_executor *executor, int64_t job_id,
                             struct slurm_identity *identity)
{
    const struct slurm_item *item = slurm_executor_item(executor, job_id);

    if (!item || item->identity.id == 0)
        return false;
    *identity = item->identity;
    return true;
}

int64_t slurm_executor_record(const struct slurm_executor *executor, int64_t job_id)
{
    const struct slurm_item *item = slurm_executor_item(executor, job_id);

    return item ? item->record_id : 0;
}

bool slurm_executor_has_released(const struct slurm_executor *executor, int64_t job_id)
{
    const struct slurm_item *item = slurm_executor_item(executor, job_id);

    return item && item->released;
}

void slurm_executor_defer(struct slurm_executor *executor, int64_t job_id,
                          instant begin)
{
    struct slurm_item *item = slurm_executor_item(executor, job_id);

    if (!item || item->released)
        return;
    item->defer_to = begin;
    item->ordered = begin;
    item->hastens = false;
    slurm_executor_ask(executor, item, SLURM_DEFER, begin, 0);
}

void slurm_executor_hasten(struct slurm_executor *executor, int64_t job_id,
                           instant begin)
{
    struct slurm_item *item = slurm_executor_item(executor, job_id);

    if (!item || (item->defer_to > 0 && item->defer_to <= begin))
        return;
    slurm_executor_defer(executor, job_id, begin);
    item->hastens = true;
}

instant slurm_executor_ordered(const struct slurm_executor *executor, int64_t job_id)
{
    const struct slurm_item *item = slurm_executor_item(executor, job_id);

    return item ? item->ordered : 0;
}

void slurm_executor_remove(struct slurm_executor *self, struct slurm_item *item)
{
    if (find_unit(self, item->identity.id, item->identity.task) == item)
        tdelete(item, &self->by_unit, compare_units);
    tdelete(item, &self->by_job, compare_jobs);
    free(item);
}

void slurm_executor_on_answer(const struct slurm_change *change,
                              const struct error *failure, void *executor)
{
    struct slurm_executor *self = executor;
    char name[SLURM_NAME_SIZE];

    self->trouble[0] = '\0';
    /* What Slurm no longer has, the next listings will show. */
    if (failure && failure->code != ERROR_MISSING)
        snprintf(self->trouble, sizeof(self->trouble), "job %s of Slurm: %.250s",
                 slurm_unit_name(change->id, change->task, name), failure->text);
}

const char *slurm_executor_trouble(const struct slurm_executor *executor)
{
    return executor->trouble;
}

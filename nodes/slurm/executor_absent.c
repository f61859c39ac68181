/* SPDX-License-Identifier: MIT */
#include <search.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/slurm/executor_internal.h"

/* Tasks of arrays that were cancelled while they waited. */

/* Less than for how long slurmctld has a record of a task that ran and has ended:
 * MinJobAge, 300 s unless it is set otherwise. */
#define KEPT_FOR (2 * MINUTE)

static int compare(const void *a, const void *b)
{
    const struct slurm_job *left = *(const struct slurm_job *const *)a;
    const struct slurm_job *right = *(const struct slurm_job *const *)b;

    return (left->array_id > right->array_id) - (left->array_id < right->array_id);
}

/* An array's own record has its id, even when it has become that of its last task. */
static void find_arrays(struct slurm_executor *self,
                        const struct slurm_listing *listing)
{
    size_t room = 0;

    self->array_count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const struct slurm_job *record = &listing->jobs[i];

        if (record->array_id == 0 || record->array_id != record->job_id)
            continue;
        self->arrays =
            xgrow(self->arrays, self->array_count, &room, sizeof(*self->arrays));
        self->arrays[self->array_count++] = record;
    }
    if (self->array_count > 0)
        qsort(self->arrays, self->array_count, sizeof(*self->arrays), compare);
}

static const struct slurm_job *find_array(const struct slurm_executor *self, int64_t id)
{
    const struct slurm_job wanted = {.array_id = id};
    const struct slurm_job *key = &wanted;
    const struct slurm_job **found = NULL;

    if (self->array_count > 0)
        found = bsearch(&key, self->arrays, self->array_count, sizeof(*self->arrays),
                        compare);
    return found ? *found : NULL;
}

/*
 * One that has waited just now, and has no record, did not run: what ran has one for a
 * while. Of one that was not seen for longer accounting knows more, if there is any.
 */
static bool was_cancelled(const struct slurm_item *item, const struct slurm_job *array)
{
    const struct slurm_executor *self = item->executor;

    if (item->waited_at > 0
        && system_clock.now(&system_clock) < item->waited_at + KEPT_FOR)
        return true;
    return array->state == SLURM_CANCELLED && item->misses + 1 >= SLURM_MISSES_MAX
           && !(self->on_missing
                && self->on_missing(&item->identity, self->missing_context));
}

static void tell(struct slurm_executor *self, const struct slurm_item *item,
                 const struct slurm_job *array)
{
    struct slurm_job *record = xmemdup(array, sizeof(*array));

    record->array_task = item->identity.task;
    record->array_tasks = record->nodes = text_nothing;
    record->state = SLURM_CANCELLED;
    record->begin = record->started = record->ended = 0;
    record->status = record->signal = 0;
    self->absent = xgrow(self->absent, self->absent_count, &self->absent_room[0],
                         sizeof(*self->absent));
    self->absent_records = xgrow(self->absent_records, self->absent_count,
                                 &self->absent_room[1], sizeof(*self->absent_records));
    self->absent_records[self->absent_count] = record;
    self->absent[self->absent_count++] = (struct slurm_unit){
        .id = item->identity.id,
        .task = item->identity.task,
        .record = record,
        .wanted = array->wanted,
    };
}

static void see_item(const void *node, VISIT which, void *closure)
{
    const struct slurm_item *item = *(struct slurm_item *const *)node;
    struct slurm_executor *self = closure;
    const struct slurm_job *array;

    if ((which != postorder && which != leaf) || item->identity.task < 0
        || item->told_started
        || slurm_units_find(self->units, item->identity.id, item->identity.task))
        return;
    array = find_array(self, item->identity.id);
    if (array && slurm_is_same(array, item->identity.submitted)
        && was_cancelled(item, array))
        tell(self, item, array);
}

static void release(struct slurm_executor *self)
{
    for (size_t i = 0; i < self->absent_count; i++)
        free(self->absent_records[i]);
    self->absent_count = 0;
}

void slurm_executor_see_absent(struct slurm_executor *executor,
                               const struct slurm_listing *listing,
                               struct slurm_units *units)
{
    release(executor);
    /* What waits on paper may have run in Slurm. */
    if (executor->paper)
        return;
    find_arrays(executor, listing);
    executor->units = units;
    twalk_r(executor->by_job, see_item, executor);
    executor->units = NULL;
    executor->array_count = 0;
    slurm_units_add(units, executor->absent, executor->absent_count);
}

void slurm_executor_release_absent(struct slurm_executor *executor)
{
    release(executor);
    free(executor->absent);
    free(executor->absent_records);
    free(executor->arrays);
}

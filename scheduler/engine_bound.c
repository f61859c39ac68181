/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* How good a plan is, is found out where it is made, on the task's thread. */

void engine_task_run(struct engine_task *task)
{
    size_t size = task->split_count * sizeof(task->splits[0]);
    struct plan_split *before = task->wants_bound ? xmemdup(task->splits, size) : NULL;
    struct plan_made made;

    plan_run_split(task->plan, task->splits, task->split_count, &task->batch,
                   task->now);
    made = (struct plan_made){
        .plan = task->plan,
        .batch = task->batch,
        .splits = task->splits,
        .before = before,
        .split_count = task->split_count,
        .now = task->now,
    };
    if (task->wants_bound)
        (void)plan_find_bound(&made, &task->bound);
    free(before);
}

bool engine_find_bound(const struct engine *engine, struct plan_bound *bound,
                       instant *made)
{
    if (engine->bound.jobs == 0)
        return false;
    *bound = engine->bound;
    *made = engine->bound_at;
    return true;
}

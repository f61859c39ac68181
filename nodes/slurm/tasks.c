/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include "nodes/slurm/rounds.h"

static int refuse(const char *tasks, const char *at, struct error *err)
{
    return error_set(err, ERROR_INVALID, "not a list of tasks, from byte %zu on: %.60s",
                     (size_t)(at - tasks), tasks);
}

int slurm_tasks_parse(const char *tasks, void (*on_task)(int32_t task, void *context),
                      void *context, struct error *err)
{
    const char *at = tasks;
    int64_t told = -1; /* the last one */
    size_t count = 0;
    struct rounds_range range;
    int64_t at_once;

    do {
        at += at != tasks; /* the comma */
        if (!rounds_take_range(&at, &range) || range.first <= told)
            return refuse(tasks, at, err);
        for (int64_t task = range.first; task <= range.last; task += range.step) {
            if (count++ == SLURM_TASKS_MAX)
                return error_set(err, ERROR_TOO_LARGE,
                                 "an array of more than %d tasks that wait",
                                 SLURM_TASKS_MAX);
            on_task((int32_t)task, context);
        }
        told = range.last;
    } while (*at == ',');
    if (!rounds_take_limit(&at, &at_once))
        return error_set(err, ERROR_INVALID, "no number of tasks at once: %.60s",
                         tasks);
    return *at == '\0' ? 0 : refuse(tasks, at, err);
}

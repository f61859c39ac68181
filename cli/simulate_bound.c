/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/simulate_run.h"
#include "scheduler/bound.h"

/* The slots of the truth from its beginning on. */
static double *make_levels(const struct scenario *scenario, size_t slots)
{
    double *levels = xcalloc(slots, sizeof(levels[0]));

    for (size_t i = 0; i < slots; i++) {
        instant at = scenario->begins + (duration)i * scenario->slot;
        int64_t level = 0;

        /* Later than any job runs, it may be unknown. */
        (void)series_level(scenario->truth, at, &level, NULL);
        levels[i] = (double)level;
    }
    return levels;
}

double simulate_bound(const struct scenario *scenario, bool preemptive, double upper)
{
    const struct config_pool *pool = &scenario->config->pools[0];
    size_t count = scenario->trace.count;
    struct bound_job *jobs = xcalloc(count, sizeof(jobs[0]));
    /* mg/kWh x W x slots, in grams. */
    double grams = (double)scenario->slot * (double)pool->pue_ppm / 1e6 / 3.6e9;
    struct bound bound = {
        .jobs = jobs,
        .count = count,
        .capacity = scenario->capacity,
        .preemptive = preemptive,
        .upper = upper / grams,
        .steps = BOUND_STEPS,
    };
    double *levels;
    double found;

    for (size_t i = 0; i < count; i++) {
        const struct trace_job *job = &scenario->trace.jobs[i];
        int32_t first = (int32_t)((job->arrives - scenario->begins) / scenario->slot);
        int32_t wait = (int32_t)(scenario_wait(scenario, i) / scenario->slot);
        size_t end;

        jobs[i] = (struct bound_job){first, first + wait,
                                     (int32_t)(job->length / scenario->slot), job->gpus,
                                     job->power};
        end = (size_t)jobs[i].last + (size_t)jobs[i].length;
        if (end > bound.slots)
            bound.slots = end;
    }
    levels = make_levels(scenario, bound.slots);
    bound.levels = levels;
    found = bound_find(&bound) * grams;
    free(levels);
    free(jobs);
    return found;
}

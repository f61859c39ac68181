/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "scheduler/plan.h"
#include "tests/support/planning.h"

/*
 * How long planning takes: jobs from a seed on a cluster that they fill by half, over
 * 96 h. One line for each figure: name, value, unit.
 */

#define START ((instant)1800000000)

static struct plan_job *make_jobs(size_t count, duration *gpu_seconds)
{
    struct plan_job *jobs = xcalloc(count, sizeof(jobs[0]));
    uint64_t seed = 1;

    *gpu_seconds = 0;
    for (size_t i = 0; i < count; i++) {
        jobs[i] = planning_job(&seed, (int64_t)i + 1, START);
        *gpu_seconds += jobs[i].time * jobs[i].wanted.gpus;
    }
    return jobs;
}

static struct plan *make_plan(duration slot, int64_t gpus, uint64_t seed)
{
    struct plan_settings settings = {slot, (size_t)(96 * HOUR / slot), 20000, 100000};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(gpus);
    intensity *levels = xcalloc(settings.slots, sizeof(levels[0]));

    planning_make_levels(&seed, START, slot, levels, settings.slots);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    free(levels);
    return plan;
}

static void print(const char *name, size_t count, duration slot, double value,
                  const char *unit)
{
    printf("plan_%s_%zu_jobs_%d_min %.3f %s\n", name, count, (int)(slot / MINUTE),
           value, unit);
}

static void measure(size_t count, duration slot)
{
    duration gpu_seconds;
    struct plan_job *jobs = make_jobs(count, &gpu_seconds);
    struct reservation *reservations = xcalloc(count, sizeof(reservations[0]));
    int64_t gpus = gpu_seconds * 2 / (96 * HOUR) + 8;
    struct plan *plan = make_plan(slot, gpus, 7);
    size_t late = 0;
    int64_t begun = monotonic_ms();

    for (size_t i = 0; i < count; i++)
        reservations[i] = plan_place(plan, &jobs[i], START);
    print("place", count, slot, (double)(monotonic_ms() - begun) * 1e3 / (double)count,
          "us/job");
    plan_destroy(plan);

    plan = make_plan(slot, gpus, 7);
    for (size_t i = 0; i < count; i++)
        reservations[i] = RESERVATION_NONE;
    begun = monotonic_ms();
    plan_run(plan, jobs, reservations, count, START);
    print("from_scratch", count, slot, (double)(monotonic_ms() - begun), "ms");
    for (size_t i = 0; i < count; i++)
        late += reservations[i].start > jobs[i].latest;
    print("late", count, slot, (double)late, "jobs");
    plan_destroy(plan);

    plan = make_plan(slot, gpus, 8);
    begun = monotonic_ms();
    plan_run(plan, jobs, reservations, count, START);
    print("again", count, slot, (double)(monotonic_ms() - begun), "ms");
    plan_destroy(plan);
    free(jobs);
    free(reservations);
}

int main(void)
{
    for (size_t count = 10000; count <= 1000000; count *= 10) {
        measure(count, 5 * MINUTE);
        measure(count, 15 * MINUTE);
    }
    return 0;
}

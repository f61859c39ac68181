/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/replay.h"
#include "tests/support/planning.h"

/*
 * How long a week of 100 000 jobs takes to be replayed, with all events through the
 * engine: on a cluster that they use by half, a forecast every hour. One line for each
 * figure: name, value, unit.
 */

#define START ((instant)1800000000 / DAY * DAY)
#define JOBS  100000
#define SLOT  (5 * MINUTE)

static struct forecast *ask(void *context, instant now)
{
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));
    struct series_sample samples[96];
    intensity levels[96];
    uint64_t seed = *(uint64_t *)context + (uint64_t)(now / DAY);

    planning_make_levels(&seed, now, HOUR, levels, 96);
    for (int i = 0; i < 96; i++)
        samples[i] = (struct series_sample){now + i * HOUR, levels[i]};
    forecast->intensity =
        series_create(samples, 96, now + 96 * HOUR, INTENSITY_MAX, NULL);
    return forecast;
}

static void on_run(void *context, size_t job, instant begins, instant ends)
{
    (void)context;
    (void)job;
    (void)begins;
    (void)ends;
}

/* GPUs that the jobs use by half. */
static int64_t make_trace(struct trace *trace)
{
    uint64_t seed = 1;
    duration gpu_seconds = 0;

    trace->jobs = xcalloc(JOBS, sizeof(trace->jobs[0]));
    trace->count = trace->room = JOBS;
    for (size_t i = 0; i < JOBS; i++) {
        struct plan_job job = planning_job(&seed, (int64_t)i + 1, START);
        struct trace_job *made = &trace->jobs[i];

        made->arrives = START + (duration)i * 7 * DAY / JOBS / SLOT * SLOT;
        made->length = made->estimate = (job.time + SLOT - 1) / SLOT * SLOT;
        made->max_wait = DAY;
        made->deadline = TRACE_NOT_SET;
        made->gpus = (int32_t)job.wanted.gpus;
        made->power = 300;
        gpu_seconds += made->length * made->gpus;
    }
    return gpu_seconds * 2 / (7 * DAY);
}

int main(void)
{
    struct trace trace = TRACE_EMPTY;
    uint64_t seed = 1;
    struct replay replay = {
        .settings = {.plan = {SLOT, 1152, 20000, 100000, 0},
                     .load_gate_ppm = 1000000,
                     .open_jobs_max = JOBS},
        .policy = planning_policy(POLICY_CLEANEST),
        .trace = &trace,
        .ask = ask,
        .on_run = on_run,
        .context = &seed,
    };
    struct error err;
    int64_t begun;

    replay.pool = planning_pool(make_trace(&trace));
    replay.pool.capacity.cpus = replay.pool.capacity.memory = INT64_C(1) << 40;
    strcpy(replay.pool.zone, REPLAY_ZONE);
    strcpy(replay.policy.name, "replay");
    replay.policy.max_jobs_per_user = POLICY_NOT_SET;
    replay.policy.max_gpus_per_user = POLICY_NOT_SET;
    replay.policy.idle_after = POLICY_NOT_SET;
    begun = monotonic_ms();
    if (replay_run(&replay, &err) < 0) {
        fprintf(stderr, "bench_replay: %s\n", err.text);
        return 1;
    }
    printf("replay_week_of_%d_jobs %.2f s\n", JOBS,
           (double)(monotonic_ms() - begun) / 1000);
    trace_release(&trace);
    return 0;
}

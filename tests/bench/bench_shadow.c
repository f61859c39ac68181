/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ledger/counterfactual.h"

/* How long the shadow queue takes for 100 000 jobs. Prints `name value unit`. */

#define JOBS 100000

struct workload {
    const char *name;
    instant interval; /* between jobs, in ms */
    bool many_shapes; /* else a dozen */
    struct resources capacity;
};

/* Always the same numbers. */
static int64_t random_below(uint64_t *state, int64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % (uint64_t)limit);
}

static void make_jobs(const struct workload *workload, struct shadow_job *jobs)
{
    uint64_t state = 1;

    for (int64_t i = 0; i < JOBS; i++) {
        struct shadow_job *job = &jobs[i];
        int64_t gpus = INT64_C(1) << random_below(&state, 4);

        *job = (struct shadow_job){.id = i, .eligible = i * workload->interval / 1000};
        if (random_below(&state, 3) == 0)
            gpus = 0;
        job->wanted = (struct resources){gpus, gpus ? 4 * gpus : 16, 8192};
        if (workload->many_shapes) {
            job->wanted.gpus = random_below(&state, 12);
            job->wanted.cpus = 1 + random_below(&state, 64);
            job->wanted.memory = 1000 + random_below(&state, 100000);
        }
        job->length = 60 + random_below(&state, 6 * HOUR);
        job->estimate = job->length + random_below(&state, 6 * HOUR);
    }
}

int main(void)
{
    static const struct workload workloads[] = {
        {"shadow_room_for_all", 60000, false, {1024, 8192, INT64_C(1) << 24}},
        {"shadow_busy", 60000, false, {800, 4096, INT64_C(1) << 24}},
        {"shadow_overloaded", 10000, false, {800, 4096, INT64_C(1) << 24}},
        {"shadow_all_at_once", 0, false, {800, 4096, INT64_C(1) << 24}},
        {"shadow_large_pool", 100, false, {200000, 2000000, INT64_C(1) << 40}},
        {"shadow_many_shapes_busy", 60000, true, {1024, 6400, 9000000}},
        {"shadow_many_shapes_overloaded", 10000, true, {1024, 6400, 9000000}},
        {"shadow_many_shapes_at_once", 0, true, {1024, 6400, 9000000}},
    };

    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        struct shadow_capacity history = {0, workloads[i].capacity};
        struct shadow_job *jobs = xcalloc(JOBS, sizeof(jobs[0]));
        int64_t begins;

        make_jobs(&workloads[i], jobs);
        begins = monotonic_ms();
        shadow_run(jobs, JOBS, &history, 1);
        printf("%s %lld ms\n", workloads[i].name, (long long)(monotonic_ms() - begins));
        free(jobs);
    }
    return 0;
}

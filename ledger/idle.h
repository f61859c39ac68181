/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_IDLE_H
#define LEDGER_IDLE_H

#include <stdint.h>

#include "base/clock.h"

/*
 * What jobs held and did not use: how many jobs left how many GPUs idle, and for how
 * long. Start with all zero. Pure.
 */
struct idle_sum {
    int64_t jobs;
    int64_t gpus;
    int64_t gpu_seconds;
    int64_t last_id; /* of the last job that was added; 0: none */
};

/*
 * Add a time in which a job left all its GPUs idle; times of one job come one after the
 * other. One that ends before it begins counts for no time.
 */
void idle_sum_add(struct idle_sum *sum, int64_t job_id, int32_t gpus, instant since,
                  instant until);

#endif

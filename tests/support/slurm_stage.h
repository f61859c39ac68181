/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SLURM_STAGE_H
#define TESTS_SUPPORT_SLURM_STAGE_H

#include <uv.h>

#include "nodes/slurm/executor.h"
#include "tests/support/slurm_scene.h"

/* The executor between listings and a door that takes every order. */
struct stage {
    struct slurm_backend
        backend; /* first, so that a pointer to it is one to the whole */
    uv_loop_t loop;
    struct virtual_clock clock;
    struct slurm_orders *orders;
    struct slurm_executor *executor;
    struct slurm_scene scene;
    struct executor_report reports[8];
    size_t report_count;
    char asked[8][64];
    enum slurm_verb verbs[8];
    size_t asked_count;
    instant begin; /* of the last order */
    int64_t gone;
};

/* Setup and teardown of cmocka: job 1 is unit 17 of Slurm, submitted at 1000; the clock
 * shows 5000. */
int stage_setup(void **state);
int stage_teardown(void **state);

struct executor *stage_port(struct stage *stage);

/* Order an attempt of job 1. */
void stage_start(struct stage *stage, int32_t attempt);

/* Show the scene as a listing, and wait until all orders are given. */
void stage_see(struct stage *stage);

#endif

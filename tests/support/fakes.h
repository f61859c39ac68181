/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAKES_H
#define TESTS_SUPPORT_FAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "nodes/executor.h"

/* An executor that runs nothing and remembers what it was asked. */
#define FAKE_ORDERS_MAX 4096

struct fake_executor {
    struct executor executor;
    struct {
        int64_t job_id;
        int32_t attempt;
        uint64_t gpu_mask;
        int32_t restarts;
        duration time_limit;
        char output[64];
        char reference[64];
    } orders[FAKE_ORDERS_MAX];
    size_t order_count;
    int64_t stopped[64];
    size_t stopped_count;
    int64_t paused[64];
    size_t paused_count;
    int64_t adopted[64];
    size_t adopted_count;
    size_t forgotten_count;
    bool refuses;
};

struct fake_executor *fake_executor_create(void);

#endif

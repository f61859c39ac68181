/* SPDX-License-Identifier: MIT */
#ifndef NODES_POWER_H
#define NODES_POWER_H

#include <stdbool.h>

#include "base/clock.h"
#include "nodes/pool.h"

/*
 * What an attempt took, in joules at the machine, without PUE, as far as it was
 * measured: GPUs by their own counters, CPUs by their package's counter (RAPL) shared
 * out by CPU time. `idle` is the part of `gpu` that its GPUs would have drawn anyhow.
 */
struct energy_reading {
    bool gpu_measured; /* else gpu and idle mean nothing */
    bool cpu_measured; /* else cpu means nothing */
    int64_t gpu;
    int64_t cpu;
    int64_t idle;
};

/*
 * What a job draws at the socket, before PUE, in watts: its own figure per GPU if the
 * user gave one (0: not), else the pool's; for a job without GPUs, its CPUs at
 * cpu_power.
 */
int64_t power_estimate(const struct pool *pool, const struct resources *taken,
                       int64_t watts_per_gpu);

/* Joules that a draw over a time makes, with the pool's PUE. */
int64_t energy_estimate(const struct pool *pool, int64_t watts, duration length);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_BATCH_H
#define QUEUE_SQLITE_BATCH_H

#include "grid/forecast.h"
#include "nodes/pool.h"
#include "queue/store.h"

/* What is in a batch, for whoever writes it. */

struct batch_job {
    struct job job;
    size_t spec; /* which of the batch's specs */
};

struct batch_event {
    struct job job; /* after the event */
    enum job_state before;
    struct job_event event;
};

struct batch_capacity {
    char pool[POOL_NAME_MAX + 1];
    instant at;
    struct resources capacity;
};

struct batch_drain {
    char pool[POOL_NAME_MAX + 1];
    bool drained;
    char reason[STORE_REASON_MAX + 1];
};

struct batch_idle {
    char pool[POOL_NAME_MAX + 1];
    instant at;
    int64_t joules;
};

struct store_batch {
    struct batch_job *jobs;
    size_t job_count, job_room;
    struct job_spec *specs;
    size_t spec_count, spec_room;
    struct batch_event *events;
    size_t event_count, event_room;
    struct forecast **forecasts;
    size_t forecast_count, forecast_room;
    struct actuals *actuals;
    size_t actuals_count, actuals_room;
    struct batch_capacity *capacities;
    size_t capacity_count, capacity_room;
    struct batch_drain *drains;
    size_t drain_count, drain_room;
    struct job_energy *energies;
    size_t energy_count, energy_room;
    struct batch_idle *idles;
    size_t idle_count, idle_room;
};

#endif

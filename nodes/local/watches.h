/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_WATCHES_H
#define NODES_LOCAL_WATCHES_H

#include "nodes/local/attempt.h"
#include "nodes/local/energy_watch.h"
#include "nodes/local/executor.h"

/* What the local executor keeps an eye on while attempts run: the machine's GPUs, and
 * what the attempts take. */

struct watches {
    struct attempt **attempts; /* the executor's list */
    struct gpu_watch *gpus;    /* NULL: no NVML, or not wanted */
    struct energy_watch *energy;
    gpu_watch_on_samples *on_gpus;
    uint64_t (*gpus_of)(int64_t job_id, void *context);
    void *context; /* of both */
};

/*
 * Begin: `watches` must stay where it is. Ends come back by `on_measured` with
 * `executor`, see energy_watch_end(); for `context` see struct local_settings.
 */
void watches_start(struct watches *watches, const struct local_settings *settings,
                   const struct attempt_host *host, executor_on_report *on_measured,
                   void *executor);
void watches_stop(struct watches *watches);

#endif

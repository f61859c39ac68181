/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_SHADOW_QUEUE_H
#define LEDGER_SHADOW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/counterfactual.h"

/*
 * Jobs that wait in a shadow queue, for one question: which is the first that may start
 * now? Jobs of like shape stand together in a tree of minima, so that the answer does
 * not cost a walk along the queue.
 */
struct shadow_queue;

/* What may start: what fits `room`, and is over in time or fits `spare` as well. */
struct shadow_limits {
    struct resources room;
    struct resources spare;
    duration time;
};

#define SHADOW_QUEUE_NONE SIZE_MAX

/* For these jobs, borrowed; none of them waits yet. */
struct shadow_queue *shadow_queue_create(const struct shadow_job *jobs, size_t count);
void shadow_queue_destroy(struct shadow_queue *queue);

void shadow_queue_add(struct shadow_queue *queue, size_t job);
void shadow_queue_remove(struct shadow_queue *queue, size_t job);

/* Whether this job is within the limits. */
bool shadow_limits_allow(const struct shadow_limits *limits,
                         const struct shadow_job *job);

/* The first waiting job within the limits, or SHADOW_QUEUE_NONE. */
size_t shadow_queue_find(const struct shadow_queue *queue,
                         const struct shadow_limits *limits);

#endif

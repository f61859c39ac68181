/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ERRAND_QUEUE_H
#define NODES_SLURM_ERRAND_QUEUE_H

#include "nodes/slurm/errand.h"

#define ERRANDS_AT_ONCE 4

/*
 * Inside of the backends: the errands of one. At most ERRANDS_AT_ONCE are under way,
 * the others wait in the order in which they came. None is begun, and so none answered,
 * within the call that adds it.
 */
struct errand_queue {
    uv_loop_t *loop;
    uv_timer_t poke;
    struct errand *first; /* that waits */
    struct errand *last;
    struct errand *running[ERRANDS_AT_ONCE];
    void (*begin)(struct errand *errand); /* may finish it at once */
    void (*free_owner)(void *owner);
    void *owner;
    bool is_closing;
    bool is_closed; /* the timer */
};

void errand_queue_init(struct errand_queue *queue, uv_loop_t *loop,
                       void (*begin)(struct errand *errand));
void errand_queue_add(struct errand_queue *queue, struct errand *errand);

/* Answer, unless the queue is being closed, and be done with it. */
void errand_queue_finish(struct errand_queue *queue, struct errand *errand);

/*
 * Give up: `abandon` is called for each errand with a call under way, which must not
 * come back. What is being read is waited for. Then, from the loop, `free_owner` is
 * called with `owner`.
 */
void errand_queue_close(struct errand_queue *queue,
                        void (*abandon)(struct errand *errand),
                        void (*free_owner)(void *owner), void *owner);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ORDERS_H
#define NODES_SLURM_ORDERS_H

#include <stddef.h>
#include <uv.h>

#include "nodes/slurm/backend.h"

/*
 * What is to be asked of slurmctld, one after the other and no faster than the budget
 * allows. Tasks of one array that are to have the same are asked for in one go. While
 * slurmctld does not answer, what waits is kept, and one order at a time is tried in
 * ever longer intervals.
 */
struct slurm_orders;

struct slurm_change {
    enum slurm_verb verb;
    int64_t id; /* of the unit; see unit.h */
    int32_t task;
    instant begin; /* of DEFER */
    int signal;    /* of SIGNAL */
};

/* Called once for each change, when it was carried out or why not. Never from within
 * slurm_orders_add(). */
typedef void slurm_on_answer(const struct slurm_change *change,
                             const struct error *failure, void *context);

struct slurm_orders *slurm_orders_create(uv_loop_t *loop, struct slurm_backend *backend,
                                         int64_t per_second, slurm_on_answer *on_answer,
                                         void *context);

/* A change that waits already is not added again; a later DEFER takes the place of an
 * earlier one, and CANCEL that of all others of its unit. */
void slurm_orders_add(struct slurm_orders *orders, const struct slurm_change *change);

size_t slurm_orders_waiting(const struct slurm_orders *orders);

/* Give up what waits, without calling back. Memory goes with the last close callback.
 */
void slurm_orders_destroy(struct slurm_orders *orders);

#endif

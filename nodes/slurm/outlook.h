/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_OUTLOOK_H
#define NODES_SLURM_OUTLOOK_H

#include "nodes/slurm/unit.h"

/*
 * What a partition has, and what jobs that are not ours hold of it and are expected to:
 * those that run until their limits, those that wait and are not kept from starting in
 * the order of their submission as soon as there is room for them (as first come, first
 * served has it, without backfill), and what is reserved. Times are real.
 */
struct slurm_use {
    instant begins;
    instant ends;
    struct resources taken;
};

#define SLURM_USES_MAX    4096
#define SLURM_PENDING_MAX 1024 /* waiting jobs of others that are looked at */
#define SLURM_UNLIMITED                                                                \
    (30 * DAY) /* how long a job without a limit is expected to run */

struct slurm_outlook {
    struct resources capacity; /* of its nodes that are up */
    struct slurm_use uses[SLURM_USES_MAX];
    size_t count;
};

/* Whether a unit is of ours, and so is planned and not a use. */
typedef bool slurm_is_ours(const struct slurm_unit *unit, void *context);

/* Of a partition, what it is told by. */
struct slurm_view {
    const char *partition;
    const struct slurm_nodes *nodes; /* may be older than `units` */
    const struct slurm_units *units; /* of about `now` */
    struct resources unseen;         /* see slurm_outlook_unseen() */
    instant now;
};

/*
 * What the view's nodes hold by no unit that is seen: by other partitions, which share
 * them. Only as long as both lists are of one moment: the nodes were asked for at
 * `asked`, the units right after that. What ended in between is not counted. `unseen`
 * is not looked at.
 */
struct resources slurm_outlook_unseen(const struct slurm_view *view, instant asked);

/* `outlook` is overwritten. */
void slurm_outlook_make(struct slurm_outlook *outlook, const struct slurm_view *view,
                        slurm_is_ours *is_ours, void *context);

#endif

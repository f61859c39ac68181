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

/* `outlook` is overwritten. `nodes` and `units` are of about the same moment, `now`. */
void slurm_outlook_make(struct slurm_outlook *outlook, const char *partition,
                        const struct slurm_nodes *nodes,
                        const struct slurm_units *units, instant now,
                        slurm_is_ours *is_ours, void *context);

#endif

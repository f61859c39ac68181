/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_MARGINS_H
#define DAEMON_SLURM_MARGINS_H

#include "config/config.h"
#include "queue/store.h"

/*
 * How long jobs queue in each pool of Slurm once they may start, in real time: learnt
 * from the store, which has when each was released and when it started, so that a
 * restart forgets nothing. A pool's `start_margin` is the least.
 */
struct slurm_margins {
    duration of[CONFIG_SECTIONS_MAX]; /* by pool of the config; 0: not Slurm's */
    size_t next;                      /* to be learnt anew */
};

/* Learn all. `rate` is that of the clock that the store goes by. */
int slurm_margins_load(struct slurm_margins *margins, const struct config *config,
                       struct store_reader *reader, int64_t rate, struct error *err);

/* Learn one pool anew, each in its turn: all of many would take too long at once. */
int slurm_margins_renew(struct slurm_margins *margins, const struct config *config,
                        struct store_reader *reader, int64_t rate, struct error *err);

#endif

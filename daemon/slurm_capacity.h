/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_CAPACITY_H
#define DAEMON_SLURM_CAPACITY_H

#include "daemon/daemon.h"
#include "nodes/slurm/outlook.h"

/*
 * What the engine's pools of Slurm have, by the nodes and reservations that were listed
 * last, and what others hold of it. They change seldom, so they are listed less often
 * than jobs: first of all, then every SLURM_NODES_INTERVALS times `interval`, and with
 * the next listing when there is doubt. A drained node is noticed within that time and
 * what a listing takes.
 */
#define SLURM_NODES_INTERVALS 5

struct slurm_capacity {
    struct daemon *daemon;
    struct slurm_nodes nodes;
    struct slurm_outlook *outlook;
    struct resources unseen[PLAN_POOLS_MAX]; /* of each pool */
    instant asked;                           /* real; 0: never */
    int64_t asked_ms;
    bool is_fresh; /* `unseen` is to be reckoned anew */
    bool is_doubtful;
    bool is_missing[PLAN_POOLS_MAX]; /* no node is in the pool's partition */
    char trouble[160];               /* of the first of those; "" */
};

void slurm_capacity_init(struct slurm_capacity *capacity, struct daemon *daemon);
void slurm_capacity_release(struct slurm_capacity *capacity);

/* Whether nodes are to be listed before jobs are. */
bool slurm_capacity_is_due(const struct slurm_capacity *capacity, int64_t now_ms);

/* They are being listed: what is noticed from now on is doubt again. */
void slurm_capacity_ask(struct slurm_capacity *capacity, instant now, int64_t now_ms);

/* They were listed; `nodes` ends as an empty one. Pools that no node is in, as those
 * whose partition Slurm does not have, are logged, and `trouble` names the first. */
void slurm_capacity_take(struct slurm_capacity *capacity, struct slurm_nodes *nodes);

/* Slurm does not do what was expected, or does not answer. */
void slurm_capacity_doubt(struct slurm_capacity *capacity);

/* Tell the engine, by a listing of jobs as of `now`. Jobs that were lost with a node,
 * or started anew, raise doubt. */
void slurm_capacity_see(struct slurm_capacity *capacity,
                        const struct slurm_units *units, instant now,
                        slurm_is_ours *is_ours, void *context);

#endif

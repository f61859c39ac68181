/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_HANDOVER_H
#define DAEMON_SLURM_HANDOVER_H

#include "config/config.h"
#include "daemon/slurm_claim.h"
#include "queue/job.h"

/*
 * On what terms a job is to be handed to Slurm, so that Penstock may plan it when
 * slurmctld tells of it: what `penstock submit` gives to sbatch. Lengths are real.
 */
struct slurm_handover {
    const char *partition; /* borrowed from the config */
    int64_t minutes;       /* its time limit, in whole ones */
    duration time;         /* that it is expected to run */
    duration begin;        /* until its own begin; 0: it has none */
    duration wait;         /* after that, at most; 0: there is nothing to wait for */
    instant deadline;      /* 0: none */
};

/* The pool if `pools` is the name of one pool, and that is Slurm's; else NULL. */
const struct config_pool *slurm_handover_find_pool(const struct config *config,
                                                   const char *pools);

/*
 * `job` is as a preview has it, and waits for no longer then than it says.
 * `margin` is the pool's. Pure.
 */
void slurm_handover_make(struct job *job, const struct config_pool *pool,
                         duration margin, const struct slurm_moment *moment,
                         struct slurm_handover *handover);

#endif

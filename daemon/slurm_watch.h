/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_WATCH_H
#define DAEMON_SLURM_WATCH_H

#include "daemon/daemon.h"
#include "daemon/slurm_waiters.h"

/*
 * Keeps pools of Slurm and the engine in step: lists the cluster's jobs every
 * `interval`, and soon after the plugin has told of a new one, and its nodes as
 * slurm_capacity.h has it; brings what they tell to the engine, orders what the engine
 * decides, and renews the lease that lets the plugin defer jobs. While slurmctld does
 * not answer it is asked in ever longer intervals; the lease then runs out, and jobs
 * are left alone.
 */
struct slurm_watch;

/* NULL with `err` untouched if no pool of the config is of Slurm. Before the engine is
 * made: its jobs are adopted by what is known here. */
int slurm_watch_open(struct daemon *daemon, struct slurm_watch **watch,
                     struct error *err);

/* What the engine's pools of Slurm are given. */
struct executor *slurm_watch_port(struct slurm_watch *watch);

/* Once the engine is loaded: begin to list. NULL does nothing, here and below. */
void slurm_watch_start(struct slurm_watch *watch);

/* Ask and order nothing more. The lease is left to run out: the next daemon renews it.
 */
void slurm_watch_stop(struct slurm_watch *watch);

/* Free it, when the loop has closed its handles and no engine has its port any more. */
void slurm_watch_destroy(struct slurm_watch *watch);

/*
 * Answer the request when that job of Slurm has been taken in: see slurm_waiters.h. It
 * is listed soon. -1 and no answer with ERROR_MISSING if no pool is Slurm's, else as
 * slurm_waiters_add().
 */
int slurm_watch_expect(struct slurm_watch *watch, const struct slurm_wanted *wanted,
                       const struct call *call, struct error *err);

/* How long jobs queue there once they may start: of a pool of the config that is
 * Slurm's. See slurm_margins.h. */
duration slurm_watch_margin(const struct slurm_watch *watch,
                            const struct config_pool *pool);

/* Why the cluster is not as it should be, for people; "" when all is well. */
const char *slurm_watch_trouble(const struct slurm_watch *watch);

/* Whether it could be listed the last time; before the first, too. */
bool slurm_watch_answers(const struct slurm_watch *watch);

/* See slurm_executor_record(). */
int64_t slurm_watch_record(const struct slurm_watch *watch, int64_t job_id);

/* When it was last listed; 0: never. */
instant slurm_watch_listed(const struct slurm_watch *watch);

#endif

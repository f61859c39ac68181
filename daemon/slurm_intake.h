/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_INTAKE_H
#define DAEMON_SLURM_INTAKE_H

#include "daemon/daemon.h"
#include "daemon/slurm_lease.h"
#include "nodes/slurm/executor.h"

/*
 * Brings what listings of Slurm tell to the engine: new jobs of ours are submitted, and
 * of those that it has, what somebody has done with them there; see slurm_news.h.
 */
struct slurm_intake;

/* Of one listing so many jobs are submitted at most; the rest when these are stored. */
#define SLURM_INTAKE_MAX 1000

/* What came of taking in units with that id: they are stored, or it failed. */
typedef void slurm_on_taken(int64_t id, const struct error *failure, void *context);

struct slurm_intake *slurm_intake_create(struct daemon *daemon,
                                         struct slurm_executor *executor,
                                         slurm_on_taken *on_taken, void *context);
void slurm_intake_destroy(struct slurm_intake *intake);

/* Tell the executor of the open jobs of the store: before the engine is loaded. */
int slurm_intake_load(struct slurm_intake *intake, struct error *err);

/* True if more are to be submitted: list again soon.
 */
bool slurm_intake_see(struct slurm_intake *intake, const struct slurm_units *units,
                      const struct slurm_terms *terms);

/* Whether a job of ours has not ended here. */
bool slurm_intake_is_open(int64_t job_id, void *intake);

/* Slurm no longer knows a job of ours. */
void slurm_intake_lose(struct slurm_intake *intake, int64_t job_id);

#endif

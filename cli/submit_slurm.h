/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUBMIT_SLURM_H
#define CLI_SUBMIT_SLURM_H

#include <jansson.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/submit_options.h"

/*
 * Hands a job to Slurm by its own sbatch, as the user, and has the daemon plan it: the
 * daemon says on what terms, and is told of the job by a key in its comment. If the
 * daemon is gone by then, Slurm starts the job at its latest start. A submission of
 * which nobody knows whether slurmctld has taken it is looked for before it is made
 * again.
 */

/*
 * Find the pool of Slurm that a job goes to: the one that `pools`, of --pool, names;
 * or, if that is NULL, the only pool that there is. `pool` becomes the caller's to
 * free; NULL: the job is none of Slurm's. Returns the exit status, having told what is
 * wrong.
 */
int submit_slurm_find(const struct invocation *invocation, const char *pools,
                      char **pool);

/*
 * Submit to the one pool of `options`, or with --dry-run preview. The answer, which
 * becomes the caller's, is the daemon's; or, if it does not plan the job, an object
 * with "slurm", its id there, and "id" null. Returns the exit status, having told what
 * is wrong.
 */
int submit_slurm(const struct invocation *invocation,
                 const struct submit_options *options,
                 const struct submit_source *source, json_t **answer);

#endif

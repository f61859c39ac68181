/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_RELEASE_H
#define CLI_SLURM_RELEASE_H

#include <stdbool.h>

#include "cli/slurm_reach.h"
#include "cli/terminal.h"

/*
 * Let go of the cluster: no job is deferred any more, and those that wait because of us
 * wait no longer. It tells what it does. With `dry_run` it only tells. Returns the exit
 * status.
 */
int slurm_release_all(const struct slurm_reach *reach, bool dry_run,
                      const struct terminal *terminal);

/* The daemon may renew the lease again. Returns the exit status. */
int slurm_release_end(const struct slurm_reach *reach, bool dry_run,
                      const struct terminal *terminal);

#endif

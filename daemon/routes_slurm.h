/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_SLURM_H
#define DAEMON_ROUTES_SLURM_H

#include "daemon/call.h"

/* POST /v1/slurm/jobs: a job that was handed to Slurm is there to be planned. */
void routes_slurm_register(const struct call *call);

#endif

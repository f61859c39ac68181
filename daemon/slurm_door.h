/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_DOOR_H
#define DAEMON_SLURM_DOOR_H

#include "daemon/daemon.h"
#include "nodes/slurm/backend.h"
#include "nodes/slurm/exchange.h"

/*
 * The way to slurmctld that the config wants: its commands, or slurmrestd through the
 * daemon's HTTP client, and then the commands for what that cannot.
 */
struct slurm_door {
    struct slurm_backend *backend; /* to be asked */
    struct slurm_backend *commands;
    struct slurm_exchange *exchange; /* NULL: slurmrestd is not asked */
};

/* What is open on failure is to be closed all the same. */
int slurm_door_open(struct slurm_door *door, struct daemon *daemon, struct error *err);

/* Ask nothing more; then, when the loop has closed its handles, free the rest. */
void slurm_door_close(struct slurm_door *door);
void slurm_door_release(struct slurm_door *door);

#endif

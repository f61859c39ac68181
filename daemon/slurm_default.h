/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_DEFAULT_H
#define DAEMON_SLURM_DEFAULT_H

#include <stdbool.h>

#include "nodes/slurm/backend.h"
#include "nodes/slurm/lease.h"

/*
 * Knows the partition of jobs that name none, where the config does not say it. It is
 * asked for with the first listing, with the first after slurmctld was away, which may
 * have been for a new slurm.conf, and else once an hour.
 */
struct slurm_default {
    struct slurm_backend *commands; /* borrowed */
    void (*on_change)(void *context);
    void *context;
    bool is_asking;
    bool is_settled; /* it was answered once, whatever that was */
    bool has_failed; /* the last time */
    int64_t due_ms;
    char name[LEASE_NAME_SIZE]; /* "": there is none, or it is not known */
};

/* `commands` is of slurm_commands_create(); `on_change` is called at the first answer
 * and at each new name. */
void slurm_default_init(struct slurm_default *found, struct slurm_backend *commands,
                        void (*on_change)(void *context), void *context);

/* A listing has come: ask, if it is time to. False until the first answer. */
bool slurm_default_see(struct slurm_default *found);

/* Slurm does not answer: with the next listing it is time to. */
void slurm_default_doubt(struct slurm_default *found);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_REACH_H
#define CLI_SLURM_REACH_H

#include "config/config.h"
#include "nodes/slurm/ask.h"

/*
 * The cluster that the daemon's config names, for commands of operators: they ask Slurm
 * themselves, with a daemon that runs or without.
 */
struct slurm_reach {
    struct config *config; /* NULL: none was read */
    const char *lease;     /* path; never empty */
    const char *conf;      /* path of slurm.conf; "": Slurm's default */
    struct slurm_ask *ask;
};

#define SLURM_REACH_CONFIG "/etc/penstock.conf"

/*
 * The config is the file at `config`, or of this name if that is NULL. With `lease` it
 * may be without: none is read then unless `config` names it. Both paths are borrowed.
 * Returns EXIT_WELL, or another exit status when it has told what is wrong.
 */
int slurm_reach_open(const char *config, const char *lease, struct slurm_reach *reach);
void slurm_reach_close(struct slurm_reach *reach);

/* "LEASE.off", which keeps the daemon from renewing the lease. The caller's to free. */
char *slurm_reach_off(const struct slurm_reach *reach);

#endif

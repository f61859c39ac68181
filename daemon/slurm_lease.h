/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_LEASE_H
#define DAEMON_SLURM_LEASE_H

#include "config/config.h"
#include "nodes/slurm/lease.h"

/* What there is besides the config. */
struct slurm_terms {
    const duration *margins; /* how long jobs queue in Slurm once they are eligible, by
                                pool of the config */
    int64_t rate; /* of our clock: the config's waits are by that, a lease is real */
    const char *default_partition; /* by Slurm's word, if the config has none; "" */
};

/* What the plugin may do, by the config: QOS and accounts first, then the pools. */
void slurm_lease_make(const struct config *config, const struct slurm_terms *terms,
                      instant now, struct lease *lease);

/* Whether operators have taken the cluster out of our hands: "LEASE.off" is there. */
bool slurm_lease_is_off(const struct config *config);

/*
 * Write the lease of the config anew, whole or not at all. Nothing is written, and the
 * lease is removed, while there is a file "LEASE.off": `penstock slurm release-all`
 * leaves it. ERROR_IO, and the lease runs out.
 */
int slurm_lease_renew(const struct config *config, const struct slurm_terms *terms,
                      instant now, struct error *err);

/* Take away the lease that was left by a run that was no dry one: true if there was
 * one.
 */
bool slurm_lease_remove(const struct config *config);

#endif

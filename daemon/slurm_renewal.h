/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_RENEWAL_H
#define DAEMON_SLURM_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/slurm_lease.h"

/*
 * Renews the lease, and notices that somebody else does so, too: a second daemon on the
 * cluster, which plans the same jobs, knows nothing of what we plan, and moves what we
 * have moved. All zero to begin with.
 */
struct slurm_renewal {
    bool has_written;
    bool is_told;     /* that there are others */
    struct stat ours; /* the lease as we wrote it last */
    int64_t seen_ms;  /* when it was last another's; 0: never */
};

#define SLURM_TROUBLE_SIZE 256

/*
 * See slurm_lease_renew(); in a dry run nothing is written. What is wrong is logged, of
 * somebody else once, and put into `trouble`, which stays as it is if all is well.
 * Somebody else counts until nothing was seen of him for ten intervals.
 */
void slurm_renewal_make(struct slurm_renewal *renewal, const struct config *config,
                        const struct slurm_terms *terms, instant now,
                        char trouble[SLURM_TROUBLE_SIZE]);

#endif

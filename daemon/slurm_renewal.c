/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_renewal.h"

#include <stdio.h>

#include "base/log.h"

/* In intervals. Another daemon may have a longer one, and rests when Slurm does not
 * answer. */
#define OTHERS_LAST ((int64_t)10)

/* Each lease is a file of its own, as it is replaced. */
static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void look_for_others(struct slurm_renewal *renewal, const char *lease)
{
    struct stat found;

    if (!renewal->has_written || stat(lease, &found) < 0
        || is_same(&found, &renewal->ours))
        return;
    renewal->seen_ms = monotonic_ms();
    if (!renewal->is_told)
        log_warning(
            "%s is written by somebody else, too: are there two daemons on this "
            "cluster? Both go on, and move each other's jobs",
            lease);
    renewal->is_told = true;
}

void slurm_renewal_make(struct slurm_renewal *renewal, const struct config *config,
                        const struct slurm_terms *terms, instant now,
                        char trouble[SLURM_TROUBLE_SIZE])
{
    const char *lease = config->slurm.lease;
    struct error err;

    if (config->slurm.dry_run)
        return;
    look_for_others(renewal, lease);
    if (slurm_lease_renew(config, terms, now, &err) < 0) {
        log_warning("%s; the plugin leaves jobs alone", err.text);
        snprintf(trouble, SLURM_TROUBLE_SIZE, "%.240s", err.text);
        return;
    }
    renewal->has_written = stat(lease, &renewal->ours) == 0;
    renewal->is_told = renewal->is_told
                       && monotonic_ms() - renewal->seen_ms
                              < OTHERS_LAST * config->slurm.interval * 1000;
    if (renewal->is_told)
        snprintf(trouble, SLURM_TROUBLE_SIZE,
                 "somebody else writes %.120s, too: are there two daemons on this "
                 "cluster?",
                 lease);
}

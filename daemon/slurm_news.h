/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_NEWS_H
#define DAEMON_SLURM_NEWS_H

#include "daemon/daemon.h"
#include "daemon/slurm_claim.h"
#include "nodes/slurm/executor.h"

/*
 * What somebody in Slurm has done with a job that the engine has, as a listing tells:
 * it was held, let go, moved to another partition, cancelled, started, or its limit or
 * deadline is another.
 * Penstock steps aside from a job whose begin time or partition somebody else has set,
 * until it is set back.
 */
struct slurm_news {
    const struct daemon *daemon;
    struct slurm_executor *executor;
    const struct slurm_terms *terms;
};

void slurm_news_see(const struct slurm_news *news, int64_t job_id,
                    const struct slurm_job *record);

void slurm_news_tell(const struct daemon *daemon, int64_t job_id, enum engine_fate fate,
                     const char *text);

/* Now, by both clocks. */
struct slurm_moment slurm_news_moment(const struct daemon *daemon);

#endif

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_handover.h"

#include <string.h>

#include "nodes/slurm/deferral.h"

/* What waits for less may have nothing left of it when slurmctld has taken it. */
#define WAIT_MIN (2 * DEFERRAL_SLACK_MIN)

const struct config_pool *slurm_handover_find_pool(const struct config *config,
                                                   const char *pools)
{
    for (size_t i = 0; pools && i < config->pool_count; i++)
        if (config_is_slurm(&config->pools[i])
            && strcmp(config->pools[i].name, pools) == 0)
            return &config->pools[i];
    return NULL;
}

void slurm_handover_make(struct job *job, const struct config_pool *pool,
                         duration margin, const struct slurm_moment *moment,
                         struct slurm_handover *handover)
{
    const duration minute = MINUTE * moment->rate; /* a real one by the clock */
    instant eligible = moment->now;
    duration limit, room;

    *handover = (struct slurm_handover){
        .partition = pool->partition,
        .minutes = (job->time_limit + minute - 1) / minute,
        .time = (job->time + moment->rate - 1) / moment->rate,
        .wait = LEASE_WAIT_MAX,
    };
    limit = handover->minutes * MINUTE;
    if (job->begin > moment->clock_now) {
        eligible = slurm_moment_to_real(moment, job->begin);
        handover->begin = eligible - moment->now;
    }
    if (job->max_wait != JOB_NO_WAIT_LIMIT
        && job->max_wait / moment->rate < handover->wait)
        handover->wait = job->max_wait / moment->rate;
    if (job->deadline > 0) {
        handover->deadline = slurm_moment_to_real(moment, job->deadline);
        room = handover->deadline - limit - margin - eligible;
        if (room < handover->wait)
            handover->wait = room;
    }
    if (job->now || handover->wait < WAIT_MIN)
        handover->wait = 0;
    job->max_wait = handover->wait * moment->rate;
}

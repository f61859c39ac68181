/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include <stdlib.h>

static const char *const state_names[SLURM_STATES] = {
    [SLURM_PENDING] = "PENDING",
    [SLURM_RUNNING] = "RUNNING",
    [SLURM_SUSPENDED] = "SUSPENDED",
    [SLURM_COMPLETING] = "COMPLETING",
    [SLURM_COMPLETED] = "COMPLETED",
    [SLURM_CANCELLED] = "CANCELLED",
    [SLURM_FAILED] = "FAILED",
    [SLURM_TIMEOUT] = "TIMEOUT",
    [SLURM_NODE_FAIL] = "NODE_FAIL",
    [SLURM_PREEMPTED] = "PREEMPTED",
    [SLURM_OUT_OF_MEMORY] = "OUT_OF_MEMORY",
    [SLURM_DEADLINE] = "DEADLINE",
    [SLURM_BOOT_FAIL] = "BOOT_FAIL",
    [SLURM_STATE_UNKNOWN] = "UNKNOWN",
};

const char *slurm_state_name(enum slurm_state state)
{
    return state_names[state];
}

bool slurm_state_has_ended(enum slurm_state state)
{
    return state >= SLURM_COMPLETED && state < SLURM_STATE_UNKNOWN;
}

static void release_job(struct slurm_job *job)
{
    free(job->array_tasks);
    free(job->user);
    free(job->name);
    free(job->account);
    free(job->partition);
    free(job->qos);
    free(job->comment);
    free(job->admin_comment);
    free(job->nodes);
}

bool slurm_job_is_kept(const struct slurm_job *job)
{
    return job->state == SLURM_PENDING
           && (job->reason == SLURM_REASON_HELD_USER
               || job->reason == SLURM_REASON_HELD_ADMIN
               || job->reason == SLURM_REASON_DEPENDENCY
               || job->reason == SLURM_REASON_DEPENDENCY_NEVER);
}

void slurm_listing_release(struct slurm_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        release_job(&listing->jobs[i]);
    free(listing->jobs);
    *listing = (struct slurm_listing){0};
}

void slurm_nodes_release(struct slurm_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++) {
        free(nodes->items[i].name);
        free(nodes->items[i].partitions);
        free(nodes->items[i].reason);
    }
    for (size_t i = 0; i < nodes->reservation_count; i++) {
        free(nodes->reservations[i].name);
        free(nodes->reservations[i].nodes);
    }
    free(nodes->items);
    free(nodes->reservations);
    *nodes = (struct slurm_nodes){0};
}

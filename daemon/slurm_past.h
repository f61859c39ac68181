/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_PAST_H
#define DAEMON_SLURM_PAST_H

#include "nodes/slurm/backend.h"
#include "nodes/slurm/executor.h"

/*
 * What has become of jobs of ours that slurmctld has forgotten before anybody saw them
 * end, as Slurm's accounting tells it. That is asked once for each of them, for many at
 * a time and one question after the other. Where there is no accounting, or it does not
 * answer, nothing is told.
 */
struct slurm_past;

/* `is_open` says whether a job of ours has not ended here. */
struct slurm_past *slurm_past_create(bool (*is_open)(int64_t job_id, void *context),
                                     void *context);
void slurm_past_destroy(struct slurm_past *past);

/* slurm_on_missing, with the past: the job is noted for the next question. */
bool slurm_past_expect(const struct slurm_identity *identity, void *past);

/* Ask for what was noted, unless a question is under way. */
void slurm_past_ask(struct slurm_past *past, struct slurm_backend *backend);

/* Tell what is known of jobs that have not ended here yet: ten times at most, then they
 * are no longer expected. */
void slurm_past_tell(struct slurm_past *past,
                     void (*on_record)(int64_t job_id, const struct slurm_job *record,
                                       void *context),
                     void *context);

#endif

/* SPDX-License-Identifier: MIT */
#include "queue/job.h"

bool job_misses_deadline(const struct job *job, instant start)
{
    return job->deadline != 0 && start + job->time_limit - job->ran > job->deadline;
}

bool job_stays_late(const struct job *job, instant start)
{
    return job->late
           && (start > job_latest_resume(job, 0) || job_misses_deadline(job, start));
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <math.h>

#include "queue/job.h"

duration job_scale_time(duration time, int32_t from, int32_t to, int32_t scaling)
{
    double scaled;

    assert(from > 0 && to > 0);
    if (from == to || scaling <= 0)
        return time;
    scaled = ceil((double)time * pow((double)from / to, (double)scaling / 100));
    if (scaled < 1)
        return 1;
    return scaled < (double)JOB_TIME_MAX ? (duration)scaled : JOB_TIME_MAX;
}

duration job_expected_time(const struct job *job)
{
    if (!job_is_elastic(job))
        return job->time;
    return job_scale_time(job->time, job->gpus_min, job->gpus, job->scaling);
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>

#include "queue/job.h"
#include "queue/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_job *job = &trace->jobs[i];

        assert(job->arrives >= 0 && job->length >= 0 && job->length <= JOB_TIME_MAX);
        assert(job->estimate >= 0 && job->estimate <= JOB_TIME_MAX);
        assert(job->max_wait >= TRACE_NOT_SET && job->max_wait <= JOB_WAIT_MAX);
        assert(job->gpus >= 1 && job->gpus <= JOB_GPUS_MAX);
        assert(job->power >= 0 && job->power <= JOB_POWER_MAX);
        assert(i == 0 || trace->jobs[i - 1].arrives <= job->arrives);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const duration units[] = {1, HOUR};

    for (int i = 0; i < 2; i++) {
        struct trace_faults faults = {.count = 0};
        struct trace trace;
        int status = trace_parse((const char *)data, size, units[i], &trace, &faults);

        assert((status < 0) == (faults.count > 0));
        assert((status < 0) == (trace.count == 0));
        check(&trace);
        trace_cut(&trace, 300);
        trace_keep(&trace, DAY, 30 * DAY);
        trace_release(&trace);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "ledger/idle.h"

void idle_sum_add(struct idle_sum *sum, int64_t job_id, int32_t gpus, instant since,
                  instant until)
{
    if (job_id != sum->last_id) {
        sum->jobs++;
        sum->gpus += gpus;
        sum->last_id = job_id;
    }
    if (until > since)
        sum->gpu_seconds += (until - since) * gpus;
}

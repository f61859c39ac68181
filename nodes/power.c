/* SPDX-License-Identifier: MIT */
#include "nodes/power.h"

#define MILLION 1000000

int64_t power_estimate(const struct pool *pool, const struct resources *taken,
                       int64_t watts_per_gpu)
{
    if (taken->gpus > 0)
        return taken->gpus * (watts_per_gpu > 0 ? watts_per_gpu : pool->gpu_power);
    return taken->cpus * pool->cpu_power;
}

int64_t energy_estimate(const struct pool *pool, int64_t watts, duration length)
{
    int64_t joules = watts * length;

    /* In two parts: 4096 GPUs of 10 kW over a month, times a PUE in millionths,
     * would pass 2^63. */
    return joules / MILLION * pool->pue_ppm
           + (joules % MILLION * pool->pue_ppm + MILLION / 2) / MILLION;
}

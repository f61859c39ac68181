/* SPDX-License-Identifier: MIT */
#include "nodes/local/machine.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

static int64_t count_cpus(void)
{
    cpu_set_t mask;

    if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
        return CPU_COUNT(&mask);
    return sysconf(_SC_NPROCESSORS_ONLN);
}

static int64_t count_gpus(void)
{
    int64_t count = 0;
    char path[32];

    do
        snprintf(path, sizeof(path), "/dev/nvidia%lld", (long long)count);
    while (access(path, F_OK) == 0 && ++count < POOL_TRACKED_GPUS_MAX);
    return count;
}

struct resources machine_find(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES);
    int64_t page = sysconf(_SC_PAGESIZE);

    return (struct resources){
        .gpus = count_gpus(),
        .cpus = count_cpus(),
        .memory = pages > 0 && page > 0 ? pages / 1024 * page / 1024 : 1024,
    };
}

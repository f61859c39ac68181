/* SPDX-License-Identifier: MIT */
#include "nodes/local/machine.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "nodes/local/nvml.h"

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

struct gpu_watch *machine_watch(uv_loop_t *loop, const char *state_dir,
                                const struct gpu_watch_ports *ports)
{
    struct gpu_watch_ports with_order = *ports;
    const struct gpu_sample *samples;
    struct gpu_watch *watch = NULL;
    struct gpu_order order;
    struct error err;
    struct nvml nvml;
    size_t count;

    gpu_order_load(state_dir, &order);
    with_order.order = &order;
    if (nvml_open(&nvml, &err) == 0)
        watch = gpu_watch_start(loop, &nvml, &with_order, &err);
    if (!watch) {
        log_notice("GPUs: %s; they are counted by their device files, and nobody sees "
                   "who uses them",
                   err.text);
        return NULL;
    }
    samples = gpu_watch_samples(watch, &count);
    if (gpu_order_store(state_dir, samples, count, &err) < 0)
        log_warning("%s; should a GPU be lost, the next start counts the others anew",
                    err.text);
    log_notice("NVML: GPUs: %zu; driver %s", count, gpu_watch_driver(watch));
    return watch;
}

struct resources machine_find(const struct gpu_watch *watch)
{
    size_t watched = 0;
    int64_t pages = sysconf(_SC_PHYS_PAGES);
    int64_t page = sysconf(_SC_PAGESIZE);

    if (watch)
        gpu_watch_samples(watch, &watched);
    return (struct resources){
        .gpus = watch ? (int64_t)watched : count_gpus(),
        .cpus = count_cpus(),
        .memory = pages > 0 && page > 0 ? pages / 1024 * page / 1024 : 1024,
    };
}

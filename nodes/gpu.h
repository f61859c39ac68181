/* SPDX-License-Identifier: MIT */
#ifndef NODES_GPU_H
#define NODES_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is seen of the GPUs of a machine at one moment. The index of a GPU is its place
 * on the bus, and keeps it when others disappear; its UUID is its name for CUDA.
 */

#define GPU_UUID_MAX      79
#define GPU_MODEL_MAX     95
#define GPU_PROCESSES_MAX 32 /* of one GPU that are told apart; more are counted */
#define GPU_UNKNOWN       ((int64_t)-1)

enum gpu_health {
    GPU_WELL,
    GPU_BROKEN, /* it reports errors that only a reset or a repair ends */
    GPU_LOST,   /* it was there and is no more, or does not answer */
    GPU_HEALTHS
};

const char *gpu_health_name(enum gpu_health health);

struct gpu_process {
    int64_t pid;
    uint32_t uid;   /* UINT32_MAX: not known */
    int64_t memory; /* MiB on the GPU; GPU_UNKNOWN */
    bool foreign;   /* of no job of ours that holds this GPU */
};

struct gpu_sample {
    char uuid[GPU_UUID_MAX + 1];
    char model[GPU_MODEL_MAX + 1];
    enum gpu_health health;
    char trouble[96];    /* what is wrong, when it is not well */
    int64_t memory;      /* MiB */
    int64_t power_limit; /* W; GPU_UNKNOWN; so for the next three */
    int64_t power_mw;    /* drawn now */
    int64_t energy_mj;   /* since the driver was loaded */
    int64_t utilisation; /* per cent of the time since the last sample */
    struct gpu_process processes[GPU_PROCESSES_MAX];
    size_t process_count; /* may be above GPU_PROCESSES_MAX */
    bool has_foreign;     /* so it is not free, whatever we gave it to */
};

#endif

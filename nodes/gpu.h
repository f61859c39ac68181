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

/* GPUs of one machine; those that come after them are not seen. */
#define GPU_COUNT_MAX 64

enum gpu_health {
    GPU_WELL,
    GPU_SILENT, /* it has not answered for some seconds; nobody knows what it does */
    GPU_BROKEN, /* it reports errors that only a reset or a repair ends */
    GPU_LOST,   /* it was there and is no more, or does not answer */
    GPU_HEALTHS
};

const char *gpu_health_name(enum gpu_health health);

struct gpu_process {
    int64_t pid;
    uint32_t uid;   /* UINT32_MAX: not known */
    int64_t memory; /* MiB on the GPU; GPU_UNKNOWN */
    bool draws;     /* it has the GPU for graphics alone */
    bool foreign;   /* of no job of ours that holds this GPU */
};

struct gpu_sample {
    char uuid[GPU_UUID_MAX + 1];
    char model[GPU_MODEL_MAX + 1];
    enum gpu_health health;
    char trouble[96];    /* what is wrong, when it is not well */
    int64_t at_ms;       /* when it was last read, on the monotonic clock */
    int64_t memory;      /* MiB; GPU_UNKNOWN; so for the next four */
    int64_t power_limit; /* W */
    int64_t power_mw;    /* drawn now */
    int64_t energy_mj;   /* a counter that never goes back and never leaps */
    int64_t utilisation; /* per cent of the driver's last period, a second or less */
    struct gpu_process processes[GPU_PROCESSES_MAX];
    size_t process_count; /* may be above GPU_PROCESSES_MAX */
    bool has_foreign;     /* so it is not free, whatever we gave it to */
};

#endif

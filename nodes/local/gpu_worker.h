/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_WORKER_H
#define NODES_LOCAL_GPU_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "nodes/gpu.h"
#include "nodes/local/gpu_order.h"
#include "nodes/local/gpu_process.h"
#include "nodes/local/gpu_reader.h"
#include "nodes/local/nvml.h"

/*
 * The thread that reads GPUs for a gpu_watch: one read per order. It can be left to
 * itself while it hangs; it then frees what it has when it comes back, if it ever does.
 */
struct gpu_worker;

struct gpu_result {
    struct gpu_reading reading;
    char driver[NVML_DRIVER_SIZE];
    struct error error; /* ERROR_NONE: the rest is true */
};

/* `nvml` and `order` (NULL: none) are copied. `done` is sent to after each read. NULL
 * if there can be no thread.
 */
struct gpu_worker *gpu_worker_create(const struct nvml *nvml,
                                     const struct gpu_order *order, uv_async_t *done);

/* Begin a read. Not while one is under way. The holders are copied. */
void gpu_worker_order(struct gpu_worker *worker, const struct gpu_holder *holders,
                      size_t count);

/* Wait for a read's end for at most `bound_ms`. False if it has not ended. */
bool gpu_worker_wait(struct gpu_worker *worker, int64_t bound_ms);

/* Copy the result of a read that has ended. False if there is none to be had. */
bool gpu_worker_take(struct gpu_worker *worker, struct gpu_result *result);

/* Does not wait. `done` is not sent to any more. */
void gpu_worker_destroy(struct gpu_worker *worker);

#endif

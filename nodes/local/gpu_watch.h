/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_WATCH_H
#define NODES_LOCAL_GPU_WATCH_H

#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "nodes/gpu.h"
#include "nodes/local/gpu_order.h"
#include "nodes/local/gpu_process.h"
#include "nodes/local/nvml.h"

/*
 * Samples the machine's GPUs every GPU_WATCH_PERIOD_MS, on a thread of its own: NVML
 * may block for ever, and must then hold up neither the loop, nor a place in libuv's
 * pool, nor the daemon's end. There is never more than one read at a time.
 *
 * When reads hang, or fail for all GPUs at once, the samples that are given say so:
 * after GPU_WATCH_SILENT_MS without a good read all GPUs are GPU_SILENT, which is
 * enough to give them to nobody; only after GPU_WATCH_LOST_MS are they GPU_LOST, for a
 * driver that is slow is no reason to end what computes well. One good read, and all is
 * as it says.
 */
struct gpu_watch;

#define GPU_WATCH_PERIOD_MS 2000
#define GPU_WATCH_SILENT_MS 10000
#define GPU_WATCH_LOST_MS   60000

/* How long the first read may take: a driver that must first wake its GPUs needs some
 * seconds for each. */
#define GPU_WATCH_FIRST_MS 30000

/* Calls for gpu_watch_now() that may wait at a time. */
#define GPU_WATCH_WAITING_MAX 4096

/* Borrowed during the call, which is on the loop. */
typedef void gpu_watch_on_samples(const struct gpu_sample *samples, size_t count,
                                  void *context);

struct gpu_watch_ports {
    gpu_watch_on_samples *on_samples;
    /*
     * Write the attempts that run now, at most `room`, and return how many: asked
     * before each read, to tell whose a process is.
     */
    size_t (*list_holders)(struct gpu_holder *holders, size_t room, void *context);
    void *context;
    const struct gpu_order
        *order; /* remembered; NULL: none. Needed at the start only */
};

/*
 * Read for the first time, waiting for that, and go on by the timer. NULL with
 * ERROR_MISSING if there are no GPUs, ERROR_UNAVAILABLE if they cannot be read or that
 * takes longer than GPU_WATCH_FIRST_MS. `nvml` is copied; its library must stay for
 * ever, for a read that hangs may come back to it whenever it likes.
 */
struct gpu_watch *gpu_watch_start(uv_loop_t *loop, const struct nvml *nvml,
                                  const struct gpu_watch_ports *ports,
                                  struct error *err);

/*
 * Read as soon as can be, with a read that begins after this call, and call back with
 * what on_samples is given, after it. If reads hang or fail, the callback comes at the
 * next turn of the timer with what was known last, whose at_ms tell how old it is. -1,
 * and no callback, with ERROR_TOO_LARGE if too many wait; none after the stop.
 */
int gpu_watch_now(struct gpu_watch *watch, gpu_watch_on_samples *on_samples,
                  void *context, struct error *err);

/* What is known now; never NULL. Valid until the loop runs on. */
const struct gpu_sample *gpu_watch_samples(const struct gpu_watch *watch,
                                           size_t *count);

/*
 * GPUs of a mask as CUDA_VISIBLE_DEVICES has them, by UUID, the lowest index first; now
 * the caller's. NULL if the UUID of one is not known, or `gpus` is 0, or `watch` NULL.
 */
char *gpu_watch_format_devices(const struct gpu_watch *watch, uint64_t gpus);

/* The driver's version; "" if not known. */
const char *gpu_watch_driver(const struct gpu_watch *watch);

/* No callback any more. Freed by the loop, and what a hanging read needs by that. NULL
 * does nothing. */
void gpu_watch_stop(struct gpu_watch *watch);

/* What the timer does when a read is late or failed: say what is true `elapsed_ms`
 * after the last good one. */
void gpu_watch_age(struct gpu_watch *watch, int64_t elapsed_ms);

#endif

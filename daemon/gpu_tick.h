/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GPU_TICK_H
#define DAEMON_GPU_TICK_H

#include "daemon/daemon.h"

/*
 * What is seen of the machine's GPUs, made of use to the engine: which GPUs of which
 * pool cannot be had and which are lost, with a line in the log for each change.
 *
 *   It is lost or broken   for GPU_TICK_BAD_SAMPLES samples in a row: drained, and its
 *                          job ends. From the first of them on nothing starts there.
 *   It is drained          until it was well for GPU_TICK_WELL_MS, or the pool is
 * resumed. It does not answer     nothing starts there. Somebody else is on it nothing
 * starts there until he was gone from GPU_TICK_CLEAR_SAMPLES samples in a row.
 */
struct gpu_tick;

#define GPU_TICK_BAD_SAMPLES   2
#define GPU_TICK_CLEAR_SAMPLES 2
#define GPU_TICK_WELL_MS       60000

/* A GPU as it is shown. */
struct gpu_view {
    const struct gpu_sample *sample;
    bool is_drained;
    const char *trouble; /* why it is drained, even if it is well again; "" */
};

/*
 * Begin with the first samples, once the engine has its jobs. Where nobody watches the
 * GPUs this is not called, nothing is known, and none of the rest does anything.
 */
void gpu_tick_start(struct daemon *daemon, const struct gpu_sample *samples,
                    size_t count);
void gpu_tick_destroy(struct gpu_tick *tick);

/* For struct local_settings, with the daemon as context. */
void gpu_tick_on_samples(const struct gpu_sample *samples, size_t count, void *daemon);
uint64_t gpu_tick_gpus_of(int64_t job_id, void *daemon);

/* The pool's GPUs need not show any longer that they are well again. */
void gpu_tick_resume(struct daemon *daemon, const char *pool);

/* What is known of a GPU of the machine. False if nothing is. */
bool gpu_tick_find(const struct daemon *daemon, int gpu, struct gpu_view *view);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GPU_VIEW_H
#define DAEMON_GPU_VIEW_H

#include "daemon/call.h"

/* GPUs in answers: what is known of each, and what those of a pool draw. */

/* What the GPUs of a pool draw, in milliwatts, where all of them say so. */
struct gpu_draw {
    bool is_measured; /* else the rest means nothing; a lost GPU draws nothing */
    int64_t milliwatts;
    int64_t idle; /* GPUs that nobody uses, and that are there */
    int64_t idle_milliwatts;
};

struct gpu_draw gpu_view_sum(const struct daemon *daemon, const struct pool *pool);

/*
 * Add the members of a GPU of the machine, by docs/api.md; null where nothing is known.
 * Names of users only of those that the caller may know of.
 */
void gpu_view_add(struct text *json, const struct call *call, int gpu);

#endif

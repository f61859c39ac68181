/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_WAKES_H
#define DAEMON_SLURM_WAKES_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

/*
 * The socket on which the plugin tells that there is a new job. Whoever may write to it
 * can do no more than have the jobs listed sooner.
 */
struct slurm_wakes {
    uv_poll_t poll;
    int socket;
    bool is_open;
    void (*on_wake)(void *context);
    void *context;
};

/* "": there is none, and nothing is to be closed. ERROR_IO. */
int slurm_wakes_open(struct slurm_wakes *wakes, uv_loop_t *loop, const char *path,
                     struct error *err);

/* Call on_wake when something was told, once for all of it. */
void slurm_wakes_start(struct slurm_wakes *wakes, void (*on_wake)(void *context),
                       void *context);

/* Then, when the loop has closed its handles, release. */
void slurm_wakes_close(struct slurm_wakes *wakes);
void slurm_wakes_release(struct slurm_wakes *wakes);

#endif

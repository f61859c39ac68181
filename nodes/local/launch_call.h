/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_LAUNCH_CALL_H
#define NODES_LOCAL_LAUNCH_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "nodes/local/launch.h"

/*
 * The daemon's side of the launcher's socket. Nothing here waits: a launcher that is
 * not there, or does not answer, is asked again by the loop.
 */
struct launch_call; /* one request, until it is done */

struct launch_client {
    uv_loop_t *loop;
    const char *socket;        /* its path */
    struct launch_call *calls; /* under way */
    char trouble[256]; /* why the launcher was not reached last; "" when it was */
};

/* What to do with which run. */
struct launch_task {
    enum launch_verb verb;
    int64_t job_id;
    int32_t attempt;
    uint32_t uid;
    int notice; /* of RUN: the pipe's end to write to; the caller closes it when done */
    int cgroup; /* of RUN: a cgroup's directory, or -1; likewise */
    int tries_max; /* one second apart; of RUN only until the request is sent */
};

/*
 * Called once, from the loop: `failure` is NULL if all went well. Of RUN `process` is
 * then a pidfd of the runner, the callee's from now on, or -1; other verbs are done by
 * now, not only begun.
 */
typedef void launch_on_done(const char *failure, int process, void *context);

struct launch_call *launch_call_start(struct launch_client *client,
                                      const struct launch_task *task,
                                      launch_on_done *on_done, void *context);

/* Let go of a call: what was asked for may happen or not, and nobody is told. */
void launch_call_cancel(struct launch_call *call);

/* Let go of all. */
void launch_client_close(struct launch_client *client);

#endif

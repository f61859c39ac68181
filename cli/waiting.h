/* SPDX-License-Identifier: MIT */
#ifndef CLI_WAITING_H
#define CLI_WAITING_H

#include "cli/client.h"
#include "cli/ids.h"

/* A client that outlives restarts of the daemon; begins with `lost_since` 0. */
struct waiting_line {
    struct client *client;
    int64_t lost_since; /* monotonic ms since nobody answers; 0: somebody does */
};

/*
 * GET a path; the answer becomes the caller's. 0 and NULL: the daemon is out of reach,
 * and may yet come back. -1 if it refused, or was away for WAITING_PATIENCE seconds.
 */
#define WAITING_PATIENCE 120
int waiting_ask(struct waiting_line *line, const char *path, json_t **answer,
                struct error *err);

/*
 * Wait until all of the jobs have ended, asking now and then, with a line of progress
 * where standard error is a terminal. A daemon that restarts meanwhile is waited for
 * too, for WAITING_PATIENCE seconds. Returns the exit status: EXIT_WELL if all are
 * done, EXIT_FAILED if any is not.
 */
int waiting_run(struct client *client, const struct ids *ids);

#endif

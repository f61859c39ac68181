/* SPDX-License-Identifier: MIT */
#ifndef CLI_WAITING_H
#define CLI_WAITING_H

#include "cli/client.h"
#include "cli/ids.h"

/*
 * Wait until all of the jobs have ended, asking now and then, with a line of progress
 * where standard error is a terminal. A daemon that restarts meanwhile is waited for
 * too, for WAITING_PATIENCE seconds. Returns the exit status: EXIT_WELL if all are
 * done, EXIT_FAILED if any is not.
 */
#define WAITING_PATIENCE 120
int waiting_run(struct client *client, const struct ids *ids);

#endif

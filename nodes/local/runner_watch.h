/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_WATCH_H
#define NODES_LOCAL_RUNNER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "nodes/local/run_files.h"
#include "nodes/local/runner_command.h"

/*
 * Waits for the command's end, and brings it about: at its time limit, or when the
 * runner is told to stop it by SIGTERM or SIGINT.
 */

/* Called when the command has really begun. Its time limit counts from there. */
typedef void runner_watch_on_begin(const struct run_moment *started, void *context);

/*
 * Block the signals that the watch takes, for good. Call it first of all: one that came
 * before would kill the runner, or be lost.
 */
void runner_watch_block_signals(void);

/* Watch a command that was just started, until it ends; write how to `*exit`. */
int runner_watch_command(struct runner_command *command, const struct run_spec *spec,
                         runner_watch_on_begin *on_begin, void *context,
                         struct run_exit *exit, struct error *err);

/* Now, on both clocks. */
struct run_moment runner_watch_now(void);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_SPAWN_H
#define NODES_LOCAL_SPAWN_H

#include <sys/types.h>

#include "base/error.h"
#include "nodes/local/cgroup.h"

/*
 * Start a runner on a run's directory: in a session of its own, with nothing of ours
 * open but a pipe at RUN_NOTICE_DESCRIPTOR and the cgroup, if there is one, where
 * cgroup.h says, and an empty environment. It is told to end by SIGTERM from its first
 * instruction on. `*notice` is the end of the pipe to read from, the caller's to close;
 * `*runner` is the caller's to reap.
 */
int spawn_runner(const char *program, const char *directory,
                 const struct cgroup *cgroup, pid_t *runner, int *notice,
                 struct error *err);

#endif

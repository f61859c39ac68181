/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_LIMITS_H
#define NODES_LOCAL_RUNNER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "nodes/local/cgroup.h"
#include "nodes/local/run_files.h"

/*
 * The job's share of the machine: its cgroup, which whoever started the runner made and
 * left open for it, and limits of each process where the cgroup lacks a controller.
 */

/* What was left open, from then on closed in children; else CGROUP_NONE. */
struct cgroup runner_limits_find_cgroup(bool is_there);

/*
 * Bind the calling process, which is about to become the command: enter the cgroup;
 * without its memory controller limit the memory that a process may write to, without
 * that of CPUs the time that a process may take of them. -1 with errno.
 */
int runner_limits_apply(const struct run_spec *spec, const struct cgroup *cgroup);

/* What the command and its children, as far as they have ended, have used. */
void runner_limits_measure(const struct cgroup *cgroup, struct run_exit *exit);

#endif

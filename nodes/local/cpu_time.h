/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_CPU_TIME_H
#define NODES_LOCAL_CPU_TIME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * CPU time, in milliseconds: of the machine as /proc/stat tells, and of trees of
 * processes as their /proc/PID/stat do. What a process has reaped stays in its own
 * figure, so a tree's is complete as long as its root lives and reaps its orphans.
 */

#define CPU_TIME_STAT_MAX 1024 /* bytes of /proc/stat that are looked at */

/*
 * What all CPUs together have worked since the boot: all but idling, waiting for disks,
 * and what a hypervisor gave to others; guests are in it once. Pure.
 */
int cpu_time_parse(const char *stat, int64_t ticks_per_second, int64_t *busy_ms,
                   struct error *err);

/* The same of this machine, now. */
int cpu_time_busy(int64_t *busy_ms, struct error *err);

struct cpu_time_tree {
    pid_t root;
    int64_t cpu_ms; /* out; -1: it was not found */
};

/* Find the times of all these trees, in one look at all processes. */
int cpu_time_of_trees(struct cpu_time_tree *trees, size_t count, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_MACHINE_H
#define NODES_LOCAL_MACHINE_H

#include "nodes/local/gpu_watch.h"
#include "nodes/pool.h"

/*
 * What this machine has: CPUs that we may run on, memory in MiB, and the GPUs that
 * `watch` knows; without one (NULL) those that there are device files "/dev/nvidia0",
 * "/dev/nvidia1" and so on of.
 */
struct resources machine_find(const struct gpu_watch *watch);

/*
 * Watch the machine's GPUs, if it has NVML and any; else NULL, and a line in the log
 * says why. Which is which is remembered in `state_dir`.
 */
struct gpu_watch *machine_watch(uv_loop_t *loop, const char *state_dir,
                                const struct gpu_watch_ports *ports);

#endif

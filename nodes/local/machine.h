/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_MACHINE_H
#define NODES_LOCAL_MACHINE_H

#include "nodes/pool.h"

/*
 * What this machine has: CPUs that we may run on, memory in MiB, and GPUs, counted as
 * device files "/dev/nvidia0", "/dev/nvidia1" and so on.
 */
struct resources machine_find(void);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_PROCESS_H
#define NODES_LOCAL_GPU_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nodes/gpu.h"

/*
 * Whose the processes on a GPU are. A process is ours if it descends from the runner of
 * an attempt that holds the GPU: a runner is the subreaper of all that its job starts,
 * so none of it can leave that line. Whatever else is on a GPU is foreign, the process
 * of a job of ours that holds another GPU too.
 */

/* An attempt that runs. */
struct gpu_holder {
    pid_t runner;
    uint64_t gpus; /* of the machine: bit per index */
};

/* Attempts that are told apart; processes of others would look foreign. */
#define GPU_HOLDERS_MAX 1024

/*
 * Below this a process that only draws is a display server that keeps an eye on every
 * GPU of the machine, not somebody who uses this one.
 */
#define GPU_DRAWS_MEMORY_MIN 32 /* MiB */

/* Processes of system accounts (display managers) that only draw are not foreign. */
#define GPU_UID_USER_MIN 1000

/*
 * Fill in the uid of a process and whether it is foreign; pid, memory and draws are
 * given. False if there is no such process any more or it is a zombie: the driver's
 * lists lag behind. One that is there but hidden from us is foreign, its uid unknown.
 */
bool gpu_process_find(struct gpu_process *process, int gpu,
                      const struct gpu_holder *holders, size_t holder_count);

#endif

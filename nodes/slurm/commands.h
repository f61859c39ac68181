/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_COMMANDS_H
#define NODES_SLURM_COMMANDS_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "nodes/slurm/backend.h"

/*
 * A backend that runs Slurm's own commands as children: nothing is linked, and it works
 * with every version. What they answer is read in libuv's pool of threads, so that a
 * long listing keeps the loop from nothing. At most four run, the others wait
 * in the order in which they were asked.
 *
 * squeue lists jobs, sinfo nodes (scontrol from 23.02 on), scontrol reservations and
 * partitions; sacct tells of what has ended; orders are given by scontrol and scancel.
 * To know:
 *
 *   CANCEL, SIGNAL   a job that has ended is ERROR_CONFLICT, as long as Slurm knows it
 *   REQUEUE          passes over what has ended or waits, and says that all went well
 *   SIGNAL           of a job that waits is ERROR_UNAVAILABLE after its time-out:
 *                    scancel goes on trying
 *   of "12_[1-3]"    some may be done and others not; the failure is of one that is not
 */

struct slurm_commands_settings {
    const char *directory;  /* of the commands; "": as PATH says */
    const char *slurm_conf; /* "": where they look for it themselves */
    int64_t list_timeout_ms;
    int64_t order_timeout_ms;
    size_t listing_max; /* bytes of one listing; a job has about 3200 */
};

/* The settings are copied. ERROR_INVALID if a path is not absolute. */
struct slurm_backend *
slurm_commands_create(uv_loop_t *loop, const struct slurm_commands_settings *settings,
                      struct error *err);

/*
 * What partition jobs go to that name none, as scontrol tells: "" if there is none;
 * NULL with `failure`. Answered once, and not if the backend is closed first.
 */
void slurm_commands_find_default(struct slurm_backend *commands,
                                 slurm_on_default *on_default, void *context);

#endif

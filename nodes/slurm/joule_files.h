/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_JOULE_FILES_H
#define NODES_SLURM_JOULE_FILES_H

#include "nodes/slurm/joules.h"

/*
 * What the SPANK plugin has measured of a job, from its files of all nodes in one
 * directory, see joules.h. Whoever else may write there may make up what others drew:
 * the directory, and each file, must be root's or our own, and nobody else's to write.
 */

#define JOULE_FILES_MAX 512 /* of one job; others are not looked at */

/* What nobody has written for so long is removed, where the directory is our own. */
#define JOULE_FILES_AGE_MAX   (31 * DAY)
#define JOULE_FILES_SWEPT_MAX 10000 /* at a time */

struct joule_sum {
    int64_t joules;
    int64_t gpus; /* so many different ones were measured */
};

/*
 * Of the run of a job that began at `since`: a job that was requeued has records of
 * earlier ones, too. `job_id` is Slurm's of the record, not of its array. What is no
 * whole record is passed over. ERROR_MISSING if none is left, ERROR_FORBIDDEN if others
 * may write there, ERROR_IO. May wait for the disk.
 */
int joule_files_load(const char *directory, int64_t job_id, instant since,
                     struct joule_sum *sum, struct error *err);

/* Remove old files of whatever job; how many. May wait for the disk. */
int joule_files_sweep(const char *directory, instant now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_JOB_PATH_H
#define QUEUE_JOB_PATH_H

#include "queue/job.h"

#define JOB_OUTPUT_STANDARD "penstock-%j.out"

/*
 * Expand %j (id), %a (array index), %x (name) and %% in a path that a user gave; other
 * percent signs stay. NULL: JOB_OUTPUT_STANDARD. The caller frees.
 */
char *job_path_format(const char *pattern, const struct job *job, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_REMOVAL_H
#define NODES_LOCAL_REMOVAL_H

#include <stdint.h>

#include "nodes/local/attempt.h"

/* Removes the directories of runs that are to be forgotten, and their cgroups. */

/*
 * Remove one. What its owner keeps us from emptying, the launcher empties later, or the
 * next daemon does.
 */
void removal_start(struct attempt_host *host, int64_t job_id, int32_t number);

/* Remove what is left of removals that were cut short. */
void removal_resume(struct attempt_host *host);

/*
 * Remove the runs of all attempts but these: the daemon that stored their ends died
 * before it removed them. One whose runner lives is left, whyever it is not known.
 */
void removal_start_others(struct attempt_host *host, const struct attempt *attempts);

#endif

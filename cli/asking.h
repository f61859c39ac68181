/* SPDX-License-Identifier: MIT */
#ifndef CLI_ASKING_H
#define CLI_ASKING_H

#include <jansson.h>

#include "cli/command.h"
#include "cli/ids.h"

/*
 * What commands that ask and show have in common. `show` prints an answer for people;
 * what it returns is the exit status.
 */
typedef int asking_show(const struct invocation *invocation, const json_t *answer);

/* Print an answer, as JSON or for people. */
int asking_print(const struct invocation *invocation, bool as_json,
                 const json_t *answer, asking_show *show);

/* GET a path and print the answer. Returns the exit status. */
int asking_get(const struct invocation *invocation, const char *path, bool as_json,
               asking_show *show);

/*
 * The ids of the jobs that the operands name, in their order; for those of Slurm the
 * daemon is asked. Returns the exit status. With EXIT_FAILED there are none for some,
 * of which people were told; with all others but EXIT_WELL there are none at all. The
 * caller releases.
 */
int asking_ids(const struct invocation *invocation, struct ids *ids);

/* After something was done to a job of Slurm: say so if Slurm cannot know it yet. */
void asking_warn_of_slurm(const struct invocation *invocation);

/* What help says of operands that are ids. */
#define ASKING_IDS                                                                     \
    "An ID is a number, a range such as 10-109, or for what Slurm calls 4711, "        \
    "slurm/4711."

/*
 * Print each job that the operands name, in their order, until one cannot be had; as
 * JSON one document: the job, or of several {"jobs": [...]}. Returns the exit status.
 */
int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show);

#endif

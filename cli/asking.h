/* SPDX-License-Identifier: MIT */
#ifndef CLI_ASKING_H
#define CLI_ASKING_H

#include <jansson.h>

#include "cli/command.h"

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
 * Print each job that the operands name, in their order, until one cannot be had; as
 * JSON one document: the job, or of several {"jobs": [...]}. Returns the exit status.
 */
int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show);

#endif

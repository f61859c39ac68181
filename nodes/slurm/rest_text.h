/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_REST_TEXT_H
#define NODES_SLURM_REST_TEXT_H

#include "nodes/slurm/backend.h"

/* What is said to slurmrestd, and what it answers to orders. */

/* The versions of its API that we speak: v0.0.36 to v0.0.45, of 22.05 to 26.05. */
#define REST_VERSION_MIN   36
#define REST_VERSION_MAX   45
#define REST_VERSION_TYPED 39 /* from it on numbers are numbers, and a path one job */

/* The newest that its /openapi/v3 has; 0: none that we know. */
int rest_version_find(const char *openapi, size_t size);

struct rest_order {
    const char *method;
    char path[3 * SLURM_TARGET_MAX + 64];
    char body[96]; /* "" for none */
};

/*
 * An order in the words of a version. Errors are those of command_line_format(), and
 * ERROR_CONFLICT for what that version cannot: requeue, and from REST_VERSION_TYPED on
 * anything but a whole job or array.
 */
int rest_order_format(const struct slurm_order *order, int version,
                      struct rest_order *rest, struct error *err);

/*
 * What an answer says of an order: 0, or -1 with an error. An entry of its "errors"
 * that has neither a text nor a number is none: 22.05 so tells of arrays that all went
 * well.
 */
int rest_answer_check(const char *bytes, size_t size, int status, struct error *err);

#endif

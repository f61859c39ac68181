/* SPDX-License-Identifier: MIT */
#ifndef CLI_IDS_H
#define CLI_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Jobs as operands name them: "7", or "10-109" for all of an array. */
struct ids {
    int64_t *items;
    size_t count;
    size_t room;
};

#define IDS_MAX 100000

#define IDS_NONE ((struct ids){NULL, 0, 0})

/* Add what one operand names. All are released if it fails, else by the caller. */
int ids_parse(const char *operand, struct ids *ids, struct error *err);

/* What jobs of Slurm are named by as operands: "slurm/17", all of an array, or
 * "slurm/17_3", a task of one. NULL: it is no such operand; else what follows "slurm/",
 * digits, or two numbers with an '_'. */
const char *ids_slurm_name(const char *operand);

/* The ids in one text with commas, at most so many. */
int ids_parse_list(const char *text, size_t most, struct ids *ids, struct error *err);

void ids_add(struct ids *ids, int64_t id);
void ids_release(struct ids *ids);

#endif

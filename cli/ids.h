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

/* Parse operands; the ids are to be released by the caller. */
int ids_parse(char *const *operands, int count, struct ids *ids, struct error *err);

/* The same for at most so many jobs, in one text with commas. */
int ids_parse_list(const char *text, size_t most, struct ids *ids, struct error *err);

void ids_add(struct ids *ids, int64_t id);
void ids_release(struct ids *ids);

#endif

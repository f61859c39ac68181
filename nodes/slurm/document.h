/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_DOCUMENT_H
#define NODES_SLURM_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Inside of the parsers: a JSON document of any version of Slurm's, read one item of
 * its list at a time. A listing of 10 MB would take 100 MB as a tree.
 */

/* `item` is borrowed. -1 with an error ends the reading. */
typedef int document_on_item(const json_t *item, void *context, struct error *err);

/*
 * Call `on_item` with each item of the member `list`, of which there may be `most`.
 * Errors are those of slurm_listing_parse(); what the document says of errors is known
 * only at its end, and counts though items were told.
 */
int document_each(const char *json, size_t size, const char *list, size_t most,
                  document_on_item *on_item, void *context, struct error *err);

/* What is said by the numbers of 32 bits that stand for "not set" and "infinite". */
#define DOCUMENT_NUMBER_MAX INT64_C(0xffffffef)

/*
 * A member that is a whole number from 0 to `most`: plain, or {"set", "infinite",
 * "number"}. False, and `number` untouched, if it is none.
 */
bool document_number(const json_t *object, const char *name, int64_t most,
                     int64_t *number);

/* The same, and 0 if there is none. */
int64_t document_count(const json_t *object, const char *name, int64_t most);

/* A member that is a text, borrowed; "" if it is none. */
const char *document_text(const json_t *object, const char *name);

/* A copy of it, cut to `length_max` bytes between two characters. */
char *document_copy(const json_t *object, const char *name, size_t length_max);

#endif

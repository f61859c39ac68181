/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_JSON_PATH_H
#define GRID_PROVIDERS_JSON_PATH_H

#include <jansson.h>

#include "base/error.h"

/*
 * Where something stands in a JSON document: names of members with dots between them,
 * "[2]" for an item of an array, "[\"a name\"]" for a member whose name is no plain
 * word: `data[0].points`, `series.values`, `["carbon intensity"].g`. "" is the document
 * itself.
 */

#define JSON_PATH_STEPS_MAX 16

/* ERROR_INVALID tells at which character the path goes wrong. */
int json_path_check(const char *path, struct error *err);

/* What is there, borrowed; NULL if there is nothing. The path must be a good one. */
const json_t *json_path_find(const json_t *root, const char *path);

#endif

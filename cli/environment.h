/* SPDX-License-Identifier: MIT */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include <jansson.h>

#include "base/error.h"
#include "base/options.h"

/*
 * The environment that a job is to have, as an array of "KEY=VALUE": what was captured,
 * which ends in NULL, with what --env adds or replaces. NULL if a variable is none, or
 * all of them are too large.
 */
json_t *environment_to_json(char *const *captured, const struct option_strings *added,
                            struct error *err);

#endif

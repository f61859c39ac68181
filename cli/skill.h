/* SPDX-License-Identifier: MIT */
#ifndef CLI_SKILL_H
#define CLI_SKILL_H

#include <jansson.h>

#include "base/text.h"
#include "cli/terminal.h"

/*
 * Add how good forecasts have been, from "forecasts" of a report, as a table; of one
 * zone only unless `zone` is NULL.
 */
void skill_format(const json_t *forecasts, const char *zone,
                  const struct terminal *terminal, struct text *text);

#endif

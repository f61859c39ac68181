/* SPDX-License-Identifier: MIT */
#ifndef CLI_SKILL_TABLE_H
#define CLI_SKILL_TABLE_H

#include <jansson.h>

#include "base/text.h"
#include "cli/terminal.h"

/*
 * Add how good forecasts have been, of zones as GET /v1/zones/{zone}/skill tells it, as
 * a table by whose forecast it was and how far ahead it looked.
 */
void skill_table_format(const json_t *zones, const struct terminal *terminal,
                        struct text *text);

#endif

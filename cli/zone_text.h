/* SPDX-License-Identifier: MIT */
#ifndef CLI_ZONE_TEXT_H
#define CLI_ZONE_TEXT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/terminal.h"

/* How zones are known, for people; from "zones" of GET /v1/zones. */

/* Add a table of all sources. */
void zone_text_add_table(const struct terminal *terminal, const json_t *zones,
                         instant now, struct text *text);

/*
 * Add what each zone is planned by, and what is wrong with its sources, with the time
 * of the next try.
 */
void zone_text_add_notes(const struct terminal *terminal, const json_t *zones,
                         instant now, struct text *text);

#endif

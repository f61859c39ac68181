/* SPDX-License-Identifier: MIT */
#ifndef CLI_POOL_TEXT_H
#define CLI_POOL_TEXT_H

#include <jansson.h>

#include "base/text.h"
#include "cli/terminal.h"

/* Whether jobs may start in a pool, and on all of its GPUs, in words. */

/* Add "open", "drained", "asleep", "drained, asleep", ... Whether it is open. */
bool pool_text_add_state(const json_t *pool, struct text *text);

/*
 * Add a line on each of the pools that is not open, and why, and on each that has GPUs
 * which cannot be used now.
 */
void pool_text_add_notes(const struct terminal *terminal, const json_t *pools,
                         struct text *text);

#endif

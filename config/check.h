/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/parser.h"

/*
 * Add the faults that show in the whole only: names that nothing bears, settings that
 * do not go together, sections and settings that are missing. Fills in what follows
 * from others: the default queue, and nothing for "none".
 */
void config_check(struct parser *parser);

#endif

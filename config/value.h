/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"

/*
 * The values of settings: from text into the member of a section's struct that the
 * setting's row points to, and back for people to read.
 */

/*
 * Parse a value for `setting` and store it in `section`, the struct of its section. The
 * error says what would be right, not which setting it is.
 */
int value_parse(const struct setting *setting, const char *text, void *section,
                struct error *err);

/* Whether two structs of the section have the same value. */
bool value_is_equal(const struct setting *setting, const void *section,
                    const void *other);

/* Add what may stand there: "from 1m to 1h, or auto", "yes or no", "a name". */
void value_format_range(const struct setting *setting, struct text *text);

#endif

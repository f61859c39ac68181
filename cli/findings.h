/* SPDX-License-Identifier: MIT */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "cli/terminal.h"

/* What a look at something has found: what is well, what is not, and what to do. */

enum finding_level {
    FINDING_OK,
    FINDING_WARNING, /* it works, but not as well as it could */
    FINDING_MISSING, /* it will not work */
    FINDING_LEVELS
};

struct finding {
    enum finding_level level;
    const char *about; /* what was looked at; not copied, so for `advice` */
    char *text;
    const char *advice; /* what to do; "" if there is nothing */
};

struct findings {
    struct finding *items;
    size_t count;
    size_t room;
};

#define FINDINGS_EMPTY ((struct findings){NULL, 0, 0})

void findings_add(struct findings *findings, enum finding_level level,
                  const char *about, const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void findings_release(struct findings *findings);

/* How many are of a level. */
size_t findings_count(const struct findings *findings, enum finding_level level);

/* Add one line for each, and a sum; or as JSON: {"findings": [...], "missing": 1, ...}.
 */
void findings_format(const struct findings *findings, const struct terminal *terminal,
                     struct text *text);
json_t *findings_to_json(const struct findings *findings);

#endif

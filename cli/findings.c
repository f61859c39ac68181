/* SPDX-License-Identifier: MIT */
#include "cli/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define TEXT_SIZE   512
#define INDENTATION 9 /* of "missing" and two blanks */

static const char *const level_names[FINDING_LEVELS] = {
    [FINDING_OK] = "ok",
    [FINDING_WARNING] = "warning",
    [FINDING_MISSING] = "missing",
};

void findings_add(struct findings *findings, enum finding_level level,
                  const char *about, const char *advice, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    findings->items = xgrow(findings->items, findings->count, &findings->room,
                            sizeof(*findings->items));
    findings->items[findings->count++] =
        (struct finding){level, about, xstrdup(text), advice};
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->items[i].text);
    free(findings->items);
    *findings = FINDINGS_EMPTY;
}

size_t findings_count(const struct findings *findings, enum finding_level level)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].level == level;
    return count;
}

void findings_format(const struct findings *findings, const struct terminal *terminal,
                     struct text *text)
{
    static const enum style styles[FINDING_LEVELS] = {
        [FINDING_OK] = STYLE_GOOD,
        [FINDING_WARNING] = STYLE_WARNING,
        [FINDING_MISSING] = STYLE_BAD,
    };

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        struct text line = TEXT_EMPTY;

        text_add_format(&line, "%s: %s%s%s", finding->about, finding->text,
                        *finding->advice ? ": " : "", finding->advice);
        terminal_add(terminal, text, styles[finding->level],
                     level_names[finding->level]);
        text_add_format(text, "%*s",
                        (int)(INDENTATION - strlen(level_names[finding->level])), "");
        terminal_add_wrapped(terminal, text, INDENTATION, STYLE_PLAIN, line.bytes);
        text_release(&line);
    }
    text_add_format(text, "%zu missing, %zu warnings, %zu ok\n",
                    findings_count(findings, FINDING_MISSING),
                    findings_count(findings, FINDING_WARNING),
                    findings_count(findings, FINDING_OK));
}

json_t *findings_to_json(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        struct text text = TEXT_EMPTY;
        json_t *plain;

        /* As a JSON text first: what users have named need not be UTF-8. */
        text_add_json(&text, finding->text);
        plain = json_loads(text.bytes, JSON_DECODE_ANY, NULL);
        json_array_append_new(list, json_pack("{s:s,s:s,s:o,s:s}", "level",
                                              level_names[finding->level], "about",
                                              finding->about, "text", plain, "advice",
                                              finding->advice));
        text_release(&text);
    }
    return json_pack("{s:o,s:I,s:I,s:I}", "findings", list, "missing",
                     (json_int_t)findings_count(findings, FINDING_MISSING), "warnings",
                     (json_int_t)findings_count(findings, FINDING_WARNING), "ok",
                     (json_int_t)findings_count(findings, FINDING_OK));
}

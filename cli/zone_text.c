/* SPDX-License-Identifier: MIT */
#include "cli/zone_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/when.h"
#include "cli/answer.h"
#include "cli/figures.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    {"ZONE", 0, false, 0}, {"SOURCE", 8, false, 0}, {"FOR", 0, false, 1},
    {"NOW", 0, true, 0},   {"AGE", 0, true, 0},     {"LAST", 0, false, 1},
    {"NEXT", 0, false, 0}, {"FAILED", 0, true, 1},  {"WHAT IS WRONG", 12, false, 0},
};

static void add_source(struct table *table, const json_t *zone, const json_t *source,
                       instant now)
{
    const char *provider = answer_text(source, "provider");
    bool is_used = strcmp(provider, answer_text(zone, "provider")) == 0
                   && strcmp(answer_text(source, "wanted"), "forecast") == 0;
    char text[WHEN_TEXT_SIZE], age[FIGURE_TEXT_SIZE];

    table_add(table, STYLE_PLAIN, answer_text(zone, "zone"));
    table_add(table, is_used ? STYLE_STRONG : STYLE_PLAIN, provider);
    table_add(table, STYLE_PLAIN, answer_text(source, "wanted"));
    if (is_used && answer_has(zone, "now_g"))
        table_add_format(table, STYLE_PLAIN, "%.0f g", answer_number(zone, "now_g"));
    else
        table_add(table, STYLE_PLAIN, "");
    table_add(table, STYLE_PLAIN,
              is_used ? figure_format_age(answer_integer(zone, "age"), age) : "");
    table_add(table, STYLE_PLAIN, answer_when_short(source, "last_success", now, text));
    table_add(table, STYLE_PLAIN, answer_when_short(source, "next_try", now, text));
    table_add_format(table,
                     answer_integer(source, "failures") ? STYLE_WARNING : STYLE_PLAIN,
                     "%" PRId64, answer_integer(source, "failures"));
    table_add(table, STYLE_WARNING, answer_text(source, "error"));
}

void zone_text_add_table(const struct terminal *terminal, const json_t *zones,
                         instant now, struct text *text)
{
    struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < json_array_size(zones); i++) {
        const json_t *zone = json_array_get(zones, i);
        const json_t *sources = json_object_get(zone, "sources");

        for (size_t j = 0; j < json_array_size(sources); j++)
            add_source(table, zone, json_array_get(sources, j), now);
    }
    table_format(table, terminal, text);
    table_destroy(table);
}

/* What a zone is planned by. Fills the line; returns how it is to look. */
static enum style describe(const json_t *zone, instant now, struct text *line)
{
    const char *name = answer_text(zone, "zone");
    const char *rung = answer_text(zone, "rung");
    const char *provider = answer_text(zone, "provider");
    char until[WHEN_TEXT_SIZE], age[FIGURE_TEXT_SIZE];

    answer_when(zone, "covers_until", now, until);
    figure_format_age(answer_integer(zone, "age"), age);
    if (strcmp(rung, "live") == 0) {
        text_add_format(line, "%s: planned by %s%s, %s, until %s", name, provider,
                        answer_is_true(zone, "blended") ? " with the zone's own past"
                                                        : "",
                        answer_text(zone, "signal"), until);
        return STYLE_PLAIN;
    }
    if (strcmp(rung, "last") == 0)
        text_add_format(line,
                        "%s: planned by the LAST FORECAST of %s, %s old, which reaches "
                        "until %s",
                        name, provider, age, until);
    else if (strcmp(rung, "history") == 0)
        text_add_format(line,
                        "%s: planned by the zone's OWN PAST, as no provider's forecast "
                        "covers now",
                        name);
    else if (strcmp(rung, "yearly") == 0)
        text_add_format(
            line,
            "%s: no forecast covers now, jobs there do not wait; they count "
            "by the YEARLY MEAN of %.0f g/kWh",
            name, answer_number(zone, "now_g"));
    else
        text_add_format(line, "%s: no forecast covers now, jobs there do not wait",
                        name);
    return STYLE_BAD;
}

/* What is wrong with a source, if anything is. */
static void add_trouble(const struct terminal *terminal, const json_t *zone,
                        const json_t *source, instant now, struct text *text)
{
    struct text line = TEXT_EMPTY;
    char wait[FIGURE_TEXT_SIZE];
    instant next;

    if (answer_integer(source, "failures") == 0)
        return;
    text_add_format(&line, "%s: %s of %s: %s", answer_text(zone, "zone"),
                    answer_text(source, "wanted"), answer_text(source, "provider"),
                    answer_text(source, "error"));
    if (answer_instant(source, "next_try", &next))
        text_add_format(&line, "; next try %s%s", next > now ? "in " : "now",
                        next > now ? figure_format_age(next - now, wait) : "");
    terminal_add_wrapped(terminal, text, 0, STYLE_WARNING, line.bytes);
    text_release(&line);
}

void zone_text_add_notes(const struct terminal *terminal, const json_t *zones,
                         instant now, struct text *text)
{
    for (size_t i = 0; i < json_array_size(zones); i++) {
        const json_t *zone = json_array_get(zones, i);
        const json_t *sources = json_object_get(zone, "sources");
        struct text line = TEXT_EMPTY;
        enum style style = describe(zone, now, &line);

        terminal_add_wrapped(terminal, text, 0, style, line.bytes);
        text_release(&line);
        if (answer_is_true(zone, "synthetic")) {
            text_add_format(&line, "%s: SYNTHETIC, made up, not of the real grid",
                            answer_text(zone, "zone"));
            terminal_add_wrapped(terminal, text, 0, STYLE_BAD, line.bytes);
            text_release(&line);
        }
        for (size_t j = 0; j < json_array_size(sources); j++)
            add_trouble(terminal, zone, json_array_get(sources, j), now, text);
    }
}

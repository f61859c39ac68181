/* SPDX-License-Identifier: MIT */
#include "cli/skill_table.h"

#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    {"ZONE", 0, false, 0}, {"FORECAST OF", 6, false, 0}, {"DAY", 0, true, 0},
    {"HOURS", 0, true, 1}, {"MEAN ERROR", 0, true, 0},   {"BIAS", 0, true, 2},
    {"MAPE", 0, true, 0},  {"ORDER", 0, true, 3},        {"WITHIN", 0, true, 4},
};

/* What the members of a day are called, and what they are called to people; NULL: by
 * the provider's name. */
static const struct {
    const char *member;
    const char *name;
} sources[] = {{"provider", NULL}, {"history", "history"}, {"blend", "blend"}};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static void add_figure(struct table *table, const json_t *skill, const char *name,
                       int digits, const char *unit)
{
    if (answer_has(skill, name))
        table_add_format(table, STYLE_PLAIN, "%.*f%s", digits,
                         answer_number(skill, name), unit);
    else
        table_add(table, STYLE_PLAIN, "-");
}

static void add_row(struct table *table, const char *zone, const char *name,
                    const json_t *day, const json_t *skill)
{
    table_add(table, STYLE_PLAIN, zone);
    table_add(table, STYLE_PLAIN, name);
    table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(day, "day"));
    table_add_format(table, STYLE_PLAIN, "%.0f", answer_number(skill, "hours"));
    add_figure(table, skill, "mae_g", 1, " g");
    table_add_format(table, STYLE_PLAIN, "%+.1f g", answer_number(skill, "bias_g"));
    add_figure(table, skill, "mape_percent", 1, " %");
    add_figure(table, skill, "rank_correlation", 2, "");
    add_figure(table, skill, "inside_percent", 0, " %");
}

/* The days of one source of a provider's; those with nothing to tell are left out. */
static size_t add_source(struct table *table, const char *zone, const json_t *provider,
                         size_t source)
{
    const json_t *days = json_object_get(provider, "days");
    const char *of = answer_text(provider, "provider");
    const char *name = sources[source].name ? sources[source].name : of;
    size_t added = 0;

    for (size_t i = 0; i < json_array_size(days); i++) {
        const json_t *day = json_array_get(days, i);
        const json_t *skill = json_object_get(day, sources[source].member);

        if (!answer_has(skill, "mae_g"))
            continue;
        add_row(table, zone, name, day, skill);
        added++;
    }
    return added;
}

#define HISTORY 1 /* its place in `sources` */

/*
 * What is known of a zone. Beside a provider history is told of with it, so that both
 * are of the same hours; by itself only where there is no such.
 */
static size_t add_zone(struct table *table, const json_t *zone)
{
    const json_t *providers = json_object_get(zone, "providers");
    const char *name = answer_text(zone, "zone");
    size_t shown = 0;
    size_t of_history = 0;

    for (size_t i = 0; i < json_array_size(providers); i++) {
        const json_t *provider = json_array_get(providers, i);
        bool is_past = strcmp(answer_text(provider, "provider"), "history") == 0;

        for (size_t j = 0; j < SOURCES; j++) {
            size_t added = 0;

            if (!is_past || (j == HISTORY && of_history == 0))
                added = add_source(table, name, provider, j);
            of_history += j == HISTORY ? added : 0;
            shown += added;
        }
    }
    return shown;
}

void skill_table_format(const json_t *zones, const struct terminal *terminal,
                        struct text *text)
{
    struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0;

    for (size_t i = 0; i < json_array_size(zones); i++)
        shown += add_zone(table, json_array_get(zones, i));
    if (shown > 0) {
        table_format(table, terminal, text);
        text_add(text, "\n");
        terminal_add_wrapped(
            terminal, text, 0, STYLE_PLAIN,
            "DAY is how far ahead; older days count half as much every "
            "28 days. ORDER is the rank correlation within a day: 1 "
            "when the clean hours were known. WITHIN: the interval held; "
            "80 % is aimed at.");
    } else {
        text_add(text, "no forecast has been compared with what came yet: a zone needs "
                       "actuals for that\n");
    }
    table_destroy(table);
}

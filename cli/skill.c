/* SPDX-License-Identifier: MIT */
#include "cli/skill.h"

#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    {"ZONE", 0, false, 0},      {"FORECAST OF", 6, false, 0}, {"INTERVALS", 0, true, 1},
    {"MEAN ERROR", 0, true, 0}, {"BIAS", 0, true, 0},         {"PER CENT", 0, true, 1},
};

void skill_format(const json_t *forecasts, const char *zone,
                  const struct terminal *terminal, struct text *text)
{
    struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0;

    for (size_t i = 0; i < json_array_size(forecasts); i++) {
        const json_t *line = json_array_get(forecasts, i);

        if (zone && strcmp(answer_text(line, "zone"), zone) != 0)
            continue;
        table_add(table, STYLE_PLAIN, answer_text(line, "zone"));
        table_add(table, STYLE_PLAIN, answer_text(line, "provider"));
        table_add_format(table, STYLE_PLAIN, "%" PRId64,
                         answer_integer(line, "intervals"));
        table_add_format(table, STYLE_PLAIN, "%.1f g",
                         answer_number(line, "mean_absolute_g"));
        table_add_format(table, STYLE_PLAIN, "%+.1f g",
                         answer_number(line, "mean_signed_g"));
        table_add_format(table, STYLE_PLAIN, "%.1f %%",
                         answer_number(line, "mape_percent"));
        shown++;
    }
    if (shown > 0)
        table_format(table, terminal, text);
    else
        text_add(text, "no forecast has been compared with what came yet\n");
    table_destroy(table);
}

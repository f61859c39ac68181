/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/skill.h"
#include "cli/table.h"
#include "cli/when.h"

struct report_options {
    const char *by;
    const char *from;
    const char *to;
    bool json;
    bool csv;
};

static const struct command_option rows[] = {
    {"by", 0, OPTION_STRING, offsetof(struct report_options, by), "WHAT",
     "user (the default), project, queue, pool, zone or day",
     "user project queue pool zone day"},
    {"from", 0, OPTION_STRING, offsetof(struct report_options, from), "WHEN",
     "jobs that ended from then on; default: 30 days ago", NULL},
    {"to", 0, OPTION_STRING, offsetof(struct report_options, to), "WHEN",
     "jobs that ended before; default: now", NULL},
    {"csv", 0, OPTION_FLAG, offsetof(struct report_options, csv), NULL,
     "print comma-separated values", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct report_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

static const struct table_column columns[] = {
    {"", 8, false, false},   {"JOBS", 0, true, false},    {"KWH", 0, true, false},
    {"KG", 0, true, false},  {"AT ONCE", 0, true, false}, {"SAVED", 0, true, false},
    {"%", 0, true, false},   {"KG ARE", 0, false, false}, {"KWH ARE", 0, false, true},
    {"WAIT", 0, true, true}, {"MISSED", 0, true, true},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const members[] = {
    "key",
    "jobs",
    "kwh",
    "kg",
    "shadow_kg",
    "saving_kg",
    "saving_percent",
    "label",
    "counterfactual",
    "energy",
    "mean_wait",
    "p95_wait",
    "missed",
};

static void add_number(struct table *table, enum style style, const json_t *line,
                       const char *member, int decimals)
{
    char number[48];

    if (!answer_has(line, member)) {
        table_add(table, STYLE_FAINT, "-");
        return;
    }
    snprintf(number, sizeof(number), "%.*f", decimals, answer_number(line, member));
    table_add(table, style, number);
}

static void add_line(struct table *table, const json_t *line, const char *key,
                     enum style style)
{
    double saved = answer_number(line, "saving_kg");
    enum style sign = saved < 0 ? STYLE_BAD : saved > 0 ? STYLE_GOOD : style;
    bool is_settled = strcmp(answer_text(line, "counterfactual"), "provisional") != 0;
    char wait[DURATION_TEXT_SIZE];

    table_add(table, style, key);
    table_add_format(table, style, "%" PRId64, answer_integer(line, "jobs"));
    add_number(table, style, line, "kwh", 2);
    add_number(table, style, line, "kg", 3);
    add_number(table, style, line, "shadow_kg", 3);
    add_number(table, sign, line, "saving_kg", 3);
    add_number(table, sign, line, "saving_percent", 0);
    table_add_format(table, STYLE_PLAIN, "%s%s", answer_text(line, "label"),
                     is_settled ? "" : "*");
    table_add(table, STYLE_PLAIN, answer_text(line, "energy"));
    table_add(table, STYLE_PLAIN,
              duration_format((duration)answer_number(line, "mean_wait"), wait));
    table_add_format(table, answer_integer(line, "missed") ? STYLE_BAD : STYLE_PLAIN,
                     "%" PRId64, answer_integer(line, "missed"));
}

static void add_part(const struct terminal *terminal, const json_t *part,
                     struct text *text)
{
    struct table *table = table_create(columns, COLUMNS);
    const json_t *lines = json_object_get(part, "lines");

    terminal_add(terminal, text, STYLE_STRONG, answer_text(part, "signal"));
    if (answer_is_true(part, "synthetic"))
        terminal_add(terminal, text, STYLE_BAD,
                     "  SYNTHETIC: made up, not of the real grid");
    text_add(text, "\n");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *key = answer_text(line, "key");

        add_line(table, line, *key ? key : "(none)", STYLE_PLAIN);
    }
    add_line(table, json_object_get(part, "total"), "total", STYLE_STRONG);
    table_format(table, terminal, text);
    text_add(text, "\n");
    table_destroy(table);
}

static int show(const struct invocation *invocation, const json_t *report)
{
    const struct terminal *terminal = &invocation->terminal;
    const json_t *parts = json_object_get(report, "parts");
    char from[WHEN_TEXT_SIZE], to[WHEN_TEXT_SIZE];
    instant now = client_now(invocation->client);
    struct text text = TEXT_EMPTY;

    text_add_format(&text, "jobs that ended from %s to %s, by %s\n\n",
                    answer_when(report, "from", now, from),
                    answer_when(report, "to", now, to),
                    *answer_text(report, "by") ? answer_text(report, "by") : "user");
    for (size_t i = 0; i < json_array_size(parts); i++)
        add_part(terminal, json_array_get(parts, i), &text);
    if (json_array_size(parts) == 0)
        text_add(&text, "no job ended in this time\n\n");
    else
        terminal_add_paragraph(
            terminal, &text, 0,
            "KG is CO2eq; AT ONCE is what the same work would have caused first come "
            "first served, and SAVED the difference, less than nothing where waiting "
            "cost more. * is provisional: what it is compared with is not settled yet. "
            "Figures of different signals are never summed.");
    if (json_array_size(json_object_get(report, "forecasts")) > 0) {
        text_add(&text, "\nhow good the forecasts were\n");
        skill_format(json_object_get(report, "forecasts"), NULL, terminal, &text);
    }
    return command_print(&text);
}

/* A field as RFC 4180 wants it. */
static void add_csv_text(struct text *text, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        text_add(text, field);
        return;
    }
    text_add(text, "\"");
    for (; *field; field++)
        text_add_bytes(text, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
    text_add(text, "\"");
}

static void add_csv_line(const json_t *part, const json_t *line, const char *kind,
                         struct text *text)
{
    add_csv_text(text, answer_text(part, "signal"));
    text_add_format(text, ",%s,%s", answer_is_true(part, "synthetic") ? "yes" : "no",
                    kind);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const json_t *member = json_object_get(line, members[i]);

        text_add(text, ",");
        if (json_is_string(member))
            add_csv_text(text, json_string_value(member));
        else if (json_is_integer(member))
            text_add_format(text, "%" JSON_INTEGER_FORMAT, json_integer_value(member));
        else if (json_is_real(member))
            text_add_format(text, "%.10g", json_real_value(member));
    }
    text_add(text, "\n");
}

static int show_csv(const struct invocation *invocation, const json_t *report)
{
    const json_t *parts = json_object_get(report, "parts");
    struct text text = TEXT_EMPTY, safe = TEXT_EMPTY;
    struct terminal plain = {.unicode = true};

    (void)invocation;
    text_add(&text, "signal,synthetic,line");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        text_add_format(&text, ",%s", members[i]);
    text_add(&text, "\n");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const json_t *lines = json_object_get(part, "lines");

        for (size_t j = 0; j < json_array_size(lines); j++)
            add_csv_line(part, json_array_get(lines, j), "line", &text);
        add_csv_line(part, json_object_get(part, "total"), "total", &text);
    }
    terminal_add_lines(&plain, &safe, text.bytes);
    text_release(&text);
    return command_print(&safe);
}

/* Add "&from=..." for a WHEN of the command line. Returns the exit status. */
static int add_when(const char *name, const char *given, instant now, struct text *path)
{
    char utc[INSTANT_TEXT_SIZE];
    struct error err;
    instant when;

    if (!given)
        return EXIT_WELL;
    if (when_parse(given, now, &when, &err) < 0)
        return command_refuse(&command_report, "--%s: %s", name, err.text);
    text_add_format(path, "&%s=%s", name, instant_format(when, utc));
    return EXIT_WELL;
}

static int make_path(const struct invocation *invocation, struct text *path)
{
    const struct report_options *options = invocation->options;
    instant now = 0;
    int status = EXIT_WELL;

    if ((options->from && when_is_relative(options->from))
        || (options->to && when_is_relative(options->to)))
        status = client_find_now(invocation->client, &now);
    text_add(path, "/v1/report?by=");
    client_add_escaped(path, options->by ? options->by : "user");
    if (status == EXIT_WELL)
        status = add_when("from", options->from, now, path);
    if (status == EXIT_WELL)
        status = add_when("to", options->to, now, path);
    return status;
}

static int run(const struct invocation *invocation)
{
    const struct report_options *options = invocation->options;
    struct text path = TEXT_EMPTY;
    int status = make_path(invocation, &path);

    if (status == EXIT_WELL)
        status = asking_get(invocation, path.bytes, options->json,
                            options->csv ? show_csv : show);
    text_release(&path);
    return status;
}

const struct command command_report = {
    .name = "report",
    .operands = "",
    .summary = "tell what jobs used and emitted, and what waiting saved",
    .options = rows,
    .options_size = sizeof(struct report_options),
    .run = run,
};

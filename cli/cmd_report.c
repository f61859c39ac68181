/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "base/when.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/skill.h"
#include "cli/table.h"

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
     "jobs that ended from then on: yesterday, -7d; default -30d", NULL},
    {"to", 0, OPTION_STRING, offsetof(struct report_options, to), "WHEN",
     "jobs that ended before; default: now", NULL},
    {"csv", 0, OPTION_FLAG, offsetof(struct report_options, csv), NULL,
     "print comma-separated values", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct report_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

static const struct table_column columns[] = {
    {"", 8, false, 0},        {"JOBS", 0, true, 0},    {"KWH", 0, true, 0},
    {"KG", 0, true, 0},       {"AT ONCE", 0, true, 0}, {"SAVED", 0, true, 0},
    {"%", 0, true, 0},        {"KG ARE", 0, false, 0}, {"KWH ARE", 0, false, 1},
    {"IDLE KWH", 0, true, 2}, {"WAIT", 0, true, 1},    {"MISSED", 0, true, 1},
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
    "idle_kwh",
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

static bool is_provisional(const json_t *line)
{
    return strcmp(answer_text(line, "counterfactual"), "provisional") == 0;
}

static void add_line(struct table *table, const json_t *line, const char *key,
                     enum style style)
{
    double saved = answer_number(line, "saving_kg");
    enum style sign = saved < 0 ? STYLE_BAD : saved > 0 ? STYLE_GOOD : style;
    char wait[DURATION_TEXT_SIZE];

    table_add(table, style, key);
    table_add_format(table, style, "%" PRId64, answer_integer(line, "jobs"));
    add_number(table, style, line, "kwh", 2);
    add_number(table, style, line, "kg", 3);
    add_number(table, style, line, "shadow_kg", 3);
    add_number(table, sign, line, "saving_kg", 3);
    add_number(table, sign, line, "saving_percent", 0);
    table_add_format(table, STYLE_PLAIN, "%s%s", answer_text(line, "label"),
                     is_provisional(line) ? "*" : "");
    table_add(table, STYLE_PLAIN, answer_text(line, "energy"));
    add_number(table, STYLE_PLAIN, line, "idle_kwh", 2);
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
    if (answer_is_true(part, "dry_run"))
        terminal_add(terminal, text, STYLE_WARNING,
                     "  DRY RUN: what would have been saved");
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

/* Whether a line of the report bears a star. */
static bool has_provisional(const json_t *parts)
{
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const json_t *lines = json_object_get(part, "lines");

        if (is_provisional(json_object_get(part, "total")))
            return true;
        for (size_t j = 0; j < json_array_size(lines); j++)
            if (is_provisional(json_array_get(lines, j)))
                return true;
    }
    return false;
}

static void add_heading(const json_t *report, struct text *text)
{
    const char *by = *answer_text(report, "by") ? answer_text(report, "by") : "user";
    char begins[WHEN_TEXT_SIZE], ends[WHEN_TEXT_SIZE];
    const char *to = ends;

    /* Read from 1970, days go by their dates. */
    answer_when(report, "from", 0, begins);
    answer_when(report, "to", 0, ends);
    if (strncmp(begins, ends, strlen("2026-11-21 ")) == 0)
        to += strlen("2026-11-21 ");
    text_add_format(text, "jobs that ended from %s to %s, by %s\n\n", begins, to, by);
}

/* What stood idle, pool by pool. */
static void add_idle_pools(const struct terminal *terminal, const json_t *idles,
                           struct text *text)
{
    for (size_t i = 0; i < json_array_size(idles); i++) {
        const json_t *idle = json_array_get(idles, i);
        char figure[FIGURE_TEXT_SIZE];
        struct text line = TEXT_EMPTY;

        text_add_format(&line, "GPUs without a job drew %s in pool %s (%s)",
                        figure_format_energy(answer_number(idle, "kwh"), figure),
                        answer_text(idle, "pool"), answer_text(idle, "zone"));
        if (answer_has(idle, "kg"))
            text_add_format(&line, ", %s CO2eq, %s (%s)",
                            figure_format_mass(answer_number(idle, "kg"), figure),
                            answer_text(idle, "label"), answer_text(idle, "signal"));
        text_add(&line, answer_is_true(idle, "synthetic") ? ", SYNTHETIC." : ".");
        terminal_add_paragraph(terminal, text, 0, line.bytes);
        text_release(&line);
    }
    if (json_array_size(idles) > 0)
        text_add(text, "\n");
}

static void add_notes(const struct terminal *terminal, const json_t *parts,
                      struct text *text)
{
    struct text notes = TEXT_EMPTY;

    text_add(&notes, "KG is CO2eq; AT ONCE is what the same work would have caused "
                     "first come first served, and SAVED the difference, less than "
                     "nothing where waiting cost more. IDLE KWH is what the jobs' GPUs "
                     "would have drawn anyhow.");
    if (has_provisional(parts))
        text_add(&notes, " * is provisional: what it is compared with is not settled "
                         "yet.");
    if (json_array_size(parts) > 1)
        text_add(&notes,
                 " Figures of different signals, or of dry runs, are never summed.");
    terminal_add_paragraph(terminal, text, 0, notes.bytes);
    text_release(&notes);
}

/* "2 jobs left 3 GPUs idle for 14.0 GPU-hours." */
static void add_idle_jobs(const struct terminal *terminal, const json_t *idle,
                          struct text *text)
{
    int64_t jobs = answer_integer(idle, "jobs");
    int64_t gpus = answer_integer(idle, "gpus");
    struct text line = TEXT_EMPTY;

    if (jobs == 0)
        return;
    text_add_format(&line,
                    "%" PRId64 " job%s left %" PRId64 " GPU%s idle for %.1f GPU-hours.",
                    jobs, jobs == 1 ? "" : "s", gpus, gpus == 1 ? "" : "s",
                    answer_number(idle, "gpu_hours"));
    terminal_add_wrapped(terminal, text, 0, STYLE_WARNING, line.bytes);
    text_release(&line);
}

static int show(const struct invocation *invocation, const json_t *report)
{
    const struct terminal *terminal = &invocation->terminal;
    const json_t *parts = json_object_get(report, "parts");
    struct text text = TEXT_EMPTY;

    add_heading(report, &text);
    for (size_t i = 0; i < json_array_size(parts); i++)
        add_part(terminal, json_array_get(parts, i), &text);
    if (json_array_size(parts) == 0)
        text_add(&text, "no job ended in this time\n\n");
    add_idle_pools(terminal, json_object_get(report, "idle_pools"), &text);
    if (json_array_size(parts) > 0)
        add_notes(terminal, parts, &text);
    add_idle_jobs(terminal, json_object_get(report, "idle_jobs"), &text);
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
        /* What stood idle is known by its pool. */
        if (!member && i == 0)
            member = json_object_get(line, "pool");
        if (json_is_string(member))
            add_csv_text(text, json_string_value(member));
        else if (json_is_integer(member))
            text_add_format(text, "%" JSON_INTEGER_FORMAT, json_integer_value(member));
        else if (json_is_real(member))
            text_add_format(text, "%.10g", json_real_value(member));
    }
    text_add_format(text, ",,,%s\n", answer_is_true(part, "dry_run") ? "yes" : "no");
}

/* A line of its own, for it is of all signals: only its key, jobs and figures. */
static void add_csv_idle(const json_t *idle, struct text *text)
{
    text_add(text, ",,idle");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        text_add(text, ",");
        if (strcmp(members[i], "jobs") == 0)
            text_add_format(text, "%" PRId64, answer_integer(idle, "jobs"));
    }
    text_add_format(text, ",%" PRId64 ",%.10g,\n", answer_integer(idle, "gpus"),
                    answer_number(idle, "gpu_hours"));
}

static int show_csv(const struct invocation *invocation, const json_t *report)
{
    const json_t *parts = json_object_get(report, "parts");
    const json_t *idles = json_object_get(report, "idle_pools");
    struct text text = TEXT_EMPTY, safe = TEXT_EMPTY;
    struct terminal plain = {.unicode = true};

    (void)invocation;
    text_add(&text, "signal,synthetic,line");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        text_add_format(&text, ",%s", members[i]);
    text_add(&text, ",idle_gpus,idle_gpu_hours,dry_run\n");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const json_t *lines = json_object_get(part, "lines");

        for (size_t j = 0; j < json_array_size(lines); j++)
            add_csv_line(part, json_array_get(lines, j), "line", &text);
        add_csv_line(part, json_object_get(part, "total"), "total", &text);
    }
    add_csv_idle(json_object_get(report, "idle_jobs"), &text);
    for (size_t i = 0; i < json_array_size(idles); i++) {
        const json_t *idle = json_array_get(idles, i);

        add_csv_line(idle, idle, "without a job", &text);
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
    if (when_parse_past(given, now, &when, &err) < 0)
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

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/event_text.h"
#include "cli/figures.h"
#include "cli/job_text.h"
#include "cli/table.h"

#define LABEL_WIDTH 12

struct show_options {
    bool environment;
    bool script;
    bool json;
};

static const struct command_option rows[] = {
    {"environment", 0, OPTION_FLAG, offsetof(struct show_options, environment), NULL,
     "show the captured environment too", NULL},
    {"script", 0, OPTION_FLAG, offsetof(struct show_options, script), NULL,
     "print the captured script, and nothing else", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct show_options, json), NULL,
     "print the daemon's answer; of several jobs {\"jobs\": [...]}", NULL},
    COMMAND_OPTIONS_END,
};

/* Where a job is shown, and for whom. */
struct page {
    const struct terminal *terminal;
    const json_t *job;
    instant now;
    struct text *text;
};

static void add_line(const struct page *page, const char *label, const char *value)
{
    if (!*value)
        return;
    text_add(page->text, "  ");
    terminal_add(page->terminal, page->text, STYLE_FAINT, label);
    text_add_format(page->text, "%*s", LABEL_WIDTH - (int)strlen(label), "");
    terminal_add_wrapped(page->terminal, page->text, 2 + LABEL_WIDTH, STYLE_PLAIN,
                         value);
}

static void add_taken(const struct page *page, const char *label, struct text *value)
{
    add_line(page, label, value->bytes);
    text_release(value);
}

/* Add ", PREFIXvalue" for a member that is a string. */
static void join(struct text *value, const char *prefix, const char *member)
{
    if (*member)
        text_add_format(value, "%s%s%s", value->length ? ", " : "", prefix, member);
}

static void join_list(struct text *value, const char *prefix, const json_t *list)
{
    struct text items = TEXT_EMPTY;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);

        if (json_is_integer(item))
            text_add_format(&items, "%s%" JSON_INTEGER_FORMAT, i ? "," : "",
                            json_integer_value(item));
        else
            text_add_format(&items, "%s%s", i ? "," : "",
                            json_is_string(item) ? json_string_value(item) : "");
    }
    join(value, prefix, items.bytes);
    text_release(&items);
}

static void join_duration(struct text *value, const char *prefix, const json_t *job,
                          const char *member)
{
    char length[DURATION_TEXT_SIZE];

    if (answer_integer(job, member) > 0)
        join(value, prefix, duration_format(answer_integer(job, member), length));
}

static void join_when(struct text *value, const char *prefix, const struct page *page,
                      const char *member)
{
    char when[WHEN_TEXT_SIZE];

    join(value, prefix, answer_when(page->job, member, page->now, when));
}

/* "8 of 2-8 GPUs" of a job that chose among them, "2-8 GPUs" of one that will. */
static void add_gpus(const json_t *job, struct text *value)
{
    int64_t least = answer_integer(job, "gpus_min");
    int64_t most = answer_integer(job, "gpus_max");
    bool is_range = least > 0 && most > least;

    if (is_range && answer_has(job, "started"))
        text_add_format(value, "%" PRId64 " of %" PRId64 "-%" PRId64,
                        answer_integer(job, "gpus"), least, most);
    else
        job_text_add_gpus(job, value);
    text_add(value, !is_range && answer_integer(job, "gpus") == 1 ? " GPU" : " GPUs");
    if (answer_has(job, "scaling"))
        text_add_format(value, " (scaling %" PRId64 "%%)",
                        answer_integer(job, "scaling"));
}

static void add_asked(const struct page *page)
{
    const json_t *job = page->job;
    char memory[FIGURE_TEXT_SIZE], grace[DURATION_TEXT_SIZE];
    struct text value = TEXT_EMPTY;

    add_gpus(job, &value);
    text_add_format(&value, ", %" PRId64 " CPU%s", answer_integer(job, "cpus"),
                    answer_integer(job, "cpus") == 1 ? "" : "s");
    join(&value, "", figure_format_memory(answer_integer(job, "memory"), memory));
    if (answer_has(job, "power"))
        text_add_format(&value, ", %.0f W per GPU", answer_number(job, "power"));
    join_list(&value, "pools ", json_object_get(job, "pools"));
    join_list(&value, "zones ", json_object_get(job, "zones"));
    add_taken(page, "asks for", &value);
    value = TEXT_EMPTY;
    join_duration(&value, "expected ", job,
                  answer_has(job, "expected_time") ? "expected_time" : "time");
    join_duration(&value, "told to end after ", job, "time_limit");
    if (value.length > 0 && answer_integer(job, "grace") > 0)
        text_add_format(&value, ", killed %s later",
                        duration_format(answer_integer(job, "grace"), grace));
    add_taken(page, "runs", &value);
}

static void add_terms(const struct page *page)
{
    const json_t *job = page->job;
    struct text value = TEXT_EMPTY;

    join_when(&value, "not before ", page, "begin");
    join_when(&value, "latest start ", page, "latest_start");
    join_when(&value, "deadline ", page, "deadline");
    join_duration(&value, "waits at most ", job, "max_wait");
    join_list(&value, "after ", json_object_get(job, "after"));
    if (answer_is_true(job, "late"))
        join(&value, "", "LATE");
    add_taken(page, "terms", &value);
    value = TEXT_EMPTY;
    if (answer_is_true(job, "interruptible"))
        join(&value, "", "interruptible");
    if (answer_is_true(job, "requeue"))
        join(&value, "", "requeue");
    if (answer_is_true(job, "now"))
        join(&value, "", "now");
    if (answer_integer(job, "priority") != 0)
        text_add_format(&value, "%spriority %" PRId64, value.length ? ", " : "",
                        answer_integer(job, "priority"));
    add_taken(page, "marked", &value);
}

/* A command so that a shell would read it as it is. */
static void add_command(const struct page *page, const char *label, const json_t *words)
{
    struct text value = TEXT_EMPTY;

    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        bool is_plain = word && *word
                        && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                                        "TUVWXYZ0123456789_-./=:,+@%^")
                               == strlen(word);

        text_add(&value, i ? " " : "");
        text_add(&value, is_plain ? "" : "'");
        for (const char *at = word ? word : ""; *at; at++)
            text_add_bytes(&value, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
        text_add(&value, is_plain ? "" : "'");
    }
    add_taken(page, label, &value);
}

static void add_files(const struct page *page)
{
    const json_t *job = page->job;

    if (answer_has(job, "script"))
        add_line(page, "script", "captured; --script prints it");
    add_command(page, "command", json_object_get(job, "command"));
    add_command(page, "arguments", json_object_get(job, "arguments"));
    add_line(page, "directory", answer_text(job, "directory"));
    add_line(page, "output", answer_text(job, "output"));
    add_line(page, "errors", answer_text(job, "error"));
}

static void add_energy(const struct page *page)
{
    const json_t *energy = json_object_get(page->job, "energy");
    double kg = answer_number(energy, "kg"),
           shadow = answer_number(energy, "shadow_kg");
    char mass[FIGURE_TEXT_SIZE], saving[2 * FIGURE_TEXT_SIZE];
    struct text value = TEXT_EMPTY;

    if (!json_is_object(energy))
        return;
    text_add_format(&value, "%s, %s",
                    figure_format_energy(answer_number(energy, "kwh"), mass),
                    answer_text(energy, "source"));
    if (answer_number(energy, "idle_kwh") > 0)
        text_add_format(&value, "; of it idle %s",
                        figure_format_energy(answer_number(energy, "idle_kwh"), mass));
    if (answer_has(energy, "watts_per_gpu"))
        text_add_format(&value, "; %.0f W per GPU",
                        answer_number(energy, "watts_per_gpu"));
    add_taken(page, "energy", &value);
    value = TEXT_EMPTY;
    if (answer_has(energy, "kg"))
        text_add_format(&value, "%s CO2eq, ", figure_format_mass(kg, mass));
    if (answer_has(energy, "kg") && answer_has(energy, "shadow_kg"))
        text_add_format(
            &value, "%s against first come first served, ",
            figure_format_saving(
                shadow - kg, shadow > 0 ? (shadow - kg) / shadow * 100 : 0, saving));
    text_add_format(&value, "%s (%s)%s", answer_text(energy, "label"),
                    answer_text(energy, "signal"),
                    answer_is_true(energy, "synthetic") ? ", SYNTHETIC" : "");
    add_taken(page, "emissions", &value);
}

static const struct table_column event_columns[] = {
    {"AT", 0, false, 0},
    {"BY", 6, false, 0},
    {"TRY", 0, true, 1},
    {"EVENT", 12, false, 0},
};

/* Whether none of its kind comes after it. */
static bool is_last(const json_t *events, size_t event)
{
    const char *kind = answer_text(json_array_get(events, event), "event");

    while (++event < json_array_size(events))
        if (strcmp(kind, answer_text(json_array_get(events, event), "event")) == 0)
            return false;
    return true;
}

static void add_event(const struct page *page, struct table *table,
                      const json_t *events, size_t i)
{
    const json_t *event = json_array_get(events, i);
    struct text what = TEXT_EMPTY;
    char when[WHEN_TEXT_SIZE];

    event_text_add(page->job, event, is_last(events, i), page->now, &what);
    table_add(table, STYLE_PLAIN, answer_when_short(event, "at", page->now, when));
    table_add(table, STYLE_PLAIN, answer_text(event, "by"));
    if (answer_integer(event, "attempt") > 0)
        table_add_format(table, STYLE_PLAIN, "%" PRId64,
                         answer_integer(event, "attempt"));
    else
        table_add(table, STYLE_PLAIN, "");
    table_add(table, STYLE_PLAIN, what.bytes);
    text_release(&what);
}

static void add_events(const struct page *page)
{
    struct table *table = table_create(event_columns, 4);
    const json_t *events = json_object_get(page->job, "events");

    for (size_t i = 0; i < json_array_size(events); i++)
        add_event(page, table, events, i);
    text_add(page->text, "\n");
    if (json_array_size(events) > 0)
        table_format(table, page->terminal, page->text);
    table_destroy(table);
}

/* What a job that was paused or lost has behind it. */
static void add_progress(const struct page *page)
{
    int64_t restarts = answer_integer(page->job, "restarts");
    struct text value = TEXT_EMPTY;

    if (restarts > 0 || !answer_has(page->job, "ended"))
        join_duration(&value, "ran ", page->job, "ran");
    if (restarts > 0)
        text_add_format(&value, "%srestarted %" PRId64 " time%s",
                        value.length ? ", " : "", restarts, restarts == 1 ? "" : "s");
    add_taken(page, "work", &value);
}

static void add_head(const struct page *page)
{
    const char *state = job_text_state(page->job);
    struct text value = TEXT_EMPTY;

    text_add_format(page->text, "job %" PRId64 " ", answer_integer(page->job, "id"));
    terminal_add(page->terminal, page->text, STYLE_STRONG,
                 answer_text(page->job, "name"));
    text_add(page->text, "  ");
    terminal_add(page->terminal, page->text, job_text_style(state), state);
    text_add(page->text, "\n\n");
    if (answer_has(page->job, "array_id"))
        text_add_format(&value, "index %" PRId64 " of array %" PRId64,
                        answer_integer(page->job, "array_index"),
                        answer_integer(page->job, "array_id"));
    if (answer_has(page->job, "array_id") && answer_has(page->job, "slurm"))
        text_add_format(&value, ", %s in Slurm", answer_text(page->job, "slurm"));
    add_taken(page, "array", &value);
    value = TEXT_EMPTY;
    join(&value, "", answer_text(page->job, "user"));
    join(&value, "project ", answer_text(page->job, "project"));
    join(&value, "queue ", answer_text(page->job, "queue"));
    add_taken(page, "owner", &value);
    join_when(&value, "submitted ", page, "submitted");
    join_when(&value, "started ", page, "started");
    join_when(&value, "ended ", page, "ended");
    join_when(&value, "GPUs idle since ", page, "idle_since");
    join(&value, "pool ", answer_text(page->job, "pool"));
    join(&value, "job of Slurm ", answer_text(page->job, "slurm"));
    if (answer_is_true(page->job, "dry_run"))
        join(&value, "dry run: ", "Slurm runs it as if there were no Penstock");
    add_taken(page, "life", &value);
    add_progress(page);
}

static int show_page(const struct invocation *invocation, const json_t *job)
{
    const struct show_options *options = invocation->options;
    const json_t *environment = json_object_get(job, "environment");
    struct text text = TEXT_EMPTY, why = TEXT_EMPTY;
    struct page page = {&invocation->terminal, job, client_now(invocation->client),
                        &text};

    add_head(&page);
    add_asked(&page);
    add_terms(&page);
    add_files(&page);
    add_energy(&page);
    if (options->environment)
        for (size_t i = 0; i < json_array_size(environment); i++)
            add_line(&page, i ? "" : "environment",
                     json_string_value(json_array_get(environment, i)));
    text_add(&text, "\n");
    job_text_add_why(job, page.now, &why);
    terminal_add_paragraph(&invocation->terminal, &text, 0, why.bytes);
    text_release(&why);
    add_events(&page);
    return command_print(&text);
}

static int show_script(const json_t *job)
{
    struct text text = TEXT_EMPTY;

    if (!answer_has(job, "script")) {
        complain("job %" PRId64 " has no script, or it is not yours",
                 answer_integer(job, "id"));
        return EXIT_FAILED;
    }
    text_add(&text, answer_text(job, "script"));
    return command_print(&text);
}

static int show(const struct invocation *invocation, const json_t *job)
{
    const struct show_options *options = invocation->options;

    return options->script ? show_script(job) : show_page(invocation, job);
}

static int run(const struct invocation *invocation)
{
    const struct show_options *options = invocation->options;

    return asking_jobs(invocation, options->json, show);
}

const struct command command_show = {
    .name = "show",
    .operands = "ID...",
    .summary = "show all there is to know of a job, and its life so far",
    .details = ASKING_IDS,
    .values = "@job",
    .options = rows,
    .options_size = sizeof(struct show_options),
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

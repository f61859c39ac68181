/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/job_text.h"
#include "cli/table.h"

#define PAGE_MOST  1000
#define LIMIT_MOST 10000000

struct list_options {
    const char *state;
    const char *user;
    const char *limit;
    bool mine;
    bool all;
    bool json;
};

static const struct command_option rows[] = {
    {"state", 's', OPTION_STRING, offsetof(struct list_options, state), "STATE[,STATE]",
     "these only; or open (the default), ended, all",
     "open ended all held waiting starting running pausing paused done failed "
     "cancelled"},
    {"user", 'u', OPTION_STRING, offsetof(struct list_options, user), "USER",
     "jobs of this user only", "@user"},
    {"mine", 'm', OPTION_FLAG, offsetof(struct list_options, mine), NULL,
     "my own jobs only", NULL},
    {"limit", 'n', OPTION_STRING, offsetof(struct list_options, limit), "N",
     "the newest N only; default 100", NULL},
    {"all", 'a', OPTION_FLAG, offsetof(struct list_options, all), NULL,
     "jobs in all states, as many as there are", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct list_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

/* The narrower the screen, the fewer; why a job waits stays longest. SLURM is there
 * only where a job has one. */
static const struct table_column columns[] = {
    {"ID", 0, true, 0},     {"SLURM", 0, true, 7},  {"NAME", 8, false, 0},
    {"STATE", 0, false, 0}, {"START", 0, false, 0}, {"GPUS", 0, true, 5},
    {"USER", 6, false, 4},  {"QUEUE", 6, false, 1}, {"LATEST", 0, false, 2},
    {"WHY", 14, false, 6},  {"POOL", 4, false, 3},
};

enum { SLURM_COLUMN = 1, COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void add_name(struct table *table, const json_t *job)
{
    struct text name = TEXT_EMPTY;

    text_add(&name, answer_text(job, "name"));
    if (answer_has(job, "array_index"))
        text_add_format(&name, "[%" PRId64 "]", answer_integer(job, "array_index"));
    table_add(table, STYLE_PLAIN, name.bytes);
    text_release(&name);
}

static const char *why_it_waits(const json_t *job)
{
    const char *reason = answer_text(job, "reason");

    return strcmp(reason, "slurm") == 0 ? "left to Slurm" : reason;
}

static bool has_slurm(const json_t *jobs)
{
    bool has = false;

    for (size_t i = 0; i < json_array_size(jobs) && !has; i++)
        has = answer_has(json_array_get(jobs, i), "slurm");
    return has;
}

static void add_row(struct table *table, const json_t *job, bool with_slurm,
                    instant now)
{
    const char *state = job_text_state(job);
    bool is_ended = job_text_is_ended(state);
    bool waits = strcmp(state, "waiting") == 0 || strcmp(state, "held") == 0
                 || strcmp(state, "paused") == 0;
    const char *start = waits ? "planned_start" : "started";
    bool is_late = waits && answer_is_true(job, "late");
    char when[WHEN_TEXT_SIZE];
    struct text end = TEXT_EMPTY, gpus = TEXT_EMPTY;
    bool is_idle;

    is_idle = job_text_add_idle(job, now, &end);
    if (is_ended)
        job_text_add_end(job, &end);
    table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(job, "id"));
    if (with_slurm)
        table_add(table, STYLE_PLAIN, answer_text(job, "slurm"));
    add_name(table, job);
    table_add(table, job_text_style(state), state);
    table_add(table, STYLE_PLAIN, answer_when_short(job, start, now, when));
    job_text_add_gpus(job, &gpus);
    table_add(table, STYLE_PLAIN, gpus.bytes);
    table_add(table, STYLE_PLAIN, answer_text(job, "user"));
    table_add(table, STYLE_PLAIN, answer_text(job, "queue"));
    table_add(table, is_late ? STYLE_WARNING : STYLE_PLAIN,
              waits ? answer_when_short(job, "latest_start", now, when) : "");
    if (!is_ended && !is_idle)
        text_add(&end, is_late ? "late" : waits ? why_it_waits(job) : "");
    if (answer_is_true(job, "dry_run"))
        text_add_format(&end, "%sdry run", end.length > 0 ? ", " : "");
    table_add(table, is_late || is_idle ? STYLE_WARNING : STYLE_FAINT, end.bytes);
    table_add(table, STYLE_PLAIN, answer_text(job, "pool"));
    text_release(&end);
    text_release(&gpus);
}

static int show_table(const struct invocation *invocation, const json_t *answer)
{
    const json_t *jobs = json_object_get(answer, "jobs");
    bool with_slurm = has_slurm(jobs);
    struct table_column shown[COLUMNS];
    size_t count = 0;
    instant now = client_now(invocation->client);
    struct text text = TEXT_EMPTY;
    struct table *table;

    for (size_t i = 0; i < COLUMNS; i++)
        if (i != SLURM_COLUMN || with_slurm)
            shown[count++] = columns[i];
    table = table_create(shown, count);
    for (size_t i = 0; i < json_array_size(jobs); i++)
        add_row(table, json_array_get(jobs, i), with_slurm, now);
    if (json_array_size(jobs) > 0 || !invocation->terminal.is_terminal)
        table_format(table, &invocation->terminal, &text);
    else
        text_add(&text, "no jobs\n");
    if (answer_has(answer, "next") && invocation->terminal.is_terminal)
        terminal_add(&invocation->terminal, &text, STYLE_FAINT,
                     "there are more: --limit N or --all shows them");
    if (text.length > 0 && text.bytes[text.length - 1] != '\n')
        text_add(&text, "\n");
    table_destroy(table);
    return command_print(&text);
}

static void add_query(struct text *path, const char *name, const char *value)
{
    if (!value)
        return;
    text_add_format(path, "&%s=", name);
    client_add_escaped(path, value);
}

/* `next` is the key of the page to come: a number, or as the daemon likes. */
static void add_after(struct text *path, const json_t *next)
{
    if (json_is_integer(next))
        text_add_format(path, "&after=%" JSON_INTEGER_FORMAT, json_integer_value(next));
    else
        add_query(path, "after", json_string_value(next));
}

/* Ask page by page, and make one answer of them. */
static int ask_pages(const struct invocation *invocation, const char *user,
                     int64_t limit, json_t **all)
{
    const struct list_options *options = invocation->options;
    const char *state = options->all && !options->state ? "all" : options->state;
    int64_t left = limit;
    int status = EXIT_WELL;

    *all = json_pack("{s:[],s:n}", "jobs", "next");
    do {
        struct text path = TEXT_EMPTY;
        json_t *page = NULL;
        size_t count;

        text_add_format(&path, "/v1/jobs?limit=%" PRId64,
                        left < PAGE_MOST ? left : PAGE_MOST);
        add_query(&path, "state", state);
        add_query(&path, "user", user);
        add_after(&path, json_object_get(*all, "next"));
        status = client_ask(invocation->client, "GET", path.bytes, NULL, &page);
        text_release(&path);
        if (status != EXIT_WELL)
            break;
        count = json_array_size(json_object_get(page, "jobs"));
        json_array_extend(json_object_get(*all, "jobs"), json_object_get(page, "jobs"));
        json_object_set(*all, "next", json_object_get(page, "next"));
        json_decref(page);
        left -= (int64_t)count;
        if (count == 0)
            break;
    } while (left > 0 && answer_has(*all, "next"));
    return status;
}

static int run(const struct invocation *invocation)
{
    const struct list_options *options = invocation->options;
    int64_t limit = options->all ? LIMIT_MOST : 100;
    const char *user = options->user;
    struct error err;
    json_t *answer;
    int status;

    if (options->limit && number_parse(options->limit, 1, LIMIT_MOST, &limit, &err) < 0)
        return command_refuse(&command_list, "--limit: %s", err.text);
    if (options->mine) {
        const struct passwd *entry = getpwuid(getuid());

        if (!entry) {
            complain("the user %u has no name", (unsigned)getuid());
            return EXIT_FAILED;
        }
        user = entry->pw_name;
    }
    status = ask_pages(invocation, user, limit, &answer);
    if (status == EXIT_WELL)
        status = asking_print(invocation, options->json, answer, show_table);
    json_decref(answer);
    return status;
}

const struct command command_list = {
    .name = "list",
    .operands = "",
    .summary = "list jobs, the newest first",
    .details = "SLURM is what Slurm calls a job that it runs. START is when a job "
               "started or is planned to, LATEST its latest start, "
               "in local time; WHY is what it waits for, how "
               "it ended, or for how long it has left its GPUs idle.",
    .options = rows,
    .options_size = sizeof(struct list_options),
    .run = run,
};

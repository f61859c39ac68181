/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/grid_text.h"
#include "cli/job_text.h"
#include "cli/pool_text.h"

#define ZONES_MOST     8
#define SPAN_LEAST     (12 * HOUR)
#define SPAN_MOST      (4 * DAY)
#define NAME_WIDTH     14
#define WHEN_WIDTH     9
#define MARGIN         33 /* id, name, GPUs and start, left of the bars */
#define BARS_LEAST     6  /* columns of bars, however narrow the screen is */
#define SLURM_TITLE    "SLURM"
#define LIMIT_MOST     1000
#define FOLLOWERS_MOST "1000" /* one page is enough to tell that there are many */

struct plan_options {
    const char *limit;
    bool json;
};

static const struct command_option rows[] = {
    {"limit", 'n', OPTION_STRING, offsetof(struct plan_options, limit), "N",
     "the first N jobs only; default 40", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct plan_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

/* A plan on its way to the screen. */
struct picture {
    const struct invocation *invocation;
    const json_t *jobs;
    struct timeline timeline;
    instant now;
    struct text text;
    bool has_forecast;  /* a row of it was added */
    size_t width;       /* of the screen */
    size_t slurm_width; /* of what Slurm calls jobs; 0: none is, or there is no room */
    size_t margin;      /* left of the bars */
};

static bool is_running(const json_t *job)
{
    const char *state = answer_text(job, "state");

    return strcmp(state, "waiting") != 0 && strcmp(state, "paused") != 0
           && strcmp(state, "held") != 0;
}

static void find_slurm(struct picture *picture)
{
    for (size_t i = 0; i < json_array_size(picture->jobs); i++) {
        size_t width = strlen(answer_text(json_array_get(picture->jobs, i), "slurm"));

        if (width > 0 && width < strlen(SLURM_TITLE))
            width = strlen(SLURM_TITLE);
        if (width > picture->slurm_width)
            picture->slurm_width = width;
    }
    if (MARGIN + picture->slurm_width + 1 + BARS_LEAST >= picture->width)
        picture->slurm_width = 0;
    picture->margin = MARGIN;
    if (picture->slurm_width > 0)
        picture->margin += picture->slurm_width + 1;
}

static void fit(struct picture *picture)
{
    instant ends = picture->now + SPAN_LEAST, end;

    for (size_t i = 0; i < json_array_size(picture->jobs); i++)
        if (answer_instant(json_array_get(picture->jobs, i), "ends", &end)
            && end > ends)
            ends = end;
    if (ends > picture->now + SPAN_MOST)
        ends = picture->now + SPAN_MOST;
    picture->timeline =
        timeline_fit(picture->now, ends, picture->width - picture->margin - 1);
}

static bool is_seen(const struct picture *picture, size_t job)
{
    const char *zone = answer_text(json_array_get(picture->jobs, job), "zone");

    for (size_t i = 0; i < job; i++)
        if (strcmp(zone, answer_text(json_array_get(picture->jobs, i), "zone")) == 0)
            return true;
    return !*zone;
}

/* Add the forecast of a zone as one row above the bars. */
static void add_forecast(struct picture *picture, const char *zone)
{
    const struct terminal *terminal = &picture->invocation->terminal;
    struct text path = TEXT_EMPTY, label = TEXT_EMPTY;
    double levels[TIMELINE_COLUMNS_MAX];
    struct chart_mark mark;
    struct chart_point *points;
    json_t *forecast = NULL;
    size_t count;

    text_add(&path, "/v1/zones/");
    client_add_escaped(&path, zone);
    text_add_format(&path, "/forecast?hours=%d", (int)(SPAN_MOST / HOUR));
    /* A zone without a forecast is no failure here: its row is left out. */
    if (client_request(picture->invocation->client, "GET", path.bytes, NULL, &forecast,
                       NULL)
        == 0) {
        points = grid_text_points(forecast, "g", &count);
        mark = grid_text_cleanest(forecast);
        chart_fill(&picture->timeline, points, count, levels);
        text_add_format(&label, "%s, now %.0f g/kWh%s", zone,
                        answer_number(forecast, "now_g"),
                        answer_is_true(forecast, "synthetic") ? " SYNTH." : "");
        terminal_add_cut(terminal, &picture->text, picture->margin - 1, label.bytes);
        text_add_format(
            &picture->text, "%*s",
            (int)(picture->margin - terminal_columns(terminal, label.bytes)), "");
        chart_format_spark(&picture->timeline, terminal, levels,
                           chart_top(levels, picture->timeline.columns), &mark,
                           &picture->text);
        text_add(&picture->text, "\n");
        picture->has_forecast = true;
        free(points);
    }
    json_decref(forecast);
    text_release(&label);
    text_release(&path);
}

static void add_cell(struct picture *picture, size_t width, const char *cell)
{
    const struct terminal *terminal = &picture->invocation->terminal;
    size_t columns = terminal_columns(terminal, cell);

    terminal_add_cut(terminal, &picture->text, width, cell);
    if (columns < width)
        text_add_format(&picture->text, "%*s", (int)(width - columns), "");
    text_add(&picture->text, " ");
}

/* Between the pieces of a job that is to run in several. */
static void find_rests(const json_t *job, struct timeline_bar *bar)
{
    const json_t *pieces = json_object_get(job, "pieces");

    for (size_t i = 1; i < json_array_size(pieces) && i <= TIMELINE_RESTS_MAX; i++) {
        struct timeline_rest *rest = &bar->rests[bar->rest_count++];

        answer_instant(json_array_get(pieces, i - 1), "end", &rest->begins);
        answer_instant(json_array_get(pieces, i), "start", &rest->ends);
    }
}

static void add_job(struct picture *picture, const json_t *job)
{
    struct timeline_bar bar = {.runs = is_running(job)};
    char when[WHEN_TEXT_SIZE];

    answer_instant(job, "start", &bar.begins);
    answer_instant(job, "ends", &bar.ends);
    answer_instant(job, "latest_start", &bar.latest);
    find_rests(job, &bar);
    text_add_format(&picture->text, "%5" PRId64 " ", answer_integer(job, "id"));
    if (picture->slurm_width > 0)
        add_cell(picture, picture->slurm_width, answer_text(job, "slurm"));
    add_cell(picture, NAME_WIDTH, answer_text(job, "name"));
    answer_when_short(job, "start", picture->now, when);
    add_cell(picture, WHEN_WIDTH, bar.runs ? answer_text(job, "state") : when);
    text_add(&picture->text, " ");
    timeline_format_bar(&picture->timeline, &picture->invocation->terminal, &bar,
                        &picture->text);
    while (picture->text.bytes[picture->text.length - 1] == ' ')
        picture->text.bytes[--picture->text.length] = '\0';
    text_add(&picture->text, "\n");
}

/* Add the axis; with jobs of Slurm the numbers below need titles. */
static void add_axis(struct picture *picture)
{
    size_t axis = picture->text.length;

    timeline_format(&picture->timeline, &picture->invocation->terminal, picture->margin,
                    &picture->text);
    if (picture->slurm_width > 0) {
        static const char titles[] = "   ID " SLURM_TITLE;
        char *hours = strchr(picture->text.bytes + axis, '\n') + 1;

        memcpy(hours, titles, sizeof(titles) - 1);
    }
}

/* Add how many jobs wait for others to end: they are in no plan yet. */
static void add_followers(const struct invocation *invocation, struct text *text)
{
    json_t *answer = NULL;
    const json_t *jobs;
    int count = 0;

    /* Without an answer nothing is told of them. */
    if (client_request(invocation->client, "GET",
                       "/v1/jobs?state=waiting&limit=" FOLLOWERS_MOST, NULL, &answer,
                       NULL)
        < 0)
        return;
    jobs = json_object_get(answer, "jobs");
    for (size_t i = 0; i < json_array_size(jobs); i++)
        count += strcmp(answer_text(json_array_get(jobs, i), "reason"), "after") == 0;
    if (count > 0)
        text_add_format(text, ", %s%d wait%s for other jobs to end",
                        answer_has(answer, "next") ? "at least " : "", count,
                        count == 1 ? "s" : "");
    json_decref(answer);
}

static void add_signs(const struct picture *picture, struct text *text)
{
    const struct terminal *terminal = &picture->invocation->terminal;
    bool unicode = terminal->unicode;

    text_add_format(text, "\n%s runs  %s planned  %s latest start\n",
                    unicode ? "\342\226\210" : "#", unicode ? "\342\226\223" : "=",
                    unicode ? "\342\224\202" : "|");
    if (picture->has_forecast && !unicode) {
        text_add(text, "forecast, from clean to dirty: ");
        chart_add_signs(terminal, text);
        text_add(text, "\n");
    }
}

/* Add how good the plan is, if the daemon knows; rounded up to a tenth. The daemon's
 * figure has four digits, so that less than one of them is no part of it. */
static void add_bound(const struct picture *picture, const json_t *plan,
                      struct text *text)
{
    const json_t *bound = json_object_get(plan, "bound");
    struct text line = TEXT_EMPTY;
    char when[WHEN_TEXT_SIZE];
    double tenths;

    if (!json_is_object(bound))
        return;
    answer_when_short(bound, "made", picture->now, when);
    tenths = fmax(1, ceil(answer_number(bound, "gap_percent") * 10 - 1e-6));
    text_add_format(&line,
                    "as of %s within %.1f %% of the best possible plan for this "
                    "forecast",
                    when, tenths / 10);
    terminal_add_paragraph(&picture->invocation->terminal, text, 0, line.bytes);
    text_release(&line);
}

static void add_legend(struct picture *picture, const json_t *plan)
{
    int64_t beyond = answer_integer(plan, "beyond_horizon");
    size_t count = json_array_size(picture->jobs);
    struct text line = TEXT_EMPTY;

    if (count > 0)
        add_signs(picture, &picture->text);
    text_add_format(&line, "%" PRId64 " planned", answer_integer(plan, "planned"));
    if (beyond > 0)
        text_add_format(&line, ", %" PRId64 " with no start yet", beyond);
    add_followers(picture->invocation, &line);
    if (answer_integer(plan, "planned") > (int64_t)count)
        text_add_format(&line, "; %zu %s shown, --limit N shows more", count,
                        count == 1 ? "is" : "are");
    terminal_add_paragraph(&picture->invocation->terminal, &picture->text, 0,
                           line.bytes);
    text_release(&line);
    add_bound(picture, plan, &picture->text);
    pool_text_add_notes(&picture->invocation->terminal, json_object_get(plan, "pools"),
                        &picture->text);
}

static int show(const struct invocation *invocation, const json_t *plan)
{
    struct picture picture = {
        .invocation = invocation,
        .jobs = json_object_get(plan, "jobs"),
        .now = client_now(invocation->client),
        .text = TEXT_EMPTY,
    };
    size_t zones = 0;

    answer_instant(plan, "now", &picture.now);
    picture.width = invocation->terminal.width ? invocation->terminal.width : 100;
    find_slurm(&picture);
    fit(&picture);
    for (size_t i = 0; i < json_array_size(picture.jobs) && zones < ZONES_MOST; i++) {
        if (is_seen(&picture, i))
            continue;
        add_forecast(&picture, answer_text(json_array_get(picture.jobs, i), "zone"));
        zones++;
    }
    add_axis(&picture);
    for (size_t i = 0; i < json_array_size(picture.jobs); i++)
        add_job(&picture, json_array_get(picture.jobs, i));
    add_legend(&picture, plan);
    return command_print(&picture.text);
}

static int run(const struct invocation *invocation)
{
    const struct plan_options *options = invocation->options;
    int64_t limit = 40;
    struct text text = TEXT_EMPTY;
    char path[64];
    struct error err;
    json_t *plan = NULL;
    int status;

    if (options->limit && number_parse(options->limit, 1, LIMIT_MOST, &limit, &err) < 0)
        return command_refuse(&command_plan, "--limit: %s", err.text);
    snprintf(path, sizeof(path), "/v1/plan?limit=%" PRId64, limit);
    status = client_ask(invocation->client, "GET", path, NULL, &plan);
    if (status == EXIT_WELL && options->json) {
        answer_format(plan, &text);
        status = command_print(&text);
    } else if (status == EXIT_WELL
               && json_array_size(json_object_get(plan, "jobs")) == 0
               && answer_integer(plan, "beyond_horizon") == 0) {
        text_add(&text, "nothing runs and nothing is planned");
        add_followers(invocation, &text);
        text_add(&text, "\n");
        pool_text_add_notes(&invocation->terminal, json_object_get(plan, "pools"),
                            &text);
        status = command_print(&text);
    } else if (status == EXIT_WELL) {
        status = show(invocation, plan);
    }
    json_decref(plan);
    return status;
}

const struct command command_plan = {
    .name = "plan",
    .operands = "",
    .summary = "show what starts when, beside the forecast",
    .options = rows,
    .options_size = sizeof(struct plan_options),
    .run = run,
};

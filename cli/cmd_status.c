/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "base/when.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/job_text.h"
#include "cli/pool_text.h"
#include "cli/zone_text.h"

struct status_options {
    bool json;
};

static const struct command_option rows[] = {
    {"json", 0, OPTION_FLAG, offsetof(struct status_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

static const char *const states[] = {"waiting", "held",    "starting",
                                     "running", "pausing", "paused",
                                     "done",    "failed",  "cancelled"};

#define LABEL_WIDTH 10
#define INDENTATION (2 + LABEL_WIDTH)

static void add_label(const struct terminal *terminal, struct text *text,
                      const char *label)
{
    text_add(text, "  ");
    terminal_add(terminal, text, STYLE_FAINT, label);
    text_add_format(text, "%*s", LABEL_WIDTH - (int)strlen(label), "");
}

static void add_jobs(const struct terminal *terminal, const json_t *jobs,
                     struct text *text)
{
    bool is_first = true;
    size_t used = INDENTATION;

    add_label(terminal, text, "jobs");
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        int64_t count = answer_integer(jobs, states[i]);
        struct text part = TEXT_EMPTY;

        if (count == 0)
            continue;
        text_add_format(&part, "%" PRId64 " %s", count, states[i]);
        text_add(text, is_first ? "" : ",");
        /* With a blank before it and a comma after. */
        used += part.length + 2;
        if (!is_first && terminal->width > 0 && used > terminal->width) {
            text_add_format(text, "\n%*s", INDENTATION, "");
            used = INDENTATION + part.length + 2;
        } else if (!is_first) {
            text_add(text, " ");
        }
        terminal_add(terminal, text, job_text_style(states[i]), part.bytes);
        text_release(&part);
        is_first = false;
    }
    text_add(text, is_first ? "none\n" : "\n");
}

static void add_daemon(const struct terminal *terminal, const json_t *status,
                       struct text *text)
{
    const json_t *store = json_object_get(status, "store");
    char age[DURATION_TEXT_SIZE], when[WHEN_TEXT_SIZE];
    struct text line = TEXT_EMPTY;

    add_label(terminal, text, "daemon");
    text_add_format(&line, "penstockd %s, pid %" PRId64 ", up %s",
                    answer_text(status, "version"), answer_integer(status, "pid"),
                    duration_format(answer_integer(status, "uptime"), age));
    if (answer_number(status, "clock_rate") > 1)
        text_add_format(&line, ", its clock runs %.0f times as fast and shows %s",
                        answer_number(status, "clock_rate"),
                        answer_when(status, "now", 0, when));
    terminal_add_wrapped(terminal, text, INDENTATION, STYLE_PLAIN, line.bytes);
    if (answer_has(status, "serves")) {
        add_label(terminal, text, "serves");
        terminal_add_wrapped(terminal, text, INDENTATION, STYLE_PLAIN,
                             answer_text(status, "serves"));
    }
    if (answer_has(status, "limits")) {
        add_label(terminal, text, "limits");
        terminal_add_wrapped(terminal, text, INDENTATION, STYLE_PLAIN,
                             answer_text(status, "limits"));
    }
    text_release(&line);
    add_label(terminal, text, "store");
    if (answer_is_true(store, "writable")) {
        terminal_add_wrapped(terminal, text, INDENTATION, STYLE_GOOD, "writable");
    } else {
        text_add_format(&line, "NOT WRITABLE: %s", answer_text(store, "error"));
        terminal_add_wrapped(terminal, text, INDENTATION, STYLE_BAD, line.bytes);
    }
    text_release(&line);
}

static void add_slurm(const struct terminal *terminal, const json_t *status,
                      instant now, struct text *text)
{
    const json_t *slurm = json_object_get(status, "slurm");
    const char *trouble = answer_text(slurm, "error");
    char when[WHEN_TEXT_SIZE];
    struct text line = TEXT_EMPTY;

    if (!answer_has(status, "slurm"))
        return;
    add_label(terminal, text, "slurm");
    if (answer_is_true(slurm, "off"))
        text_add(&line, "OFF by release-all: no job is taken in; ");
    if (answer_is_true(slurm, "dry_run"))
        text_add(&line, "dry run: nothing is changed there; ");
    if (*answer_when(slurm, "listed", now, when))
        text_add_format(&line, "listed %s", when);
    else
        text_add(&line, "never listed");
    if (*trouble)
        text_add_format(&line, "; %s", trouble);
    terminal_add_wrapped(
        terminal, text, INDENTATION,
        *trouble || answer_is_true(slurm, "off") ? STYLE_BAD : STYLE_GOOD, line.bytes);
    text_release(&line);
}

static void add_plan(const struct terminal *terminal, const json_t *status, instant now,
                     struct text *text)
{
    const json_t *plan = json_object_get(status, "plan");
    int64_t late = answer_integer(plan, "late");
    char when[WHEN_TEXT_SIZE];
    struct text line = TEXT_EMPTY;

    if (!answer_has(plan, "made"))
        return;
    add_label(terminal, text, "plan");
    text_add_format(&line, "made %s in %" PRId64 " ms",
                    answer_when(plan, "made", now, when),
                    answer_integer(plan, "took_ms"));
    if (late > 0)
        text_add_format(&line, ", %" PRId64 " late", late);
    text_add_format(&line, "; worst turn %" PRId64 " ms",
                    answer_integer(status, "worst_turn_ms"));
    terminal_add_wrapped(terminal, text, INDENTATION, STYLE_PLAIN, line.bytes);
    text_release(&line);
}

static int show(const struct invocation *invocation, const json_t *status)
{
    const struct terminal *terminal = &invocation->terminal;
    const json_t *zones = json_object_get(status, "zones");
    instant now = client_now(invocation->client);
    struct text text = TEXT_EMPTY;

    /* As /v1/zones has them, in an object of its own. */
    if (json_is_object(zones))
        zones = json_object_get(zones, "zones");
    answer_instant(status, "now", &now);
    add_daemon(terminal, status, &text);
    add_jobs(terminal, json_object_get(status, "jobs"), &text);
    add_plan(terminal, status, now, &text);
    add_slurm(terminal, status, now, &text);
    pool_text_add_notes(terminal, json_object_get(status, "pools"), &text);
    if (json_array_size(zones) > 0) {
        text_add(&text, "\n");
        zone_text_add_table(terminal, zones, now, &text);
        zone_text_add_notes(terminal, zones, now, &text);
    }
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    const struct status_options *options = invocation->options;

    return asking_get(invocation, "/v1/status", options->json, show);
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "show how the daemon and its sources of forecasts are",
    .options = rows,
    .options_size = sizeof(struct status_options),
    .run = run,
};

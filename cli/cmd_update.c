/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/promise_text.h"
#include "queue/job.h"

struct update_options {
    const char *deadline;
    const char *max_wait;
    const char *priority;
    bool now;
    bool json;
};

static const struct command_option rows[] = {
    {"now", 0, OPTION_FLAG, offsetof(struct update_options, now), NULL,
     "start as soon as there is room, whatever the grid does", NULL},
    {"deadline", 0, OPTION_STRING, offsetof(struct update_options, deadline), "WHEN",
     "finish by, or none", NULL},
    {"max-wait", 0, OPTION_STRING, offsetof(struct update_options, max_wait),
     "DURATION", "longest wait from when it could first start, or none", NULL},
    {"priority", 0, OPTION_STRING, offsetof(struct update_options, priority), "N",
     "from -100; above 0 for administrators", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct update_options, json), NULL,
     "print the daemon's answers", NULL},
    COMMAND_OPTIONS_END,
};

static bool is_none(const char *value)
{
    return strcmp(value, "none") == 0;
}

static int add_max_wait(const char *given, struct text *body)
{
    struct error err;
    duration length;

    if (!given)
        return EXIT_WELL;
    if (is_none(given)) {
        text_add(body, ",\"max_wait\":null");
        return EXIT_WELL;
    }
    if (duration_parse(given, &length, &err) < 0)
        return command_refuse(&command_update, "--max-wait: %s", err.text);
    text_add_format(body, ",\"max_wait\":%" PRId64, length);
    return EXIT_WELL;
}

static int add_deadline(struct client *client, const char *given, struct text *body)
{
    char utc[INSTANT_TEXT_SIZE];
    struct error err;
    instant when, now = 0;
    int status = EXIT_WELL;

    if (!given)
        return EXIT_WELL;
    if (is_none(given)) {
        text_add(body, ",\"deadline\":null");
        return EXIT_WELL;
    }
    if (when_is_relative(given))
        status = client_find_now(client, &now);
    if (status != EXIT_WELL)
        return status;
    if (when_parse(given, now, &when, &err) < 0)
        return command_refuse(&command_update, "--deadline: %s", err.text);
    text_add_format(body, ",\"deadline\":\"%s\"", instant_format(when, utc));
    return EXIT_WELL;
}

/* Make the body of the request. Returns the exit status. */
static int make_body(const struct invocation *invocation, struct text *body)
{
    const struct update_options *options = invocation->options;
    struct error err;
    int64_t priority;
    int status;

    if (options->now)
        text_add(body, ",\"now\":true");
    if (options->priority) {
        if (number_parse(options->priority, -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX,
                         &priority, &err)
            < 0)
            return command_refuse(&command_update, "--priority: %s", err.text);
        text_add_format(body, ",\"priority\":%" PRId64, priority);
    }
    status = add_max_wait(options->max_wait, body);
    if (status == EXIT_WELL)
        status = add_deadline(invocation->client, options->deadline, body);
    if (status != EXIT_WELL)
        return status;
    if (body->length == 0)
        return command_refuse(&command_update, "say what to change");
    body->bytes[0] = '{';
    text_add(body, "}");
    return EXIT_WELL;
}

static int tell(const struct invocation *invocation, const json_t *job)
{
    const struct update_options *options = invocation->options;
    struct text raw = TEXT_EMPTY, text = TEXT_EMPTY;

    if (options->json) {
        answer_format(job, &text);
        return command_print(&text);
    }
    promise_text_add(job, client_now(invocation->client), &raw);
    terminal_add_lines(&invocation->terminal, &text, raw.bytes);
    text_release(&raw);
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    struct text body = TEXT_EMPTY;
    struct ids ids;
    bool is_slurms = false;
    int status = asking_ids(invocation, &ids);

    if (status == EXIT_WELL)
        status = make_body(invocation, &body);
    for (size_t i = 0; i < ids.count && status == EXIT_WELL; i++) {
        char path[48];
        json_t *job = NULL;

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, ids.items[i]);
        status = client_ask(invocation->client, "PATCH", path, body.bytes, &job);
        if (status == EXIT_WELL)
            status = tell(invocation, job);
        is_slurms = is_slurms || answer_has(job, "slurm");
        json_decref(job);
    }
    if (is_slurms)
        asking_warn_of_slurm(invocation);
    text_release(&body);
    ids_release(&ids);
    return status;
}

const struct command command_update = {
    .name = "update",
    .operands = "ID...",
    .summary = "change when waiting jobs may start",
    .details = ASKING_IDS,
    .values = "@job",
    .options = rows,
    .options_size = sizeof(struct update_options),
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

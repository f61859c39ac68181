/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"

struct cancel_options {
    bool json;
};

static const struct command_option rows[] = {
    {"json", 0, OPTION_FLAG, offsetof(struct cancel_options, json), NULL,
     "print the daemon's answers", NULL},
    COMMAND_OPTIONS_END,
};

static int tell(const struct invocation *invocation, const json_t *job)
{
    const struct cancel_options *options = invocation->options;
    const char *state = answer_text(job, "state");
    const char *slurm = answer_text(job, "slurm");
    struct text text = TEXT_EMPTY;

    if (options->json) {
        answer_format(job, &text);
        return command_print(&text);
    }
    text_add_format(&text, "job %" PRId64 " (", answer_integer(job, "id"));
    terminal_add(&invocation->terminal, &text, STYLE_PLAIN, answer_text(job, "name"));
    if (*slurm)
        text_add_format(&text, ", %s in Slurm", slurm);
    text_add(&text, "): ");
    if (invocation->command == &command_cancel && strcmp(state, "cancelled") != 0)
        text_add(&text, "being stopped, still ");
    terminal_add(&invocation->terminal, &text, STYLE_PLAIN, state);
    text_add(&text, "\n");
    return command_print(&text);
}

/* Name the job, where the daemon has not. */
static int tell_failure(int64_t id, const struct error *err)
{
    char name[32];

    snprintf(name, sizeof(name), "job %" PRId64, id);
    if (strstr(err->text, name))
        complain("%s", err->text);
    else
        complain("%s: %s", name, err->text);
    return EXIT_FAILED;
}

/* All are tried, and each that fails is told. */
static int run(const struct invocation *invocation)
{
    struct ids ids;
    struct error err;
    bool is_slurms = false;
    int status = asking_ids(invocation, &ids);

    for (size_t i = 0; i < ids.count && status != EXIT_OUT_OF_REACH; i++) {
        char path[64];
        json_t *job = NULL;
        int result = EXIT_WELL;

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64 "/%s", ids.items[i],
                 invocation->command->name);
        if (client_request(invocation->client, "POST", path, NULL, &job, &err) == 0)
            result = tell(invocation, job);
        else if (client_is_out_of_reach(invocation->client))
            result = client_complain(invocation->client, &err);
        else
            result = tell_failure(ids.items[i], &err);
        is_slurms = is_slurms || answer_has(job, "slurm");
        json_decref(job);
        status = result == EXIT_WELL ? status : result;
    }
    if (is_slurms)
        asking_warn_of_slurm(invocation);
    ids_release(&ids);
    return status;
}

#define ON_JOBS(command_name, command_summary, command_details)                        \
    {                                                                                  \
        .name = (command_name), .operands = "ID...", .summary = (command_summary),     \
        .details = (command_details), .values = "@job", .options = rows,               \
        .options_size = sizeof(struct cancel_options), .operands_least = 1,            \
        .operands_most = -1, .run = run,                                               \
    }

const struct command command_cancel =
    ON_JOBS("cancel", "stop jobs, or take them out of the queue",
            ASKING_IDS " Jobs that run are stopped first.");
const struct command command_hold = ON_JOBS(
    "hold", "keep waiting jobs from starting until they are released", ASKING_IDS);
const struct command command_release_jobs =
    ON_JOBS("release", "let held jobs be planned again", ASKING_IDS);

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/ids.h"
#include "cli/job_text.h"

static int run(const struct invocation *invocation)
{
    struct text paragraph = TEXT_EMPTY, text = TEXT_EMPTY;
    struct ids ids;
    struct error err;
    json_t *job = NULL;
    int status = EXIT_WELL;

    if (ids_parse(invocation->operands, invocation->operand_count, &ids, &err) < 0)
        return command_refuse(&command_why, "%s", err.text);
    for (size_t i = 0; i < ids.count && status == EXIT_WELL; i++) {
        char path[48];

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, ids.items[i]);
        status = client_ask(invocation->client, "GET", path, NULL, &job);
        if (status != EXIT_WELL)
            break;
        text_clear(&paragraph);
        job_text_add_why(job, client_now(invocation->client), &paragraph);
        terminal_add_paragraph(&invocation->terminal, &text, 0, paragraph.bytes);
        status = command_print(&text);
        json_decref(job);
    }
    text_release(&paragraph);
    ids_release(&ids);
    return status;
}

const struct command command_why = {
    .name = "why",
    .operands = "ID...",
    .summary = "tell why a job has not started, and what would change that",
    .values = "@job",
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

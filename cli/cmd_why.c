/* SPDX-License-Identifier: MIT */
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/job_text.h"

static int show(const struct invocation *invocation, const json_t *job)
{
    struct text paragraph = TEXT_EMPTY, text = TEXT_EMPTY;

    job_text_add_why(job, client_now(invocation->client), &paragraph);
    terminal_add_paragraph(&invocation->terminal, &text, 0, paragraph.bytes);
    text_release(&paragraph);
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    return asking_jobs(invocation, false, show);
}

const struct command command_why = {
    .name = "why",
    .operands = "ID...",
    .summary = "tell why a job has not started, and what would change that",
    .details = ASKING_IDS,
    .values = "@job",
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

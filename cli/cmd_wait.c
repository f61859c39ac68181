/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/ids.h"
#include "cli/waiting.h"

static int run(const struct invocation *invocation)
{
    struct ids ids;
    struct error err;
    int status;

    if (ids_parse(invocation->operands, invocation->operand_count, &ids, &err) < 0)
        return command_refuse(&command_wait, "%s", err.text);
    status = waiting_run(invocation->client, &ids);
    ids_release(&ids);
    return status;
}

const struct command command_wait = {
    .name = "wait",
    .operands = "ID...",
    .summary = "wait until jobs have ended",
    .details = "The exit status is 0 if all are done, and 1 if any failed or was "
               "cancelled.",
    .values = "@job",
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

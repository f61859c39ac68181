/* SPDX-License-Identifier: MIT */
#include "cli/asking.h"
#include "cli/commands.h"
#include "cli/waiting.h"

static int run(const struct invocation *invocation)
{
    struct ids ids;
    int status = asking_ids(invocation, &ids);

    if (status == EXIT_WELL)
        status = waiting_run(invocation->client, &ids);
    ids_release(&ids);
    return status;
}

const struct command command_wait = {
    .name = "wait",
    .operands = "ID...",
    .summary = "wait until jobs have ended",
    .details =
        ASKING_IDS " The exit status is 0 if all are done, and 1 if any failed or was "
                   "cancelled.",
    .values = "@job",
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};

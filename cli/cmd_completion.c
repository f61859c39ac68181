/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/commands.h"
#include "cli/completion.h"

static int run(const struct invocation *invocation)
{
    struct text text = TEXT_EMPTY;

    if (strcmp(invocation->operands[0], "bash") != 0)
        return command_refuse(&command_completion, "only bash is known");
    completion_format_bash(&text);
    return command_print(&text);
}

const struct command command_completion = {
    .name = "completion",
    .operands = "bash",
    .summary = "print a completion script for the shell",
    .values = "bash",
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

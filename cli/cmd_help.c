/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

static int run(const struct invocation *invocation)
{
    struct text help = TEXT_EMPTY;
    const struct command *command;

    if (invocation->operand_count == 0) {
        commands_format_help(&help);
        return command_print(&help);
    }
    command = command_find(invocation->operands[0]);
    if (!command) {
        complain("there is no command \"%s\"", invocation->operands[0]);
        return EXIT_USAGE;
    }
    command_format_help(command, &help);
    return command_print(&help);
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .summary = "list the commands, or tell more about one",
    .values = "@command",
    .operands_most = 1,
    .run = run,
};

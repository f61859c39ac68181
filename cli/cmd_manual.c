/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/version.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "config/manual.h"

/* Add text with what roff would take for its own made plain. */
static void add_plain(struct text *text, const char *string)
{
    if (*string == '.' || *string == '\'')
        text_add(text, "\\&");
    for (; *string; string++) {
        if (*string == '\\')
            text_add(text, "\\e");
        else if (*string == '-')
            text_add(text, "\\-");
        else
            text_add_bytes(text, string, 1);
    }
}

static void add_option(struct text *text, const struct command_option *row)
{
    text_add(text, ".TP\n\\fB");
    if (row->short_name)
        text_add_format(text, "\\-%c\\fR, \\fB", row->short_name);
    text_add(text, "\\-\\-");
    add_plain(text, row->name);
    text_add(text, "\\fR");
    if (row->argument) {
        text_add(text, " \\fI");
        add_plain(text, row->argument);
        text_add(text, "\\fR");
    }
    text_add(text, "\n");
    add_plain(text, row->help);
    text_add(text, "\n");
}

static void add_details(struct text *text, const char *details)
{
    while (details && *details) {
        size_t length = strcspn(details, "\n");
        struct text paragraph = TEXT_EMPTY;

        text_add_bytes(&paragraph, details, length);
        text_add(text, *details == ' ' ? ".PP\n.nf\n" : ".PP\n");
        add_plain(text, paragraph.bytes);
        text_add(text, *details == ' ' ? "\n.fi\n" : "\n");
        text_release(&paragraph);
        details += length + (details[length] == '\n');
    }
}

static void add_command(struct text *text, const struct command *command)
{
    text_add(text, ".SS ");
    add_plain(text, command->name);
    text_add(text, "\n.B penstock ");
    add_plain(text, command->name);
    text_add(text, "\n.RI [ OPTION... ]\n");
    if (*command->operands) {
        text_add(text, ".I ");
        add_plain(text, command->operands);
        text_add(text, "\n");
    }
    text_add(text, ".PP\n");
    text_add_format(text, "%c", command->summary[0] - 'a' + 'A');
    add_plain(text, command->summary + 1);
    text_add(text, ".\n");
    add_details(text, command->details);
    for (const struct command_option *row = command->options; row && row->name; row++)
        add_option(text, row);
}

static int print_config_manual(void)
{
    struct text text = TEXT_EMPTY;

    config_format_manual(&text);
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    struct text text = TEXT_EMPTY;

    if (invocation->operand_count == 1
        && strcmp(invocation->operands[0], "penstock.conf") == 0)
        return print_config_manual();
    text_add(&text, ".TH PENSTOCK 1 \"\" \"penstock " PENSTOCK_VERSION "\"\n"
                    ".SH NAME\npenstock \\- run batch jobs on GPUs when the grid is "
                    "green\n.SH SYNOPSIS\n.B penstock\n[\\fB\\-\\-socket\\fR "
                    "\\fIPATH\\fR] \\fICOMMAND\\fR [\\fIOPTION...\\fR] "
                    "[\\fIOPERAND...\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            add_command(&text, commands[i]);
    text_add(&text,
             ".SH EXIT STATUS\n0 well, 1 failed, 2 wrong usage, 3 the daemon is out of "
             "reach.\n.SH ENVIRONMENT\n.TP\n.B PENSTOCK_SOCKET\nThe daemon's socket; "
             "default " CLIENT_SOCKET ".\n.TP\n.B NO_COLOR\nNo colours.\n.TP\n.B TZ\n"
             "The local time that moments are read and shown in.\n");
    return command_print(&text);
}

const struct command command_manual = {
    .name = "manual",
    .operands = "[penstock.conf]",
    .summary = "print the manual page penstock.1, or penstock.conf.5",
    .operands_most = 1,
    .is_hidden = true,
    .run = run,
};

/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/client.h"

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

#define NAME_MOST 32

/* How many letters must be put in, taken out or changed to make one of the other. */
static size_t count_edits(const char *a, const char *b)
{
    size_t row[NAME_MOST + 1];
    size_t length = strlen(b);

    assert(length <= NAME_MOST);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

const struct command *command_find_nearest(const char *name)
{
    const struct command *nearest = NULL;
    size_t least = strlen(name) / 3 + 2;

    if (strlen(name) > NAME_MOST)
        return NULL;
    for (size_t i = 0; commands[i]; i++) {
        size_t edits = count_edits(name, commands[i]->name);

        if (commands[i]->is_hidden || edits >= least)
            continue;
        least = edits;
        nearest = commands[i];
    }
    return nearest;
}

/* The rows as base/options reads them, with "--help" for all. */
static void bind(const struct command *command, void *options, bool *help,
                 struct option_def *bound)
{
    size_t count = 0;

    for (const struct command_option *row = command->options; row && row->name; row++) {
        assert(count + 2 < COMMAND_OPTIONS_MAX);
        bound[count++] = (struct option_def){
            .name = row->name,
            .short_name = row->short_name,
            .type = row->type,
            .destination = options ? (char *)options + row->offset : NULL,
            .argument = row->argument,
            .help = row->help,
            .values = row->values,
        };
    }
    bound[count++] = (struct option_def){.name = "help",
                                         .short_name = 'h',
                                         .type = OPTION_FLAG,
                                         .destination = help,
                                         .help = "show this help"};
    bound[count] = (struct option_def)OPTIONS_END;
}

int command_parse(const struct command *command, int argc, char **argv, void *options,
                  int *operands, bool *help, struct error *err)
{
    struct option_def bound[COMMAND_OPTIONS_MAX];

    bind(command, options, help, bound);
    return options_parse(bound, argc, argv, command->in_order, operands, err);
}

static void merge_strings(struct option_strings *over,
                          const struct option_strings *under)
{
    struct option_strings all = {NULL, 0, 0};

    for (size_t i = 0; i < under->count + over->count; i++) {
        all.items = xgrow(all.items, all.count, &all.room, sizeof(*all.items));
        all.items[all.count++] =
            i < under->count ? under->items[i] : over->items[i - under->count];
    }
    option_strings_release(over);
    *over = all;
}

static void merge_option(const struct command_option *row, void *over,
                         const void *under)
{
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)over = *(bool *)over || *(const bool *)under;
        break;
    case OPTION_STRING:
    case OPTION_OPTIONAL:
        if (!*(const char **)over)
            *(const char **)over = *(const char *const *)under;
        break;
    case OPTION_STRINGS:
        merge_strings(over, under);
        break;
    }
}

void command_merge(const struct command *command, void *over, const void *under)
{
    for (const struct command_option *row = command->options; row->name; row++)
        merge_option(row, (char *)over + row->offset,
                     (const char *)under + row->offset);
}

void command_release(const struct command *command, void *options)
{
    for (const struct command_option *row = command->options; row && row->name; row++)
        if (row->type == OPTION_STRINGS)
            option_strings_release(
                (struct option_strings *)(void *)((char *)options + row->offset));
}

static int check_operands(const struct command *command, int count)
{
    if (count < command->operands_least)
        return command_refuse(command, "%s needs %s", command->name, command->operands);
    if (command->operands_most == 0 && count > 0)
        return command_refuse(command, "%s takes no operands", command->name);
    if (command->operands_most > 0 && count > command->operands_most)
        return command_refuse(command, "%s takes only %s", command->name,
                              command->operands);
    return EXIT_WELL;
}

static int show_help(const struct command *command)
{
    struct text help = TEXT_EMPTY;

    command_format_help(command, &help);
    return command_print(&help);
}

int command_run(const struct command *command, const char *socket, int argc,
                char **argv)
{
    void *options = xcalloc(1, command->options_size);
    struct invocation invocation = {
        .command = command,
        .options = options,
        .socket = socket,
        .terminal = terminal_from(STDOUT_FILENO),
    };
    bool help = false;
    struct error err;
    int operands, status;

    if (command_parse(command, argc, argv, options, &operands, &help, &err) < 0) {
        status = command_refuse(command, "%s", err.text);
        goto done;
    }
    if (help) {
        status = show_help(command);
        goto done;
    }
    invocation.operands = argv + operands;
    invocation.operand_count = argc - operands;
    invocation.after_dashes = operands > 0 && strcmp(argv[operands - 1], "--") == 0;
    status = check_operands(command, invocation.operand_count);
    if (status != EXIT_WELL)
        goto done;
    invocation.client = client_open(socket);
    status = command->run(&invocation);
    client_close(invocation.client);
done:
    command_release(command, options);
    free(options);
    return status;
}

void command_format_help(const struct command *command, struct text *help)
{
    struct option_def bound[COMMAND_OPTIONS_MAX];
    struct terminal plain = {.width = 80, .unicode = true};
    bool has_options = command->options && command->options->name;

    text_add_format(help, "usage: penstock %s%s%s%s\n\n", command->name,
                    has_options ? " [OPTION...]" : "", *command->operands ? " " : "",
                    command->operands);
    text_add_format(help, "%c%s.\n", command->summary[0] - 'a' + 'A',
                    command->summary + 1);
    for (const char *at = command->details; at && *at;) {
        size_t length = strcspn(at, "\n");
        struct text paragraph = TEXT_EMPTY;

        text_add_bytes(&paragraph, at, length);
        text_add(help, "\n");
        if (*at == ' ')
            text_add_format(help, "%s\n", paragraph.bytes);
        else
            terminal_add_paragraph(&plain, help, 0, paragraph.bytes);
        text_release(&paragraph);
        at += length + (at[length] == '\n');
    }
    text_add(help, "\n");
    bind(command, NULL, NULL, bound);
    options_format_help(bound, help);
}

void commands_format_help(struct text *help)
{
    text_add(help,
             "usage: penstock [--socket PATH] COMMAND [OPTION...] [OPERAND...]\n\n"
             "Run batch jobs on GPUs when the grid is green.\n\n");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            text_add_format(help, "  %-13s %s\n", commands[i]->name,
                            commands[i]->summary);
    text_add(help, "\n"
                   "  --socket PATH the daemon's socket; else PENSTOCK_SOCKET, else\n"
                   "                " CLIENT_SOCKET "\n"
                   "  --version     show the version\n\n"
                   "\"penstock help COMMAND\" tells more about one command.\n");
}

int command_refuse(const struct command *command, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    complain("%s; see \"penstock help%s%s\"", message, command ? " " : "",
             command ? command->name : "");
    return EXIT_USAGE;
}

int command_print(struct text *text)
{
    bool is_written = fwrite(text->bytes, 1, text->length, stdout) == text->length;
    int status = EXIT_WELL;

    if (fflush(stdout) != 0 || !is_written) {
        complain("cannot write the output: %s", strerror(errno));
        status = EXIT_FAILED;
    }
    text_release(text);
    return status;
}

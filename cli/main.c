/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/options.h"
#include "base/version.h"
#include "cli/client.h"
#include "cli/command.h"

struct global_options {
    const char *socket;
    bool version;
    bool help;
};

static int parse_globals(struct global_options *options, int argc, char **argv,
                         int *operands)
{
    const struct option_def rows[] = {
        {"socket", 0, OPTION_STRING, &options->socket, "PATH", "the daemon's socket",
         "@file"},
        {"version", 'V', OPTION_FLAG, &options->version, NULL, "show the version",
         NULL},
        {"help", 'h', OPTION_FLAG, &options->help, NULL, "show this help", NULL},
        OPTIONS_END,
    };
    struct error err;

    if (options_parse(rows, argc, argv, true, operands, &err) < 0)
        return command_refuse(NULL, "%s", err.text);
    return EXIT_WELL;
}

static const char *find_socket(const struct global_options *options)
{
    const char *socket = getenv("PENSTOCK_SOCKET");

    if (options->socket)
        return options->socket;
    return socket && *socket ? socket : CLIENT_SOCKET;
}

static int refuse_unknown(const char *name)
{
    const struct command *nearest = command_find_nearest(name);

    if (nearest)
        return command_refuse(NULL, "there is no command \"%s\", did you mean %s", name,
                              nearest->name);
    return command_refuse(NULL, "there is no command \"%s\"", name);
}

int main(int argc, char **argv)
{
    struct global_options options = {NULL, false, false};
    struct text help = TEXT_EMPTY;
    const struct command *command;
    int first, status;

    /* Only what characters are: numbers and dates stay as scripts expect them. */
    setlocale(LC_CTYPE, "");
    tzset();
    status = parse_globals(&options, argc - 1, argv + 1, &first);
    if (status != EXIT_WELL)
        return status;
    first++;
    if (options.version)
        text_add(&help, "penstock " PENSTOCK_VERSION "\n");
    else if (options.help)
        commands_format_help(&help);
    if (help.length > 0)
        return command_print(&help);
    if (first == argc) {
        commands_format_help(&help);
        fputs(help.bytes, stderr);
        text_release(&help);
        return EXIT_USAGE;
    }
    command = command_find(argv[first]);
    if (!command)
        return refuse_unknown(argv[first]);
    return command_run(command, find_socket(&options), argc - first - 1,
                       argv + first + 1);
}

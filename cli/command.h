/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "cli/terminal.h"

struct client;

/*
 * A command of the command line: one row of a table, in a file of its own. Help, shell
 * completion and the manual page come from the same rows.
 */

enum exit_status {
    EXIT_WELL = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_OUT_OF_REACH = 3, /* the daemon does not answer */
};

/* As struct option_def, but it names a member of the command's own options. */
struct command_option {
    const char *name;
    char short_name;
    enum option_type type;
    size_t offset; /* of the destination, in the struct that parsing fills */
    const char *argument;
    const char *help;
    const char *values;
};

#define COMMAND_OPTIONS_MAX 48
#define COMMAND_OPTIONS_END                                                            \
    {                                                                                  \
        NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL                                      \
    }

struct invocation;

struct command {
    const char *name;
    const char *operands; /* as help shows them: "ID..."; "" for none */
    const char *summary;  /* one phrase */
    const char *details;  /* paragraphs for help and manual, or NULL */
    const char *values;   /* of operands, for completion, as in struct option_def */
    const struct command_option *options; /* ends with COMMAND_OPTIONS_END */
    size_t options_size;                  /* of the struct that they fill, or 0 */
    int operands_least;
    int operands_most; /* -1: any number */
    bool in_order;     /* options end at the first operand */
    bool is_hidden;    /* from help */
    int (*run)(const struct invocation *invocation);
};

/* One call of a command: what run() is handed. */
struct invocation {
    const struct command *command;
    const void *options; /* the command's own struct, filled */
    char **operands;
    int operand_count;
    bool after_dashes; /* "--" stood right before the operands */
    const char *socket;
    struct client *client;
    struct terminal terminal; /* standard output */
};

/* All commands, in the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* NULL if there is none of this name. */
const struct command *command_find(const char *name);

/* The command whose name is most like this one; NULL if none is. */
const struct command *command_find_nearest(const char *name);

/*
 * Parse options into a zeroed struct of `options_size` bytes; as options_parse(). With
 * --help among them, `*help` is set.
 */
int command_parse(const struct command *command, int argc, char **argv, void *options,
                  int *operands, bool *help, struct error *err);

/* Fill what `over` leaves out from `under`; lists of `under` come first. */
void command_merge(const struct command *command, void *over, const void *under);

/* Release what parsing made. */
void command_release(const struct command *command, void *options);

/* Parse and run. Returns the exit status of the program. */
int command_run(const struct command *command, const char *socket, int argc,
                char **argv);

/* Add the help page of a command, or the list of all. */
void command_format_help(const struct command *command, struct text *help);
void commands_format_help(struct text *help);

/* Tell what is wrong with how the command was called. Returns EXIT_USAGE. */
int command_refuse(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Write to standard output and release. Returns EXIT_WELL, or EXIT_FAILED and says why.
 */
int command_print(struct text *text);

#endif

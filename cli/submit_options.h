/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUBMIT_OPTIONS_H
#define CLI_SUBMIT_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "cli/command.h"

/* What `penstock submit` may be told, as texts, and how that becomes a request. */
struct submit_options {
    const char *name, *project, *queue;
    const char *gpus, *scaling, *cpus, *memory, *power;
    const char *time, *time_limit;
    const char *deadline, *max_wait, *begin;
    const char *signal, *grace;
    const char *after, *array, *pools, *zones, *priority;
    const char *directory, *output, *error;
    struct option_strings environment;
    bool interruptible, requeue, now, hold;
    bool dry_run, wait, json;
};

extern const struct command_option submit_option_rows[];

/* What a submission takes from around it. */
struct submit_source {
    const char *script; /* NULL: the operands are the command; else its arguments */
    size_t script_size;
    const char *script_name; /* the file's; NULL for standard input */
    char **operands;
    int operand_count;
    const char *directory;    /* absolute: where we are */
    char *const *environment; /* "K=V", ends in NULL */
    instant now;
};

/* Whether a time among the options depends on now. */
bool submit_options_need_now(const struct submit_options *options);

/* Add where the job is to run, to an empty text: an absolute path. */
void submit_options_add_directory(const struct submit_options *options,
                                  const struct submit_source *source,
                                  struct text *path);

/*
 * Make the body of POST /v1/jobs, which becomes the caller's. NULL with ERROR_INVALID
 * or ERROR_TOO_LARGE, and the option named. Pure, given TZ.
 */
json_t *submit_options_to_json(const struct submit_options *options,
                               const struct submit_source *source, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_DIRECTIVES_H
#define CLI_DIRECTIVES_H

#include <stddef.h>

#include "base/error.h"

/*
 * Options in the head of a script: lines that begin with "#PENSTOCK", as in
 *
 *     #!/bin/sh
 *     #PENSTOCK --gpus 2 --time 3h
 *     #PENSTOCK --name 'night run'   # a comment
 *
 * The head ends at the first line that is neither blank nor a comment. Words are split
 * at blanks; '...' keeps everything, "..." and what stands outside quotes know \ before
 * the character to keep; a # that begins a word ends the line. Pure.
 */

#define DIRECTIVES_MAX      256  /* lines with directives */
#define DIRECTIVE_LINE_MAX  4096 /* bytes of one */
#define DIRECTIVE_WORDS_MAX 64   /* of one */

struct directive {
    int line; /* of the script, from 1 */
    int argc;
    char **argv; /* ends in NULL; the words belong to the directives */
};

struct directives {
    struct directive *items;
    size_t count;
    size_t room;
};

/*
 * Find the directives in a script, to be released by the caller. Errors begin with
 * "NAME:LINE: ".
 */
int directives_parse(const char *script, size_t size, const char *name,
                     struct directives *directives, struct error *err);

void directives_release(struct directives *directives);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

#include "base/error.h"

/*
 * A command as one writes it in a config, cut into words, for a program that is run
 * without a shell. Words are separated by blanks; between double quotes a blank is part
 * of its word, and "" is an empty one. Nothing else has a meaning: no backslash, no
 * single quote, no variable.
 */

#define WORDS_MAX  64
#define WORDS_SIZE 1025 /* bytes of all words, each with its NUL */

struct words {
    char bytes[WORDS_SIZE];
    char *items[WORDS_MAX + 1]; /* into bytes; NULL after the last */
    size_t count;
};

/*
 * ERROR_INVALID if a quote is not closed, there is no word, or the first is not an
 * absolute path; ERROR_TOO_LARGE if there are more words or bytes than fit. A struct
 * words must not be copied: its pointers are into itself.
 */
int words_parse(struct words *words, const char *text, struct error *err);

#endif

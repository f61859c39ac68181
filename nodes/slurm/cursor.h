/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_CURSOR_H
#define NODES_SLURM_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is left to be read of a small file that the plugins and the daemon exchange. The
 * bytes need no NUL at their end, and may hold some. Each take moves on only if it
 * returns true.
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */
struct cursor {
    const char *at;
    const char *end;
};

/* Exactly these characters. */
bool cursor_take_word(struct cursor *cursor, const char *word);

/* A whole number from 0 to `most`, as we write them: no sign, no zero in front. `most`
 * is below INT64_MAX / 10. */
bool cursor_take_number(struct cursor *cursor, int64_t most, int64_t *number);

/* The name and the blank behind it as they are given, such a number, and the end of the
 * line. */
bool cursor_take_setting(struct cursor *cursor, const char *name, int64_t most,
                         int64_t *number);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/*
 * Reads the form of a config, line by line, and knows nothing of what may stand in it:
 *
 *     [kind name]            # a comment: at the start, or after white space
 *     key = value
 *
 * White space around words is ignored; there are no quotes, no escapes, and no lines
 * that continue others. Lines may end in LF or CR LF. Pure, and needs no memory but the
 * item that it fills.
 */

#define READER_LINE_MAX 4096 /* bytes, with the comment */
#define READER_KEY_MAX  64

struct reader {
    const char *at;
    const char *end;
    int line;
};

enum reader_kind {
    READER_SECTION, /* key is its kind; value its name, "" without one */
    READER_SETTING,
};

/* What a line says. A line with a fault is of the kind that it looks like. */
struct reader_item {
    enum reader_kind kind;
    int line;
    char key[READER_KEY_MAX + 1];
    char value[CONFIG_TEXT_MAX];
    char fault[128]; /* what is wrong with the line; "" if nothing */
};

/* Read `size` bytes, which are borrowed and may hold anything. */
void reader_init(struct reader *reader, const char *text, size_t size);

/* Fill in the next section, setting or faulty line. False at the end. */
bool reader_next(struct reader *reader, struct reader_item *item);

#endif

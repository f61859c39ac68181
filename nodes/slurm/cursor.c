/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/cursor.h"

#include <stddef.h>
#include <string.h>

bool cursor_take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(cursor->end - cursor->at) < length
        || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

bool cursor_take_number(struct cursor *cursor, int64_t most, int64_t *number)
{
    const char *at = cursor->at;
    int64_t value = 0;

    while (at < cursor->end && *at >= '0' && *at <= '9' && value <= most)
        value = 10 * value + (*at++ - '0');
    if (at == cursor->at || value > most || (*cursor->at == '0' && at - cursor->at > 1))
        return false;
    cursor->at = at;
    *number = value;
    return true;
}

bool cursor_take_setting(struct cursor *cursor, const char *name, int64_t most,
                         int64_t *number)
{
    struct cursor ahead = *cursor;
    int64_t found;

    if (!cursor_take_word(&ahead, name) || !cursor_take_number(&ahead, most, &found)
        || !cursor_take_word(&ahead, "\n"))
        return false;
    *cursor = ahead;
    *number = found;
    return true;
}

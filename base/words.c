/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t"

/*
 * Copy the word at the front of `*text` to `*end`, without its quotes, and move both
 * on. The word is never longer than its text, so it fits where that does.
 */
static int read_word(const char **text, char **end, struct error *err)
{
    bool is_quoted = false;
    const char *at = *text;

    for (; *at && (is_quoted || !strchr(BLANKS, *at)); at++) {
        if (*at == '"')
            is_quoted = !is_quoted;
        else
            *(*end)++ = *at;
    }
    if (is_quoted)
        return error_set(err, ERROR_INVALID, "a double quote is not closed");
    *(*end)++ = '\0';
    *text = at;
    return 0;
}

static int parse(struct words *words, const char *text, struct error *err)
{
    char *end = words->bytes;

    if (strlen(text) >= WORDS_SIZE)
        return error_set(err, ERROR_TOO_LARGE, "a command has at most %d bytes",
                         WORDS_SIZE - 1);
    for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
        if (words->count == WORDS_MAX)
            return error_set(err, ERROR_TOO_LARGE, "a command has at most %d words",
                             WORDS_MAX);
        words->items[words->count] = end;
        if (read_word(&text, &end, err) < 0)
            return -1;
        words->count++;
    }
    if (words->count == 0)
        return error_set(err, ERROR_INVALID, "there is no command");
    if (words->items[0][0] != '/')
        return error_set(err, ERROR_INVALID,
                         "'%.100s' is not an absolute path: no shell looks for it",
                         words->items[0]);
    return 0;
}

int words_parse(struct words *words, const char *text, struct error *err)
{
    *words = (struct words){.count = 0};
    if (parse(words, text, err) == 0)
        return 0;
    *words = (struct words){.count = 0};
    return -1;
}

/* SPDX-License-Identifier: MIT */
#include "cli/directives.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define MARK "#PENSTOCK"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void release_directive(struct directive *directive)
{
    for (int i = 0; i < directive->argc; i++)
        free(directive->argv[i]);
    free(directive->argv);
}

void directives_release(struct directives *directives)
{
    for (size_t i = 0; i < directives->count; i++)
        release_directive(&directives->items[i]);
    free(directives->items);
    *directives = (struct directives){NULL, 0, 0};
}

/*
 * Take one word from `at` on, which is not blank. Returns what follows it, or NULL if a
 * quote stays open or a \ ends the line.
 */
static const char *take_word(const char *at, const char *end, struct text *word)
{
    char quote = '\0';

    while (at < end && (quote || !is_blank(*at))) {
        if (quote ? *at == quote : *at == '\'' || *at == '"') {
            if (quote)
                quote = '\0';
            else
                quote = *at;
            at++;
            continue;
        }
        if (*at == '\\' && quote != '\'' && ++at == end)
            return NULL;
        text_add_bytes(word, at++, 1);
    }
    return quote ? NULL : at;
}

static int split(const char *at, const char *end, struct directive *directive,
                 struct error *err)
{
    for (;;) {
        struct text word = TEXT_EMPTY;

        while (at < end && is_blank(*at))
            at++;
        if (at == end || *at == '#')
            return 0;
        if (directive->argc == DIRECTIVE_WORDS_MAX)
            return error_set(err, ERROR_TOO_LARGE, "more than %d words on a line",
                             DIRECTIVE_WORDS_MAX);
        at = take_word(at, end, &word);
        if (!at) {
            text_release(&word);
            return error_set(err, ERROR_INVALID,
                             "a quote is not closed, or a \\ ends the line");
        }
        directive->argv[directive->argc++] = text_take(&word);
    }
}

static int add_line(struct directives *directives, int number, const char *line,
                    const char *end, struct error *err)
{
    struct directive directive = {.line = number};

    if (end - line > DIRECTIVE_LINE_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d bytes on a line",
                         DIRECTIVE_LINE_MAX);
    if (memchr(line, '\0', (size_t)(end - line)))
        return error_set(err, ERROR_INVALID, "the line holds a NUL byte");
    if (directives->count == DIRECTIVES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d lines of " MARK,
                         DIRECTIVES_MAX);
    directive.argv = xcalloc(DIRECTIVE_WORDS_MAX + 1, sizeof(char *));
    if (split(line + strlen(MARK), end, &directive, err) < 0) {
        release_directive(&directive);
        return -1;
    }
    directives->items = xgrow(directives->items, directives->count, &directives->room,
                              sizeof(directive));
    directives->items[directives->count++] = directive;
    return 0;
}

/* Whether the line is a directive: the mark, and then a blank or nothing. */
static bool is_directive(const char *line, const char *end)
{
    size_t length = (size_t)(end - line);

    return length >= strlen(MARK) && memcmp(line, MARK, strlen(MARK)) == 0
           && (length == strlen(MARK) || is_blank(line[strlen(MARK)]));
}

static bool is_in_head(const char *line, const char *end)
{
    while (line < end && is_blank(*line))
        line++;
    return line == end || *line == '#';
}

int directives_parse(const char *script, size_t size, const char *name,
                     struct directives *directives, struct error *err)
{
    const char *end = script + size;
    struct directives found = {NULL, 0, 0};
    int number = 0;

    while (script < end) {
        const char *newline = memchr(script, '\n', (size_t)(end - script));
        const char *stop = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;
        struct error why;

        number++;
        if (stop > script && stop[-1] == '\r')
            stop--;
        if (!is_in_head(script, stop))
            break;
        if (is_directive(script, stop)
            && add_line(&found, number, script, stop, &why) < 0) {
            directives_release(&found);
            return error_set(err, why.code, "%.100s:%d: %.120s", name, number,
                             why.text);
        }
        script = next;
    }
    *directives = found;
    return 0;
}

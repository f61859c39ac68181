/* SPDX-License-Identifier: MIT */
#include "config/reader.h"

#include <stdio.h>
#include <string.h>

/* A part of a line. */
struct span {
    const char *start;
    size_t length;
};

void reader_init(struct reader *reader, const char *text, size_t size)
{
    *reader = (struct reader){.at = text, .end = text + size, .line = 0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span span)
{
    while (span.length > 0 && is_blank(span.start[0])) {
        span.start++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.start[span.length - 1]))
        span.length--;
    return span;
}

static struct span take_line(struct reader *reader)
{
    size_t rest = (size_t)(reader->end - reader->at);
    const char *newline = memchr(reader->at, '\n', rest);
    struct span line = {reader->at, newline ? (size_t)(newline - reader->at) : rest};

    reader->at = newline ? newline + 1 : reader->end;
    reader->line++;
    if (line.length > 0 && line.start[line.length - 1] == '\r')
        line.length--;
    return line;
}

static struct span without_comment(struct span line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.start[i] == '#' && (i == 0 || is_blank(line.start[i - 1])))
            line.length = i;
    return trim(line);
}

/* Copy a part of a line as a string, or make its length a fault. */
static void copy(char *array, size_t size, struct span span, struct reader_item *item)
{
    if (span.length >= size) {
        snprintf(item->fault, sizeof(item->fault),
                 "'%.20s...' is longer than %zu bytes", span.start, size - 1);
        return;
    }
    memcpy(array, span.start, span.length);
    array[span.length] = '\0';
}

static void read_section(struct span line, struct reader_item *item)
{
    struct span inner = trim((struct span){line.start + 1, line.length - 1});
    struct span kind = {inner.start, 0};
    struct span name;

    if (inner.length == 0 || inner.start[inner.length - 1] != ']') {
        snprintf(item->fault, sizeof(item->fault),
                 "a section is written '[kind]' or '[kind name]', alone in its line");
        return;
    }
    inner.length--;
    while (kind.length < inner.length && !is_blank(kind.start[kind.length]))
        kind.length++;
    name = trim((struct span){kind.start + kind.length, inner.length - kind.length});
    copy(item->key, sizeof(item->key), kind, item);
    copy(item->value, sizeof(item->value), name, item);
}

static void read_setting(struct span line, struct reader_item *item)
{
    const char *sign = memchr(line.start, '=', line.length);
    struct span key, value;

    if (!sign || sign == line.start) {
        snprintf(item->fault, sizeof(item->fault),
                 "expected 'key = value' or '[section]'");
        return;
    }
    key = (struct span){line.start, (size_t)(sign - line.start)};
    value = (struct span){sign + 1, line.length - key.length - 1};
    copy(item->key, sizeof(item->key), trim(key), item);
    copy(item->value, sizeof(item->value), trim(value), item);
}

/* Only text: a control character is a sign of another kind of file, or of an attack. */
static void check_bytes(struct span line, struct reader_item *item)
{
    for (size_t i = 0; i < line.length && !item->fault[0]; i++) {
        unsigned char byte = (unsigned char)line.start[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            snprintf(item->fault, sizeof(item->fault),
                     "the control character 0x%02x in column %zu is not text", byte,
                     i + 1);
        }
    }
    if (line.length > READER_LINE_MAX) {
        snprintf(item->fault, sizeof(item->fault), "the line is longer than %d bytes",
                 READER_LINE_MAX);
    }
}

bool reader_next(struct reader *reader, struct reader_item *item)
{
    while (reader->at < reader->end) {
        struct span line = take_line(reader);

        item->line = reader->line;
        item->key[0] = item->value[0] = item->fault[0] = '\0';
        check_bytes(line, item);
        line = without_comment(line);
        item->kind =
            line.length && line.start[0] == '[' ? READER_SECTION : READER_SETTING;
        if (item->fault[0])
            return true;
        if (line.length == 0)
            continue;
        if (item->kind == READER_SECTION)
            read_section(line, item);
        else
            read_setting(line, item);
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

char text_nothing[1];

void text_release(struct text *text)
{
    if (text->room)
        free(text->bytes);
    *text = TEXT_EMPTY;
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->room)
        text->bytes[0] = '\0';
}

/* Make room for `more` bytes and the NUL after them. */
static void reserve(struct text *text, size_t more)
{
    size_t wanted = text->length + more + 1;

    if (wanted <= text->room)
        return;
    if (wanted < 2 * text->room)
        wanted = 2 * text->room;
    if (wanted < 64)
        wanted = 64;
    text->bytes = xresize(text->room ? text->bytes : NULL, wanted, 1);
    text->room = wanted;
}

void text_add_bytes(struct text *text, const void *bytes, size_t size)
{
    reserve(text, size);
    if (size > 0)
        memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list args;
    int needed;

    reserve(text, 64);
    va_start(args, format);
    needed =
        vsnprintf(text->bytes + text->length, text->room - text->length, format, args);
    va_end(args);
    if (needed < 0)
        return;
    if ((size_t)needed >= text->room - text->length) {
        reserve(text, (size_t)needed);
        va_start(args, format);
        vsnprintf(text->bytes + text->length, text->room - text->length, format, args);
        va_end(args);
    }
    text->length += (size_t)needed;
}

size_t text_utf8_length(const unsigned char *bytes)
{
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (length == 1)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f)
        || (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return length;
}

void text_add_json(struct text *text, const char *string)
{
    const unsigned char *at = (const unsigned char *)string;

    if (!string) {
        text_add(text, "null");
        return;
    }
    text_add_bytes(text, "\"", 1);
    while (*at) {
        size_t length = text_utf8_length(at);

        if (length == 0) {
            text_add(text, "\\ufffd");
            length = 1;
        } else if (*at == '"' || *at == '\\') {
            text_add_format(text, "\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7f) {
            text_add_format(text, "\\u%04x", *at);
        } else {
            text_add_bytes(text, at, length);
        }
        at += length;
    }
    text_add_bytes(text, "\"", 1);
}

char *text_take(struct text *text)
{
    char *bytes = text->room ? text->bytes : xstrdup("");

    *text = TEXT_EMPTY;
    return bytes;
}

bool text_copy(char *array, size_t size, const char *string)
{
    size_t length = strlen(string);

    if (length >= size)
        return false;
    memcpy(array, string, length + 1);
    return true;
}

uint64_t text_hash(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || text_is_digit(c)
           || c == '.' || c == '_' || c == '-';
}

bool text_is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; *at; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || !at[length]))
            return true;
    }
    return false;
}

bool text_is_name(const char *string, size_t length_max)
{
    size_t length = strlen(string);

    if (length == 0 || length > length_max || string[0] == '-' || string[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(string[i]))
            return false;
    return true;
}

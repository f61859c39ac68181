/* SPDX-License-Identifier: MIT */
#include "cli/terminal.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDTH_LEAST 40
#define WIDTH_MOST  500

static const char *const style_codes[STYLES] = {
    [STYLE_PLAIN] = "",        [STYLE_STRONG] = "\033[1m",   [STYLE_FAINT] = "\033[2m",
    [STYLE_GOOD] = "\033[32m", [STYLE_WARNING] = "\033[33m", [STYLE_BAD] = "\033[31m",
};

static size_t find_width(int file)
{
    struct winsize size;
    size_t width = 80;

    if (ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

struct terminal terminal_from(int file)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    struct terminal terminal = {.is_terminal = isatty(file) == 1};

    if (terminal.is_terminal) {
        terminal.width = find_width(file);
        terminal.colour =
            (!no_colour || !*no_colour) && kind && strcmp(kind, "dumb") != 0;
    }
    terminal.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return terminal;
}

/* The character at `bytes` and how many bytes it has; 0 if it is no UTF-8. */
static size_t decode(const unsigned char *bytes, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (length == 1) {
        *character = first;
        return 1;
    }
    if (first < 0xc2 || first > 0xf4)
        return 0;
    *character = first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (bytes[i] & 0x3fU);
    }
    if (*character < least[length] || *character > 0x10ffff
        || (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return length;
}

static bool is_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0)
           || (character >= 0x200b && character <= 0x200f)
           || (character >= 0x2028 && character <= 0x202e)
           || (character >= 0x2060 && character <= 0x2069) || character == 0xfeff;
}

/* One character as it is shown. */
struct glyph {
    const char *bytes;
    size_t length;
    size_t columns;
};

/* Take the next glyph of a string that does not end here. */
static struct glyph take_glyph(const struct terminal *terminal, const char **at)
{
    struct glyph glyph = {.bytes = *at, .columns = 1};
    uint32_t character = 0;
    int columns;

    glyph.length = decode((const unsigned char *)*at, &character);
    *at += glyph.length ? glyph.length : 1;
    if (glyph.length == 0 || is_unsafe(character)
        || (character >= 0x80 && !terminal->unicode)) {
        glyph.bytes = terminal->unicode ? "\357\277\275" : "?";
        glyph.length = strlen(glyph.bytes);
        return glyph;
    }
    /* The C locale knows no width of what is not ASCII. */
    columns = wcwidth((wchar_t)character);
    if (columns >= 0)
        glyph.columns = (size_t)columns;
    return glyph;
}

void terminal_begin(const struct terminal *terminal, struct text *text,
                    enum style style)
{
    if (terminal->colour)
        text_add(text, style_codes[style]);
}

void terminal_end(const struct terminal *terminal, struct text *text, enum style style)
{
    if (terminal->colour && style != STYLE_PLAIN)
        text_add(text, "\033[0m");
}

static void add_safe(const struct terminal *terminal, struct text *text,
                     const char *string)
{
    while (*string) {
        struct glyph glyph = take_glyph(terminal, &string);

        text_add_bytes(text, glyph.bytes, glyph.length);
    }
}

void terminal_add(const struct terminal *terminal, struct text *text, enum style style,
                  const char *string)
{
    if (!*string)
        return;
    terminal_begin(terminal, text, style);
    add_safe(terminal, text, string);
    terminal_end(terminal, text, style);
}

void terminal_add_lines(const struct terminal *terminal, struct text *text,
                        const char *lines)
{
    while (*lines) {
        if (*lines == '\n') {
            text_add(text, "\n");
            lines++;
        } else {
            struct glyph glyph = take_glyph(terminal, &lines);

            text_add_bytes(text, glyph.bytes, glyph.length);
        }
    }
}

size_t terminal_columns(const struct terminal *terminal, const char *string)
{
    size_t columns = 0;

    while (*string)
        columns += take_glyph(terminal, &string).columns;
    return columns;
}

void terminal_add_cut(const struct terminal *terminal, struct text *text,
                      size_t columns, const char *string)
{
    size_t used = 0;

    if (terminal_columns(terminal, string) <= columns) {
        add_safe(terminal, text, string);
        return;
    }
    while (*string) {
        struct glyph glyph = take_glyph(terminal, &string);

        if (used + glyph.columns + 1 > columns)
            break;
        text_add_bytes(text, glyph.bytes, glyph.length);
        used += glyph.columns;
    }
    if (columns > 0)
        text_add(text, terminal->unicode ? "\342\200\246" : "~");
}

/*
 * How many bytes stand together from here on: a word, a number with its "%", or what is
 * quoted, as a command to type is.
 */
static size_t word_length(const char *at)
{
    size_t length = 0;
    bool is_quoted = false;

    while (at[length] && at[length] != '\n') {
        if (at[length] == '"')
            is_quoted = !is_quoted;
        if (at[length] == ' ' && !is_quoted && at[length + 1] != '%')
            break;
        length++;
    }
    return is_quoted ? strcspn(at, " \n") : length;
}

void terminal_add_paragraph(const struct terminal *terminal, struct text *text,
                            size_t indentation, const char *paragraph)
{
    size_t width = terminal->width == 0 || terminal->width > 88 ? 80 : terminal->width;
    size_t used = indentation;

    while (*paragraph) {
        size_t length = word_length(paragraph);
        struct text word = TEXT_EMPTY;
        size_t columns;

        text_add_bytes(&word, paragraph, length);
        columns = terminal_columns(terminal, word.bytes);
        if (used > indentation && used + 1 + columns > width) {
            text_add_format(text, "\n%*s", (int)indentation, "");
            used = indentation;
        } else if (used > indentation && length > 0) {
            text_add(text, " ");
            used++;
        }
        add_safe(terminal, text, word.bytes);
        used += columns;
        text_release(&word);
        paragraph += length + (paragraph[length] != '\0');
    }
    text_add(text, "\n");
}

void terminal_add_wrapped(const struct terminal *terminal, struct text *text,
                          size_t indentation, enum style style, const char *string)
{
    terminal_begin(terminal, text, style);
    if (terminal->width > 0) {
        terminal_add_paragraph(terminal, text, indentation, string);
        text->bytes[--text->length] = '\0';
    } else {
        add_safe(terminal, text, string);
    }
    terminal_end(terminal, text, style);
    text_add(text, "\n");
}

void complain(const char *format, ...)
{
    struct terminal terminal = terminal_from(STDERR_FILENO);
    struct text safe = TEXT_EMPTY;
    char message[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    add_safe(&terminal, &safe, message);
    fprintf(stderr, "penstock: %s\n", safe.bytes);
    text_release(&safe);
}

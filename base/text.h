/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A text that grows. `bytes` is always a string that ends in a NUL, so it can be handed
 * to whoever wants a const char *; the text itself may hold NULs, counted by `length`.
 * Start with TEXT_EMPTY; release when done.
 */
struct text {
    char *bytes;
    size_t length;
    size_t room;
};

extern char text_nothing[1]; /* what empty texts point to; never written */

#define TEXT_EMPTY ((struct text){text_nothing, 0, 0})

void text_release(struct text *text);
void text_clear(struct text *text);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t size);
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Add a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD, so that bytes
 * of users never break a document. NULL adds `null`.
 */
void text_add_json(struct text *text, const char *string);

/*
 * How many bytes the UTF-8 character at `bytes`, a string, has; 0 if it is none. RFC
 * 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
size_t text_utf8_length(const unsigned char *bytes);

/* The bytes, now the caller's to free; the text is empty again. */
char *text_take(struct text *text);

/*
 * Copy a string into an array of `size` bytes. False, and the array untouched, if it
 * does not fit with its NUL.
 */
bool text_copy(char *array, size_t size, const char *string);

/*
 * FNV-1a of 64 bits (Fowler, Noll and Vo): the same on every machine, so that it may be
 * stored. It is no protection from whoever chooses the bytes.
 */
uint64_t text_hash(const void *bytes, size_t size);

/* Whether `c` is one of 0 to 9, whatever the locale. */
bool text_is_digit(char c);

/* Whether one of the items of "a,b", or of ",a,b,", is the name, which is not "". */
bool text_is_listed(const char *list, const char *name);

/*
 * Whether the string may be shown to a person and used as a name: 1 to `length_max`
 * letters, digits, '.', '_', '-', and not starting with '-' or '.'.
 */
bool text_is_name(const char *string, size_t length_max);

#endif

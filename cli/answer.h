/* SPDX-License-Identifier: MIT */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/when.h"

/*
 * Members of the daemon's answers. What is missing, null or of another type reads as
 * nothing: "", 0, false, an empty array. Strings are borrowed from the answer.
 */

bool answer_has(const json_t *object, const char *name);
const char *answer_text(const json_t *object, const char *name);
int64_t answer_integer(const json_t *object, const char *name);
double answer_number(const json_t *object, const char *name);
bool answer_is_true(const json_t *object, const char *name);

/* False, and `when` untouched, if there is no such time. */
bool answer_instant(const json_t *object, const char *name, instant *when);

/* As when_format() and when_format_short(); "" if there is no such time. */
char *answer_when(const json_t *object, const char *name, instant now,
                  char text[WHEN_TEXT_SIZE]);
char *answer_when_short(const json_t *object, const char *name, instant now,
                        char text[WHEN_TEXT_SIZE]);

/* The last event of its kind in the life of a job; NULL if there is none. Borrowed. */
const json_t *answer_last_event(const json_t *job, const char *kind);

/* Add an answer as indented JSON, its members in the daemon's order, and a newline. */
void answer_format(const json_t *answer, struct text *text);

#endif

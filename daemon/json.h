/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_JSON_H
#define DAEMON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

/*
 * JSON, written into a text as one goes. Commas come by themselves. `key` is the
 * member's name, a word that needs no escapes, or NULL in an array. Numbers are written
 * from whole ones: no locale and no binary fraction has a say in them.
 */

void json_begin_object(struct text *json, const char *key);
void json_end_object(struct text *json);
void json_begin_array(struct text *json, const char *key);
void json_end_array(struct text *json);

/* A string of anybody's; NULL adds null. */
void json_add_text(struct text *json, const char *key, const char *string);

/* The same, but "" adds null too. */
void json_add_name(struct text *json, const char *key, const char *string);

void json_add_null(struct text *json, const char *key);
void json_add_bool(struct text *json, const char *key, bool value);
void json_add_number(struct text *json, const char *key, int64_t number);

/* A number divided by 10 to the power of `digits` (at most 9): 312500, 3 is 312.5. */
void json_add_scaled(struct text *json, const char *key, int64_t number, int digits);

/* A time; null for 0 and below, and for INSTANT_MAX: there is none. */
void json_add_instant(struct text *json, const char *key, instant when);

/* The body of a failure, as docs/api.md has it. */
void json_add_error(struct text *json, const struct error *err);

#endif

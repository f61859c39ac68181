/* SPDX-License-Identifier: MIT */
#include "daemon/json.h"

#include <string.h>

#include "base/time.h"

/*
 * Add what stands before a value. After an opening bracket or a colon there is no
 * comma; a string cannot be taken for these, since it ends in its quote.
 */
static void begin_value(struct text *json, const char *key)
{
    char last = '[';

    if (json->length)
        last = json->bytes[json->length - 1];

    if (last != '{' && last != '[' && last != ':')
        text_add_bytes(json, ",", 1);
    if (!key)
        return;
    text_add_bytes(json, "\"", 1);
    text_add_bytes(json, key, strlen(key));
    text_add_bytes(json, "\":", 2);
}

void json_begin_object(struct text *json, const char *key)
{
    begin_value(json, key);
    text_add_bytes(json, "{", 1);
}

void json_end_object(struct text *json)
{
    text_add_bytes(json, "}", 1);
}

void json_begin_array(struct text *json, const char *key)
{
    begin_value(json, key);
    text_add_bytes(json, "[", 1);
}

void json_end_array(struct text *json)
{
    text_add_bytes(json, "]", 1);
}

/* Whether a string goes into quotes as it is. Nearly all do, and that is much faster.
 */
static bool is_plain(const char *string)
{
    for (const char *at = string; *at; at++)
        if (*at < 0x20 || *at > 0x7e || *at == '"' || *at == '\\')
            return false;
    return true;
}

void json_add_text(struct text *json, const char *key, const char *string)
{
    begin_value(json, key);
    if (!string || !is_plain(string)) {
        text_add_json(json, string);
        return;
    }
    text_add_bytes(json, "\"", 1);
    text_add_bytes(json, string, strlen(string));
    text_add_bytes(json, "\"", 1);
}

void json_add_name(struct text *json, const char *key, const char *string)
{
    json_add_text(json, key, string && string[0] ? string : NULL);
}

void json_add_null(struct text *json, const char *key)
{
    begin_value(json, key);
    text_add_bytes(json, "null", 4);
}

void json_add_bool(struct text *json, const char *key, bool value)
{
    begin_value(json, key);
    text_add(json, value ? "true" : "false");
}

#define DIGITS_SIZE 24

/* Write a number's digits to the end of an array, at least `least`. Where they begin.
 */
static size_t format_digits(uint64_t number, int least, char digits[DIGITS_SIZE])
{
    size_t at = DIGITS_SIZE;

    for (int written = 0; number > 0 || written < least; written++) {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    }
    return at;
}

static uint64_t magnitude_of(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

void json_add_number(struct text *json, const char *key, int64_t number)
{
    char digits[DIGITS_SIZE] = {0};
    size_t at = format_digits(magnitude_of(number), 1, digits);

    begin_value(json, key);
    if (number < 0)
        digits[--at] = '-';
    text_add_bytes(json, &digits[at], DIGITS_SIZE - at);
}

void json_add_scaled(struct text *json, const char *key, int64_t number, int digits)
{
    char buffer[DIGITS_SIZE] = {0};
    size_t at = format_digits(magnitude_of(number), digits + 1, buffer);
    size_t point = DIGITS_SIZE - (size_t)digits;
    size_t end = DIGITS_SIZE;

    begin_value(json, key);
    if (number < 0)
        text_add_bytes(json, "-", 1);
    text_add_bytes(json, &buffer[at], point - at);
    if (digits == 0)
        return;
    while (end > point + 1 && buffer[end - 1] == '0')
        end--;
    text_add_bytes(json, ".", 1);
    text_add_bytes(json, &buffer[point], end - point);
}

void json_add_instant(struct text *json, const char *key, instant when)
{
    char written[INSTANT_TEXT_SIZE];

    if (when <= 0 || when >= INSTANT_MAX)
        json_add_null(json, key);
    else
        json_add_text(json, key, instant_format(when, written));
}

void json_add_error(struct text *json, const struct error *err)
{
    json_begin_object(json, NULL);
    json_begin_object(json, "error");
    json_add_text(json, "code", error_code_name(err->code));
    json_add_text(json, "message", err->text);
    json_add_name(json, "field", err->field);
    json_end_object(json);
    json_end_object(json);
}

/* SPDX-License-Identifier: MIT */
#include "cli/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

bool answer_has(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);

    return member && !json_is_null(member);
}

const char *answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

int64_t answer_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

double answer_number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

bool answer_is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

bool answer_instant(const json_t *object, const char *name, instant *when)
{
    const char *text = answer_text(object, name);

    return *text && instant_parse(text, when, NULL) == 0;
}

char *answer_when(const json_t *object, const char *name, instant now,
                  char text[WHEN_TEXT_SIZE])
{
    instant when;

    text[0] = '\0';
    if (answer_instant(object, name, &when))
        when_format(when, now, text);
    return text;
}

char *answer_when_short(const json_t *object, const char *name, instant now,
                        char text[WHEN_TEXT_SIZE])
{
    instant when;

    text[0] = '\0';
    if (answer_instant(object, name, &when))
        when_format_short(when, now, text);
    return text;
}

const json_t *answer_last_event(const json_t *job, const char *kind)
{
    const json_t *events = json_object_get(job, "events");

    for (size_t i = json_array_size(events); i-- > 0;) {
        const json_t *event = json_array_get(events, i);

        if (strcmp(answer_text(event, "event"), kind) == 0)
            return event;
    }
    return NULL;
}

void answer_format(const json_t *answer, struct text *text)
{
    char *dumped = json_dumps(answer, JSON_INDENT(2) | JSON_REAL_PRECISION(15));

    if (!dumped)
        abort();
    /* JSON lets DEL and the C1 control characters stand; terminals obey them. */
    for (const char *at = dumped; *at; at++) {
        const unsigned char *bytes = (const unsigned char *)at;

        if (bytes[0] == 0x7f) {
            text_add(text, "\\u007f");
        } else if (bytes[0] == 0xc2 && bytes[1] < 0xa0) {
            text_add_format(text, "\\u%04x", bytes[1]);
            at++;
        } else {
            text_add_bytes(text, at, 1);
        }
    }
    text_add(text, "\n");
    free(dumped);
}

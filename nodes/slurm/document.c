/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/slurm/fault.h"

/*
 * Numbers are read as doubles: exact up to 2^53, above all that is a count or a time,
 * and none is too large to be read.
 */
#define FLAGS                                                                          \
    (JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL                \
     | JSON_ALLOW_NUL)

/* A document as it is read. */
struct reading {
    char *bytes;
    size_t size;
    size_t at;
    const char *list;
    size_t most;
    document_on_item *on_item;
    void *context;
    bool has_list;
    struct error fault; /* that the document tells of */
};

/* Slurm passes on whatever bytes a user gave to a name or a comment. */
static char *mend(const char *json, size_t size)
{
    char *bytes = xcalloc(size + 1, 1);
    size_t length;

    memcpy(bytes, json, size);
    for (size_t i = 0; i < size; i += length) {
        unsigned char *at = (unsigned char *)bytes + i;

        length = *at < 0x80 ? 1 : text_utf8_length(at);
        if (length == 0) {
            *at = '?';
            length = 1;
        }
    }
    return bytes;
}

/* Step over the space, and over `c` if it is next. */
static bool take(struct reading *reading, char c)
{
    while (reading->at < reading->size && reading->bytes[reading->at] != '\0'
           && strchr(" \t\r\n", reading->bytes[reading->at]))
        reading->at++;
    if (reading->at == reading->size || reading->bytes[reading->at] != c)
        return false;
    reading->at++;
    return true;
}

static int no_json(const struct reading *reading, const char *why, struct error *err)
{
    return error_set(err, ERROR_INVALID, "Slurm's answer is no JSON: at byte %zu: %s",
                     reading->at, why);
}

static json_t *take_value(struct reading *reading, struct error *err)
{
    json_error_t fault;
    json_t *value = json_loadb(reading->bytes + reading->at,
                               reading->size - reading->at, FLAGS, &fault);

    if (value)
        reading->at += (size_t)fault.position;
    else
        no_json(reading, fault.text, err);
    return value;
}

static int take_items(struct reading *reading, struct error *err)
{
    size_t count = 0;

    reading->has_list = true;
    if (take(reading, ']'))
        return 0;
    do {
        json_t *item = take_value(reading, err);
        int status = -1;

        if (!item)
            return -1;
        if (count++ == reading->most)
            error_set(err, ERROR_TOO_LARGE, "Slurm tells of more than %zu %s",
                      reading->most, reading->list);
        else
            status = reading->on_item(item, reading->context, err);
        json_decref(item);
        if (status < 0)
            return -1;
    } while (take(reading, ','));
    return take(reading, ']') ? 0 : no_json(reading, "a list does not end", err);
}

/*
 * Keep the first of "errors". That a list could not be made is for a time, unless it
 * says why: 22.05 has only "Unspecified error" for a slurmctld that does not answer.
 */
static void note_fault(struct reading *reading, const json_t *errors)
{
    static const char unspecified[] = "Unspecified error";
    const json_t *first = json_array_get(errors, 0);
    const char *about = document_text(first, "description");
    const char *what = document_text(first, "error");
    struct text said = TEXT_EMPTY;

    if (json_array_size(errors) == 0 || reading->fault.code != ERROR_NONE)
        return;
    if (strcmp(what, unspecified) == 0) {
        error_set(&reading->fault, ERROR_UNAVAILABLE, "slurmctld does not answer (%s)",
                  unspecified);
        return;
    }
    text_add_format(&said, "%s%s%s", about, *about && *what ? ": " : "", what);
    slurm_fault("Slurm", said.bytes, &reading->fault);
    if (reading->fault.code != ERROR_FORBIDDEN)
        reading->fault.code = ERROR_UNAVAILABLE;
    text_release(&said);
}

static int take_member(struct reading *reading, const char *name, struct error *err)
{
    json_t *value;

    if (strcmp(name, reading->list) == 0 && !reading->has_list && take(reading, '['))
        return take_items(reading, err);
    value = take_value(reading, err);
    if (!value)
        return -1;
    if (strcmp(name, "errors") == 0)
        note_fault(reading, value);
    json_decref(value);
    return 0;
}

static int take_document(struct reading *reading, struct error *err)
{
    if (!take(reading, '{'))
        return no_json(reading, "an object is missing", err);
    if (take(reading, '}'))
        return 0;
    do {
        json_t *name = take_value(reading, err);
        int status = -1;

        if (!name)
            return -1;
        if (!json_is_string(name) || !take(reading, ':'))
            no_json(reading, "a member is missing", err);
        else
            status = take_member(reading, json_string_value(name), err);
        json_decref(name);
        if (status < 0)
            return -1;
    } while (take(reading, ','));
    if (!take(reading, '}'))
        return no_json(reading, "an object does not end", err);
    take(reading, '\0');
    return reading->at == reading->size
               ? 0
               : no_json(reading, "something comes after its end", err);
}

int document_each(const char *json, size_t size, const char *list, size_t most,
                  document_on_item *on_item, void *context, struct error *err)
{
    struct reading reading = {
        .bytes = mend(json, size),
        .size = size,
        .list = list,
        .most = most,
        .on_item = on_item,
        .context = context,
    };
    int status = take_document(&reading, err);

    free(reading.bytes);
    if (status == 0 && reading.fault.code != ERROR_NONE)
        status = error_set(err, reading.fault.code, "%s", reading.fault.text);
    else if (status == 0 && !reading.has_list)
        status =
            error_set(err, ERROR_INVALID, "Slurm's answer has no list of %s", list);
    return status;
}

bool document_number(const json_t *object, const char *name, int64_t most,
                     int64_t *number)
{
    const json_t *json = json_object_get(object, name);
    double value;

    if (json_is_object(json)) {
        if (json_is_false(json_object_get(json, "set"))
            || json_is_true(json_object_get(json, "infinite")))
            return false;
        json = json_object_get(json, "number");
    }
    value = json_real_value(json);
    if (!json_is_real(json) || !(value >= 0) || value > (double)most)
        return false;
    *number = (int64_t)value;
    return true;
}

int64_t document_count(const json_t *object, const char *name, int64_t most)
{
    int64_t number = 0;

    document_number(object, name, most, &number);
    return number;
}

const char *document_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

char *document_copy(const json_t *object, const char *name, size_t length_max)
{
    const char *text = document_text(object, name);
    size_t length = strnlen(text, length_max + 1);
    char *copy;

    if (length > length_max) {
        length = length_max;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    copy = xcalloc(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

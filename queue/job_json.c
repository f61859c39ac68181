/* SPDX-License-Identifier: MIT */
#include "queue/job_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/job_json_fields.h"

/* An array of jobs that have arrays of strings. */
#define DEPTH_MAX 3

void submission_release(struct submission *submission)
{
    job_spec_release(&submission->spec);
}

/* What has been seen of a document by a look at its brackets and commas. */
struct outline {
    size_t values;
    size_t objects;
    unsigned depth;
    bool in_string;
    bool is_too_deep;
};

static void outline_add(struct outline *outline, char c)
{
    switch (c) {
    case '"':
        outline->in_string = true;
        break;
    case '{':
    case '[':
        outline->values++;
        outline->objects += c == '{';
        outline->is_too_deep |= ++outline->depth > DEPTH_MAX;
        break;
    case '}':
    case ']':
        outline->depth -= outline->depth > 0;
        break;
    case ',':
        outline->values++;
        break;
    default:
        break;
    }
}

/*
 * A value takes some hundred bytes of memory but as few as two of the body. So they are
 * counted first, by a scan that needs no memory and a small part of the parser's time.
 */
static int check_body(const char *body, size_t size, size_t *objects, struct error *err)
{
    struct outline outline = {0};

    if (size > REQUEST_BODY_MAX)
        return error_set(err, ERROR_TOO_LARGE, "the request is larger than %d bytes",
                         REQUEST_BODY_MAX);
    for (size_t i = 0; i < size; i++) {
        if (!outline.in_string)
            outline_add(&outline, body[i]);
        else if (body[i] == '\\')
            i++;
        else if (body[i] == '"')
            outline.in_string = false;
    }
    if (outline.is_too_deep)
        return error_set(err, ERROR_INVALID, "the request is nested too deeply");
    if (outline.values > REQUEST_VALUES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "the request has more than %d values",
                         REQUEST_VALUES_MAX);
    *objects = outline.objects;
    return 0;
}

/* How far a body has been read. */
struct cursor {
    const char *body;
    size_t size;
    size_t at;
};

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->size && strchr(" \t\r\n", cursor->body[cursor->at])
           && cursor->body[cursor->at] != '\0')
        cursor->at++;
}

/* Step over `c` and the space around it, if it is next. */
static bool take(struct cursor *cursor, char c)
{
    skip_space(cursor);
    if (cursor->at == cursor->size || cursor->body[cursor->at] != c)
        return false;
    cursor->at++;
    skip_space(cursor);
    return true;
}

/* The next object or array; NULL if there is none. */
static json_t *take_value(struct cursor *cursor, struct error *err)
{
    json_error_t fault;
    json_t *value = json_loadb(cursor->body + cursor->at, cursor->size - cursor->at,
                               JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &fault);

    if (!value)
        error_set(err, ERROR_INVALID, "at byte %zu: %s",
                  cursor->at + (size_t)fault.position, fault.text);
    else
        cursor->at += (size_t)fault.position;
    return value;
}

static int check_end(struct cursor *cursor, struct error *err)
{
    skip_space(cursor);
    if (cursor->at == cursor->size)
        return 0;
    return error_set(err, ERROR_INVALID, "at byte %zu: there is more than one document",
                     cursor->at);
}

/* Say which item of the array an error is about. */
static int name_item(size_t i, struct error *err)
{
    struct error inner;

    if (!err)
        return -1;
    inner = *err;
    snprintf(err->field, sizeof(err->field), "jobs[%zu]%s%.16s", i,
             inner.field[0] ? "." : "", inner.field);
    snprintf(err->text, sizeof(err->text), "jobs[%zu]: %.230s", i, inner.text);
    return -1;
}

static size_t jobs_of(const struct submission *submission)
{
    if (submission->array_first > submission->array_last)
        return 1;
    return (size_t)(submission->array_last - submission->array_first) + 1;
}

/* Submissions as they are read. */
struct reading {
    struct cursor cursor;
    struct submission *items;
    size_t count;
    size_t room;
};

static int read_item(struct reading *reading, struct error *err)
{
    json_t *object = take_value(&reading->cursor, err);
    int result;

    if (!object)
        return -1;
    if (reading->count == reading->room) {
        json_decref(object);
        return error_set(err, ERROR_INVALID, "a job must be an object");
    }
    result = submission_read(object, &reading->items[reading->count++], err);
    json_decref(object);
    return result;
}

/* One tree at a time is both faster and smaller than one of all jobs. */
static int read_items(struct reading *reading, struct error *err)
{
    if (take(&reading->cursor, ']'))
        return error_set(err, ERROR_INVALID, "the array has no jobs");
    for (size_t i = 0;; i++) {
        if (read_item(reading, err) < 0)
            return name_item(i, err);
        if (take(&reading->cursor, ']'))
            return 0;
        if (!take(&reading->cursor, ','))
            return error_set(err, ERROR_INVALID, "at byte %zu: ',' or ']' expected",
                             reading->cursor.at);
    }
}

static int check_jobs(const struct reading *reading, struct error *err)
{
    size_t jobs = 0;

    for (size_t i = 0; i < reading->count; i++)
        jobs += jobs_of(&reading->items[i]);
    if (jobs > REQUEST_JOBS_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "array",
                               "a request may make at most %d jobs, not %zu",
                               REQUEST_JOBS_MAX, jobs);
    return 0;
}

int submissions_parse(const char *body, size_t size, struct submission **submissions,
                      size_t *count, bool *is_array, struct error *err)
{
    struct reading reading = {.cursor = {body, size, 0}};
    bool in_array;

    if (check_body(body, size, &reading.room, err) < 0)
        return -1;
    if (reading.room > REQUEST_JOBS_MAX)
        return error_set(err, ERROR_TOO_LARGE,
                         "a request may make at most %d jobs, not %zu",
                         REQUEST_JOBS_MAX, reading.room);
    reading.items = xcalloc(reading.room, sizeof(*reading.items));
    in_array = take(&reading.cursor, '[');
    if ((in_array ? read_items(&reading, err) : read_item(&reading, err)) < 0
        || check_end(&reading.cursor, err) < 0 || check_jobs(&reading, err) < 0)
        goto fail;
    *submissions = reading.items;
    *count = reading.count;
    *is_array = in_array;
    return 0;

fail:
    for (size_t i = 0; i < reading.count; i++)
        submission_release(&reading.items[i]);
    free(reading.items);
    return -1;
}

static int read_change(const char *name, const json_t *value, struct job_update *update,
                       struct error *err)
{
    int64_t number = 0;

    if (strcmp(name, "now") == 0)
        return json_read_bool(value, name, &update->now, err);
    if (strcmp(name, "priority") == 0) {
        if (json_read_integer(value, name, -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX, &number,
                              err)
            < 0)
            return -1;
        update->has_priority = true;
        update->priority = (int32_t)number;
        return 0;
    }
    if (strcmp(name, "deadline") == 0) {
        update->has_deadline = true;
        return json_is_null(value)
                   ? 0
                   : json_read_instant(value, name, &update->deadline, err);
    }
    if (strcmp(name, "max_wait") == 0) {
        update->has_max_wait = true;
        update->max_wait = JOB_NO_WAIT_LIMIT;
        return json_is_null(value) ? 0
                                   : json_read_integer(value, name, 0, JOB_WAIT_MAX,
                                                       &update->max_wait, err);
    }
    return error_set_field(err, ERROR_INVALID, name,
                           "'%.40s' cannot be changed: priority, deadline, max_wait "
                           "and now can",
                           name);
}

int job_update_parse(const char *body, size_t size, struct job_update *update,
                     struct error *err)
{
    struct cursor cursor = {body, size, 0};
    struct job_update read = {0};
    json_t *document = NULL;
    size_t objects = 0;
    const char *name;
    json_t *value;
    int result = -1;

    if (check_body(body, size, &objects, err) < 0)
        return -1;
    document = take_value(&cursor, err);
    if (!document)
        return -1;
    if (check_end(&cursor, err) < 0)
        goto done;
    if (!json_is_object(document) || json_object_size(document) == 0) {
        error_set(err, ERROR_INVALID, "the request must be an object with the changes");
        goto done;
    }
    json_object_foreach(document, name, value)
    {
        if (read_change(name, value, &read, err) < 0)
            goto done;
    }
    *update = read;
    result = 0;

done:
    json_decref(document);
    return result;
}

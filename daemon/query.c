/* SPDX-License-Identifier: MIT */
#include "daemon/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/time.h"
#include "queue/job.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decode a part in its place; it never grows. '+' is a space only in parameters. */
static int decode(char *part, bool is_parameter, struct error *err)
{
    char *to = part;

    for (const char *from = part; *from; from++) {
        int high;
        int low;

        if (*from != '%') {
            *to++ = *from;
            if (is_parameter && *from == '+')
                to[-1] = ' ';
            continue;
        }
        high = hex_value(from[1]);
        low = high < 0 ? -1 : hex_value(from[2]);
        if (low < 0)
            return error_set(err, ERROR_INVALID,
                             "the address has a '%%' without two "
                             "hexadecimal digits after it");
        if (high == 0 && low == 0)
            return error_set(err, ERROR_INVALID, "the address has a NUL byte in it");
        *to++ = (char)(16 * high + low);
        from += 2;
    }
    *to = '\0';
    return 0;
}

static int add_parameter(struct query *query, char *part, struct error *err)
{
    char *value = strchr(part, '=');

    if (value)
        *value++ = '\0';
    else
        value = part + strlen(part);
    if (decode(part, true, err) < 0 || decode(value, true, err) < 0)
        return -1;
    if (query_find(query, part))
        return error_set_field(err, ERROR_INVALID, part, "%.64s is given twice", part);
    if (query->count == QUERY_PARAMETERS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d parameters",
                         QUERY_PARAMETERS_MAX);
    query->parameters[query->count].name = part;
    query->parameters[query->count].value = value;
    query->count++;
    return 0;
}

static int parse_parameters(struct query *query, char *text, struct error *err)
{
    while (text) {
        char *next = strchr(text, '&');

        if (next)
            *next++ = '\0';
        if (*text && add_parameter(query, text, err) < 0)
            return -1;
        text = next;
    }
    return 0;
}

int query_parse(struct query *query, const char *target, struct error *err)
{
    struct query parsed = {.text = NULL};
    char *parameters;

    if (target[0] != '/')
        return error_set(err, ERROR_INVALID, "the address does not begin with '/'");
    if (strlen(target) > QUERY_TARGET_MAX)
        return error_set(err, ERROR_TOO_LARGE, "the address is longer than %d bytes",
                         QUERY_TARGET_MAX);
    parsed.text = xstrdup(target);
    parsed.path = parsed.text;
    parameters = strchr(parsed.text, '?');
    if (parameters)
        *parameters++ = '\0';
    if (decode(parsed.text, false, err) < 0
        || parse_parameters(&parsed, parameters, err) < 0) {
        query_release(&parsed);
        return -1;
    }
    *query = parsed;
    return 0;
}

void query_release(struct query *query)
{
    free(query->text);
    *query = (struct query){.text = NULL};
}

const char *query_find(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->parameters[i].name, name) == 0)
            return query->parameters[i].value;
    return NULL;
}

/* Whether a name is one of those in a list with spaces between them. */
static bool is_listed(const char *names, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = names; *at; at += strspn(at, " ")) {
        size_t width = strcspn(at, " ");

        if (width == length && memcmp(at, name, length) == 0)
            return true;
        at += width;
    }
    return false;
}

int query_check_names(const struct query *query, const char *names, struct error *err)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *name = query->parameters[i].name;

        if (!is_listed(names, name))
            return error_set_field(err, ERROR_INVALID, name,
                                   "unknown parameter '%.64s'%s%s", name,
                                   names[0] ? ": there are " : "", names);
    }
    return 0;
}

/* Say of which parameter an error is. */
static int name_field(struct error *err, const char *name, const struct error *cause)
{
    return error_set_field(err, cause->code, name, "%s: %s", name, cause->text);
}

int query_number(const struct query *query, const char *name, int64_t least,
                 int64_t most, int64_t *value, struct error *err)
{
    const char *text = query_find(query, name);
    struct error cause = {ERROR_NONE, "", ""};

    if (text && number_parse(text, least, most, value, &cause) < 0)
        return name_field(err, name, &cause);
    return 0;
}

int query_instant(const struct query *query, const char *name, instant *value,
                  struct error *err)
{
    const char *text = query_find(query, name);
    struct error cause = {ERROR_NONE, "", ""};

    if (text && instant_parse(text, value, &cause) < 0)
        return name_field(err, name, &cause);
    return 0;
}

int query_switch(const struct query *query, const char *name, bool *value,
                 struct error *err)
{
    const char *text = query_find(query, name);

    if (!text)
        return 0;
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return error_set_field(err, ERROR_INVALID, name, "%s must be 0 or 1", name);
    *value = text[0] == '1';
    return 0;
}

#define STATES_ENDED (1U << JOB_DONE | 1U << JOB_FAILED | 1U << JOB_CANCELLED)
#define STATES_OPEN  (((1U << JOB_STATES) - 1) & ~1U & ~STATES_ENDED)

static int add_state(const char *text, size_t length, unsigned *states,
                     struct error *err)
{
    char name[16];
    enum job_state state;

    if (length == 0 || length >= sizeof(name))
        return error_set(err, ERROR_INVALID, "no state is called '%.*s'",
                         (int)(length < 32 ? length : 32), text);
    memcpy(name, text, length);
    name[length] = '\0';
    if (strcmp(name, "open") == 0)
        *states |= STATES_OPEN;
    else if (strcmp(name, "ended") == 0)
        *states |= STATES_ENDED;
    else if (strcmp(name, "all") == 0)
        *states |= STATES_OPEN | STATES_ENDED;
    else if (job_state_parse(name, &state, err) < 0)
        return -1;
    else
        *states |= 1U << state;
    return 0;
}

int query_states(const struct query *query, const char *name, unsigned *states,
                 struct error *err)
{
    const char *text = query_find(query, name);
    struct error cause = {ERROR_NONE, "", ""};
    unsigned found = 0;

    if (!text) {
        *states = STATES_OPEN;
        return 0;
    }
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");

        if (add_state(at, length, &found, &cause) < 0)
            return name_field(err, name, &cause);
        at += length;
        if (!*at)
            break;
    }
    *states = found;
    return 0;
}

bool path_match(const char *pattern, const char *path, struct path_words *words)
{
    struct path_words found = {.count = 0};

    while (*pattern) {
        size_t length;

        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        assert(found.count < QUERY_WORDS_MAX);
        length = strcspn(path, "/");
        if (length == 0 || length >= sizeof(found.items[0]))
            return false;
        memcpy(found.items[found.count], path, length);
        found.items[found.count++][length] = '\0';
        path += length;
        pattern += strcspn(pattern, "}") + 1;
    }
    if (*path)
        return false;
    *words = found;
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"

enum field_type {
    FIELD_NUMBER,   /* destination: int64_t; exactly once */
    FIELD_STRING,   /* destination: const char *, borrowed; exactly once */
    FIELD_OPTIONAL, /* the same, at most once */
    FIELD_ADDED,    /* a number, at most once */
    FIELD_STRINGS,  /* destination: struct strings; any number */
};

struct strings {
    char **items;
    size_t count;
    size_t room;
};

struct field {
    const char *key;
    void *destination;
    int64_t least; /* of the number, of a string's length */
    int64_t most;
    enum field_type type;
    bool seen;
};

#define FIELDS(array) (array), sizeof(array) / sizeof((array)[0])

static struct field *find_field(struct field *fields, size_t count, const char *record)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(fields[i].key);

        if (strncmp(record, fields[i].key, length) == 0 && record[length] == '=')
            return &fields[i];
    }
    return NULL;
}

static int load_string(const struct field *field, char *value, struct error *err)
{
    size_t length = strlen(value);
    struct strings *strings = field->destination;

    if (length < (size_t)field->least || length > (size_t)field->most)
        return error_set(err, ERROR_INVALID, "'%s' has a bad length", field->key);
    if (field->type != FIELD_STRINGS) {
        *(const char **)field->destination = value;
        return 0;
    }
    if (strings->count >= RUN_STRINGS_MAX)
        return error_set(err, ERROR_INVALID, "'%s' comes too often", field->key);
    strings->items =
        xgrow(strings->items, strings->count, &strings->room, sizeof(*strings->items));
    strings->items[strings->count++] = value;
    return 0;
}

static int load_field(struct field *field, char *value, struct error *err)
{
    if (field->seen && field->type != FIELD_STRINGS)
        return error_set(err, ERROR_INVALID, "'%s' comes twice", field->key);
    field->seen = true;
    if (field->type == FIELD_NUMBER || field->type == FIELD_ADDED)
        return number_parse(value, field->least, field->most, field->destination, err);
    return load_string(field, value, err);
}

static int check_complete(const struct field *fields, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!fields[i].seen && fields[i].type <= FIELD_STRING)
            return error_set(err, ERROR_INVALID, "'%s' is missing", fields[i].key);
    return 0;
}

static bool is_zero(const char *at, const char *end)
{
    while (at < end && *at == '\0')
        at++;
    return at == end;
}

static int parse_fields(char *bytes, size_t size, struct field *fields, size_t count,
                        struct error *err)
{
    char *at = bytes;
    char *end = bytes + size;

    while (at < end) {
        char *next = memchr(at, '\0', (size_t)(end - at));
        struct field *field = find_field(fields, count, at);

        if (!next)
            break;
        if (strcmp(at, "end") == 0) {
            if (!is_zero(next, end))
                return error_set(err, ERROR_INVALID, "something follows the end");
            return check_complete(fields, count, err);
        }
        if (!field)
            return error_set(err, ERROR_INVALID, "an unknown record");
        if (load_field(field, at + strlen(field->key) + 1, err) < 0)
            return -1;
        at = next + 1;
    }
    return error_set(err, ERROR_INVALID, "the end is missing");
}

static void add_string(struct text *bytes, const char *key, const char *value)
{
    text_add(bytes, key);
    text_add(bytes, "=");
    text_add_bytes(bytes, value, strlen(value) + 1);
}

static void add_number(struct text *bytes, const char *key, int64_t value)
{
    text_add_format(bytes, "%s=%lld", key, (long long)value);
    text_add_bytes(bytes, "", 1);
}

static void add_end(struct text *bytes)
{
    text_add_bytes(bytes, "end", sizeof("end"));
}

static void add_moment(struct text *bytes, const char *utc, const char *monotonic,
                       const struct run_moment *moment)
{
    add_number(bytes, utc, moment->utc);
    add_number(bytes, monotonic, moment->monotonic_ms);
}

void run_spec_format(const struct run_spec *spec, struct text *bytes)
{
    add_string(bytes, "token", spec->token);
    add_number(bytes, "time_limit", spec->time_limit);
    add_number(bytes, "grace", spec->grace);
    add_number(bytes, "pause_signal", spec->pause_signal);
    add_number(bytes, "rate", spec->rate);
    add_number(bytes, "cpus", spec->cpus);
    add_number(bytes, "memory", spec->memory);
    add_number(bytes, "script", spec->script);
    if (spec->user)
        add_string(bytes, "user", spec->user);
    add_string(bytes, "directory", spec->directory);
    add_string(bytes, "output", spec->output);
    if (spec->error)
        add_string(bytes, "error", spec->error);
    for (size_t i = 0; i < spec->argument_count; i++)
        add_string(bytes, "argument", spec->arguments[i]);
    for (size_t i = 0; i < spec->environment_count; i++)
        add_string(bytes, "environment", spec->environment[i]);
    add_end(bytes);
}

static bool is_token(const char *token)
{
    return strspn(token, "0123456789abcdef") == strlen(token);
}

static char **end_strings(struct strings *strings)
{
    strings->items =
        xgrow(strings->items, strings->count, &strings->room, sizeof(*strings->items));
    strings->items[strings->count] = NULL;
    return strings->items;
}

static int check_spec(const struct run_spec *spec, const struct strings *environment,
                      struct error *err)
{
    if (!is_token(spec->token))
        return error_set(err, ERROR_INVALID, "the token is malformed");
    if (spec->directory[0] != '/')
        return error_set(err, ERROR_INVALID, "the directory is not absolute");
    if (!spec->script && spec->argument_count == 0)
        return error_set(err, ERROR_INVALID, "there is no command");
    for (size_t i = 0; i < environment->count; i++)
        if (!strchr(environment->items[i] + 1, '='))
            return error_set(err, ERROR_INVALID, "the environment is malformed");
    return 0;
}

int run_spec_parse(char *bytes, size_t size, struct run_spec *spec, struct error *err)
{
    struct run_spec parsed = {0};
    struct strings arguments = {0};
    struct strings environment = {0};
    int64_t script = 0;
    int64_t pause_signal = SIGTERM;
    int64_t cpus = 0;
    struct field fields[] = {
        {"token", &parsed.token, RUN_TOKEN_LENGTH, RUN_TOKEN_LENGTH, FIELD_STRING,
         false},
        {"time_limit", &parsed.time_limit, 0, RUN_TIME_LIMIT_MAX, FIELD_NUMBER, false},
        {"grace", &parsed.grace, 0, RUN_TIME_LIMIT_MAX, FIELD_NUMBER, false},
        {"pause_signal", &pause_signal, 1, 64, FIELD_ADDED, false},
        {"rate", &parsed.rate, 1, CLOCK_RATE_MAX, FIELD_NUMBER, false},
        {"cpus", &cpus, 0, RUN_CPUS_MAX, FIELD_ADDED, false},
        {"memory", &parsed.memory, 0, RUN_MEMORY_MAX, FIELD_ADDED, false},
        {"script", &script, 0, 1, FIELD_NUMBER, false},
        {"user", &parsed.user, 1, RUN_USER_MAX, FIELD_OPTIONAL, false},
        {"directory", &parsed.directory, 1, RUN_PATH_MAX, FIELD_STRING, false},
        {"output", &parsed.output, 1, RUN_PATH_MAX, FIELD_STRING, false},
        {"error", &parsed.error, 1, RUN_PATH_MAX, FIELD_OPTIONAL, false},
        {"argument", &arguments, 0, RUN_SPEC_MAX, FIELD_STRINGS, false},
        {"environment", &environment, 1, RUN_SPEC_MAX, FIELD_STRINGS, false},
    };

    if (parse_fields(bytes, size, FIELDS(fields), err) < 0)
        goto fail;
    parsed.script = script == 1;
    parsed.pause_signal = (int32_t)pause_signal;
    parsed.cpus = (int32_t)cpus;
    parsed.argument_count = arguments.count;
    parsed.environment_count = environment.count;
    if (check_spec(&parsed, &environment, err) < 0)
        goto fail;
    parsed.arguments = end_strings(&arguments);
    parsed.environment = end_strings(&environment);
    *spec = parsed;
    return 0;

fail:
    free(arguments.items);
    free(environment.items);
    return -1;
}

void run_spec_release(struct run_spec *spec)
{
    free(spec->arguments);
    free(spec->environment);
    *spec = (struct run_spec){0};
}

void run_lock_format(const struct run_lock *lock, struct text *bytes)
{
    add_number(bytes, "pid", lock->holder.pid);
    add_number(bytes, "start", lock->holder.start_ticks);
    add_string(bytes, "boot", lock->holder.boot_id);
    add_end(bytes);
}

int run_lock_parse(char *bytes, size_t size, struct run_lock *lock, struct error *err)
{
    struct run_lock parsed = {0};
    const char *boot = NULL;
    struct field fields[] = {
        {"pid", &parsed.holder.pid, 0, INT32_MAX, FIELD_NUMBER, false},
        {"start", &parsed.holder.start_ticks, 0, INT64_MAX, FIELD_NUMBER, false},
        {"boot", &boot, 0, RUN_BOOT_ID_LENGTH, FIELD_STRING, false},
    };

    if (parse_fields(bytes, size, FIELDS(fields), err) < 0)
        return -1;
    text_copy(parsed.holder.boot_id, sizeof(parsed.holder.boot_id), boot);
    *lock = parsed;
    return 0;
}

void run_started_format(const struct run_moment *started, struct text *bytes)
{
    add_moment(bytes, "started", "started_ms", started);
    add_end(bytes);
}

int run_started_parse(char *bytes, size_t size, struct run_moment *started,
                      struct error *err)
{
    struct run_moment parsed = {0};
    struct field fields[] = {
        {"started", &parsed.utc, 0, INSTANT_MAX, FIELD_NUMBER, false},
        {"started_ms", &parsed.monotonic_ms, 0, RUN_MONOTONIC_MAX, FIELD_NUMBER, false},
    };

    if (parse_fields(bytes, size, FIELDS(fields), err) < 0)
        return -1;
    *started = parsed;
    return 0;
}

void run_exit_format(const struct run_exit *exit, struct text *bytes)
{
    add_number(bytes, "refused", exit->refused);
    add_number(bytes, "timed_out", exit->timed_out);
    add_number(bytes, "stopped", exit->stopped);
    add_number(bytes, "paused", exit->paused);
    add_number(bytes, "out_of_memory", exit->out_of_memory);
    add_number(bytes, "cpu_ms", exit->cpu_ms);
    add_number(bytes, "status", exit->status);
    add_number(bytes, "signal", exit->signal);
    add_moment(bytes, "started", "started_ms", &exit->started);
    add_moment(bytes, "ended", "ended_ms", &exit->ended);
    add_string(bytes, "text", exit->text);
    add_end(bytes);
    assert(bytes->length <= RUN_RECORD_SIZE);
}

int run_exit_parse(char *bytes, size_t size, struct run_exit *exit, struct error *err)
{
    struct run_exit parsed = {0};
    const char *text = NULL;
    int64_t numbers[7] = {0};
    struct field fields[] = {
        {"refused", &numbers[0], 0, 1, FIELD_NUMBER, false},
        {"timed_out", &numbers[1], 0, 1, FIELD_NUMBER, false},
        {"stopped", &numbers[2], 0, 1, FIELD_NUMBER, false},
        {"paused", &numbers[5], 0, 1, FIELD_ADDED, false},
        {"out_of_memory", &numbers[6], 0, 1, FIELD_ADDED, false},
        {"cpu_ms", &parsed.cpu_ms, 0, RUN_CPU_MS_MAX, FIELD_ADDED, false},
        {"status", &numbers[3], 0, 255, FIELD_NUMBER, false},
        {"signal", &numbers[4], 0, 127, FIELD_NUMBER, false},
        {"started", &parsed.started.utc, 0, INSTANT_MAX, FIELD_NUMBER, false},
        {"started_ms", &parsed.started.monotonic_ms, 0, RUN_MONOTONIC_MAX, FIELD_NUMBER,
         false},
        {"ended", &parsed.ended.utc, 0, INSTANT_MAX, FIELD_NUMBER, false},
        {"ended_ms", &parsed.ended.monotonic_ms, 0, RUN_MONOTONIC_MAX, FIELD_NUMBER,
         false},
        {"text", &text, 0, RUN_TEXT_SIZE - 1, FIELD_STRING, false},
    };

    if (parse_fields(bytes, size, FIELDS(fields), err) < 0)
        return -1;
    parsed.refused = numbers[0] == 1;
    parsed.timed_out = numbers[1] == 1;
    parsed.stopped = numbers[2] == 1;
    parsed.paused = numbers[5] == 1;
    parsed.out_of_memory = numbers[6] == 1;
    parsed.status = (int32_t)numbers[3];
    parsed.signal = (int32_t)numbers[4];
    text_copy(parsed.text, sizeof(parsed.text), text);
    *exit = parsed;
    return 0;
}

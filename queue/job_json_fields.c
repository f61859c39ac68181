/* SPDX-License-Identifier: MIT */
#include "queue/job_json_fields.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/job_path.h"

#define MEBIBYTE (1 << 20)

enum field {
    FIELD_AFTER,
    FIELD_ARGUMENTS,
    FIELD_ARRAY,
    FIELD_BEGIN,
    FIELD_COMMAND,
    FIELD_CPUS,
    FIELD_DEADLINE,
    FIELD_DIRECTORY,
    FIELD_ENVIRONMENT,
    FIELD_ERROR,
    FIELD_GPUS,
    FIELD_GRACE,
    FIELD_HELD,
    FIELD_INTERRUPTIBLE,
    FIELD_MAX_WAIT,
    FIELD_MEMORY,
    FIELD_NAME,
    FIELD_NOW,
    FIELD_OUTPUT,
    FIELD_POOLS,
    FIELD_POWER,
    FIELD_PRIORITY,
    FIELD_PROJECT,
    FIELD_QUEUE,
    FIELD_REQUEUE,
    FIELD_SCALING,
    FIELD_SCRIPT,
    FIELD_SIGNAL,
    FIELD_TIME,
    FIELD_TIME_LIMIT,
    FIELD_ZONES,
    FIELDS
};

enum field_type {
    TYPE_INT32,
    TYPE_INT64,
    TYPE_BOOL,
    TYPE_INSTANT,
    TYPE_STRING,
    TYPE_NAMES, /* an array of names, kept as "a,b" */
    TYPE_OTHER  /* read by `read` */
};

struct row {
    const char *name;
    enum field_type type;
    size_t offset; /* in struct submission */
    int64_t least;
    int64_t most;
    int (*read)(const json_t *value, struct submission *submission, struct error *err);
};

static int read_words(const json_t *value, const char *field,
                      struct submission *submission, struct error *err)
{
    if (submission->spec.arguments)
        return error_set_field(err, ERROR_INVALID, field,
                               "a job has either a command or arguments");
    return json_read_strings(value, field, JOB_ARGUMENTS_MAX,
                             &submission->spec.arguments,
                             &submission->spec.arguments_size, err);
}

static int read_command(const json_t *value, struct submission *submission,
                        struct error *err)
{
    return read_words(value, "command", submission, err);
}

static int read_arguments(const json_t *value, struct submission *submission,
                          struct error *err)
{
    return read_words(value, "arguments", submission, err);
}

static int read_environment(const json_t *value, struct submission *submission,
                            struct error *err)
{
    return json_read_strings(value, "environment", JOB_ENVIRONMENT_MAX,
                             &submission->spec.environment,
                             &submission->spec.environment_size, err);
}

static int read_script(const json_t *value, struct submission *submission,
                       struct error *err)
{
    if (!json_is_string(value))
        return json_fail_type("script", "text", err);
    if (json_string_length(value) > JOB_SCRIPT_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "script",
                               "the script is larger than %d bytes", JOB_SCRIPT_MAX);
    submission->spec.script_size = json_string_length(value);
    submission->spec.script =
        xmemdup(json_string_value(value), submission->spec.script_size + 1);
    return 0;
}

static int read_after(const json_t *value, struct submission *submission,
                      struct error *err)
{
    struct job_spec *spec = &submission->spec;

    if (!json_is_array(value))
        return json_fail_type("after", "an array of job ids", err);
    if (json_array_size(value) > JOB_AFTER_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "after",
                               "a job may come after %d others at most", JOB_AFTER_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        int64_t id = 0;
        bool is_known = false;

        if (json_read_integer(json_array_get(value, i), "after", 1, INT64_MAX, &id, err)
            < 0)
            return -1;
        for (size_t j = 0; j < spec->after_count; j++)
            is_known |= spec->after[j] == id;
        if (!is_known)
            spec->after[spec->after_count++] = id;
    }
    return 0;
}

static int read_array(const json_t *value, struct submission *submission,
                      struct error *err)
{
    if (!json_is_string(value))
        return json_fail_type("array", "a range of indexes such as \"0-99%4\"", err);
    return array_range_parse(json_string_value(value), &submission->array_first,
                             &submission->array_last, &submission->job.array_limit,
                             err);
}

static int read_gpus(const json_t *value, struct submission *submission,
                     struct error *err)
{
    int64_t number = 0;

    if (json_is_string(value))
        return gpu_range_parse(json_string_value(value), &submission->job.gpus,
                               &submission->job.gpus_max, err);
    if (json_read_integer(value, "gpus", 0, JOB_GPUS_MAX, &number, err) < 0)
        return -1;
    submission->job.gpus = (int32_t)number;
    submission->job.gpus_max = (int32_t)number;
    return 0;
}

static int read_scaling(const json_t *value, struct submission *submission,
                        struct error *err)
{
    return json_read_percent(value, "scaling", &submission->job.scaling, err);
}

static int read_memory(const json_t *value, struct submission *submission,
                       struct error *err)
{
    int64_t bytes = 0;

    /* None would be no limit at all, and nothing of the pool's taken. */
    if (json_read_integer(value, "memory", JOB_MEMORY_MIN * MEBIBYTE,
                          JOB_MEMORY_MAX * MEBIBYTE, &bytes, err)
        < 0)
        return -1;
    submission->job.memory = (bytes + MEBIBYTE - 1) / MEBIBYTE;
    return 0;
}

/* A signal that a command can catch, by its name with or without SIG. */
static int read_signal(const json_t *value, struct submission *submission,
                       struct error *err)
{
    static const struct {
        const char *name;
        int32_t number;
    } signals[] = {
        {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"USR1", SIGUSR1},
        {"USR2", SIGUSR2}, {"TERM", SIGTERM}, {"CONT", SIGCONT}, {"WINCH", SIGWINCH},
    };
    const char *name = json_string_value(value);

    if (name && strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (size_t i = 0; name && i < sizeof(signals) / sizeof(*signals); i++) {
        if (strcmp(name, signals[i].name) == 0) {
            submission->job.signal = signals[i].number;
            return 0;
        }
    }
    return json_fail_type(
        "signal", "one of HUP, INT, QUIT, USR1, USR2, TERM, CONT and WINCH", err);
}

#define PLAIN(name, type, member)                                                      \
    {                                                                                  \
        name, type, offsetof(struct submission, member), 0, 0, NULL                    \
    }
#define NUMBER(name, type, member, least, most)                                        \
    {                                                                                  \
        name, type, offsetof(struct submission, member), least, most, NULL             \
    }
#define OTHER(name, read)                                                              \
    {                                                                                  \
        name, TYPE_OTHER, 0, 0, 0, read                                                \
    }

/* In the order of the alphabet: names are looked up by halving. */
static const struct row rows[FIELDS] = {
    [FIELD_AFTER] = OTHER("after", read_after),
    [FIELD_ARGUMENTS] = OTHER("arguments", read_arguments),
    [FIELD_ARRAY] = OTHER("array", read_array),
    [FIELD_BEGIN] = PLAIN("begin", TYPE_INSTANT, job.begin),
    [FIELD_COMMAND] = OTHER("command", read_command),
    [FIELD_CPUS] = NUMBER("cpus", TYPE_INT32, job.cpus, 1, JOB_CPUS_MAX),
    [FIELD_DEADLINE] = PLAIN("deadline", TYPE_INSTANT, job.deadline),
    [FIELD_DIRECTORY] = PLAIN("directory", TYPE_STRING, spec.directory),
    [FIELD_ENVIRONMENT] = OTHER("environment", read_environment),
    [FIELD_ERROR] = PLAIN("error", TYPE_STRING, spec.error),
    [FIELD_GPUS] = OTHER("gpus", read_gpus),
    [FIELD_GRACE] = NUMBER("grace", TYPE_INT64, job.grace, 0, JOB_GRACE_MAX),
    [FIELD_HELD] = PLAIN("held", TYPE_BOOL, held),
    [FIELD_INTERRUPTIBLE] = PLAIN("interruptible", TYPE_BOOL, job.interruptible),
    [FIELD_MAX_WAIT] = NUMBER("max_wait", TYPE_INT64, job.max_wait, 0, JOB_WAIT_MAX),
    [FIELD_MEMORY] = OTHER("memory", read_memory),
    [FIELD_NAME] = PLAIN("name", TYPE_STRING, spec.name),
    [FIELD_NOW] = PLAIN("now", TYPE_BOOL, job.now),
    [FIELD_OUTPUT] = PLAIN("output", TYPE_STRING, spec.output),
    [FIELD_POOLS] = PLAIN("pools", TYPE_NAMES, spec.pools),
    [FIELD_POWER] = NUMBER("power", TYPE_INT32, job.power, 1, JOB_POWER_MAX),
    [FIELD_PRIORITY] = NUMBER("priority", TYPE_INT32, job.priority, -JOB_PRIORITY_MAX,
                              JOB_PRIORITY_MAX),
    [FIELD_PROJECT] = PLAIN("project", TYPE_STRING, spec.project),
    [FIELD_QUEUE] = PLAIN("queue", TYPE_STRING, spec.queue),
    [FIELD_REQUEUE] = PLAIN("requeue", TYPE_BOOL, job.requeue),
    [FIELD_SCALING] = OTHER("scaling", read_scaling),
    [FIELD_SCRIPT] = OTHER("script", read_script),
    [FIELD_SIGNAL] = OTHER("signal", read_signal),
    [FIELD_TIME] = NUMBER("time", TYPE_INT64, job.time, 1, JOB_TIME_MAX),
    [FIELD_TIME_LIMIT] =
        NUMBER("time_limit", TYPE_INT64, job.time_limit, 1, JOB_TIME_MAX),
    [FIELD_ZONES] = PLAIN("zones", TYPE_NAMES, spec.zones),
};
_Static_assert(FIELDS <= 32, "what was given is kept in 32 bits");

static int compare_row(const void *name, const void *row)
{
    return strcmp(name, ((const struct row *)row)->name);
}

static int read_int32(const struct row *row, const json_t *value, int32_t *number,
                      struct error *err)
{
    int64_t wide = 0;

    if (json_read_integer(value, row->name, row->least, row->most, &wide, err) < 0)
        return -1;
    *number = (int32_t)wide;
    return 0;
}

static int read_member(const struct row *row, const json_t *value,
                       struct submission *submission, struct error *err)
{
    void *place = (char *)submission + row->offset;

    switch (row->type) {
    case TYPE_INT32:
        return read_int32(row, value, place, err);
    case TYPE_INT64:
        return json_read_integer(value, row->name, row->least, row->most, place, err);
    case TYPE_BOOL:
        return json_read_bool(value, row->name, place, err);
    case TYPE_INSTANT:
        return json_read_instant(value, row->name, place, err);
    case TYPE_STRING:
        return json_read_string(value, row->name, place, err);
    case TYPE_NAMES:
        return json_read_names(value, row->name, place, err);
    case TYPE_OTHER:
        break;
    }
    return row->read(value, submission, err);
}

/* Read all members; `given` has a bit for each that has a value. */
static int read_members(json_t *object, struct submission *submission, uint32_t *given,
                        struct error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        const struct row *row = bsearch(name, rows, FIELDS, sizeof(*rows), compare_row);

        if (!row)
            return error_set_field(err, ERROR_INVALID, name,
                                   "'%.40s' is no member of a job", name);
        if (json_is_null(value))
            continue;
        if (read_member(row, value, submission, err) < 0)
            return -1;
        *given |= UINT32_C(1) << (row - rows);
    }
    return 0;
}

static bool has(uint32_t given, enum field field)
{
    return (given >> field & 1) != 0;
}

static int check_given(uint32_t given, struct error *err)
{
    if (has(given, FIELD_COMMAND) == has(given, FIELD_SCRIPT))
        return error_set_field(err, ERROR_INVALID, "command",
                               "a job has either a command or a script");
    if (has(given, FIELD_ARGUMENTS) && !has(given, FIELD_SCRIPT))
        return error_set_field(err, ERROR_INVALID, "arguments",
                               "arguments are for a script; a command has its own");
    if (!has(given, FIELD_DIRECTORY))
        return error_set_field(err, ERROR_INVALID, "directory",
                               "the directory is missing");
    return 0;
}

/* The last part of the command's path, in letters that a name may have. */
static char *name_of(const struct job_spec *spec)
{
    const char *command = spec->arguments ? spec->arguments : "";
    const char *slash = strrchr(command, '/');
    char name[JOB_NAME_MAX + 1] = "";
    size_t length = 0;

    if (spec->script)
        return xstrdup("script");
    for (const char *at = slash ? slash + 1 : command; *at && length < JOB_NAME_MAX;
         at++) {
        char letter[2] = {*at, '\0'};
        bool fits = text_is_name(letter, 1) || (length > 0 && strchr("-.", *at));

        name[length++] = '_';
        if (fits)
            name[length - 1] = *at;
    }
    return xstrdup(length > 0 ? name : "command");
}

static void fill_defaults(struct submission *submission, uint32_t given)
{
    struct job_spec *spec = &submission->spec;

    submission->given.queue = has(given, FIELD_QUEUE);
    submission->given.time = has(given, FIELD_TIME);
    submission->given.time_limit = has(given, FIELD_TIME_LIMIT);
    submission->given.max_wait = has(given, FIELD_MAX_WAIT);
    submission->given.memory = has(given, FIELD_MEMORY);
    submission->given.scaling = has(given, FIELD_SCALING);
    submission->given.gpus = has(given, FIELD_GPUS);
    if (!spec->name)
        spec->name = name_of(spec);
    if (!spec->output)
        spec->output = xstrdup(JOB_OUTPUT_STANDARD);
}

int submission_read(json_t *object, struct submission *submission, struct error *err)
{
    uint32_t given = 0;

    submission->job.cpus = 1;
    submission->job.max_wait = JOB_NO_WAIT_LIMIT;
    submission->job.signal = SIGTERM;
    submission->job.grace = JOB_GRACE_DEFAULT;
    submission->array_last = -1;
    if (!json_is_object(object))
        return error_set(err, ERROR_INVALID, "a job must be an object");
    if (read_members(object, submission, &given, err) < 0
        || check_given(given, err) < 0)
        return -1;
    fill_defaults(submission, given);
    return 0;
}

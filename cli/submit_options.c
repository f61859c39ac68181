/* SPDX-License-Identifier: MIT */
#include "cli/submit_options.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "base/when.h"
#include "cli/environment.h"
#include "cli/ids.h"
#include "queue/job.h"

#define LIST_ITEM_MAX 63

#define ROW(name, type, member, argument, help, values)                                \
    {                                                                                  \
        name, 0, type, offsetof(struct submit_options, member), argument, help, values \
    }
#define TEXT(name, member, argument, help)                                             \
    ROW(name, OPTION_STRING, member, argument, help, NULL)
#define FLAG(name, member, help) ROW(name, OPTION_FLAG, member, NULL, help, NULL)

const struct command_option submit_option_rows[] = {
    TEXT("name", name, "NAME", "name of the job; default: of the script or command"),
    TEXT("project", project, "NAME", "whom reports count it for"),
    ROW("queue", OPTION_STRING, queue, "QUEUE", "class of the configuration", "@queue"),
    TEXT("gpus", gpus, "N[-M]", "GPUs; of a range Penstock chooses at the start"),
    TEXT("scaling", scaling, "PERCENT", "what more GPUs of a range are worth to it"),
    TEXT("cpus", cpus, "N", "CPUs; default 1"),
    TEXT("mem", memory, "SIZE",
         "memory, as 16G, at least 1M; the unit is K, M, G or T"),
    TEXT("time", time, "DURATION", "how long it is expected to run, as 3h"),
    TEXT("time-limit", time_limit, "DURATION", "when it is told to end, as 6h"),
    TEXT("deadline", deadline, "WHEN", "finish by: 08:00, tomorrow 08:00, +24h, ..."),
    TEXT("max-wait", max_wait, "DURATION",
         "longest wait from when it could first start"),
    TEXT("begin", begin, "WHEN", "start no earlier"),
    TEXT("power", power, "WATTS", "mean draw of each GPU, as 300W"),
    FLAG("interruptible", interruptible, "may be paused in dirty hours"),
    TEXT("signal", signal, "NAME", "signal that tells it to pause, as USR1"),
    TEXT("grace", grace, "DURATION",
         "from being told to end or pause until it is killed"),
    FLAG("requeue", requeue, "start again when its machine was lost"),
    TEXT("after", after, "ID[,ID...]",
         "start when these jobs ended well; 10-19 for all of them"),
    TEXT("array", array, "A-B[%N]", "one job per index, at most N at once"),
    ROW("pool", OPTION_STRING, pools, "POOL[,POOL...]", "run there only", "@pool"),
    ROW("zone", OPTION_STRING, zones, "ZONE[,ZONE...]", "run there only", "@zone"),
    TEXT("priority", priority, "N", "from -100; above 0 for administrators"),
    FLAG("now", now, "do not wait for green power"),
    FLAG("hold", hold, "keep it from starting until it is released"),
    ROW("env", OPTION_STRINGS, environment, "KEY=VALUE",
        "add to the environment that is captured", NULL),
    ROW("chdir", OPTION_STRING, directory, "DIR", "run there; default: here", "@dir"),
    {"output", 'o', OPTION_STRING, offsetof(struct submit_options, output), "FILE",
     "standard output; %j id, %a index, %x name", "@file"},
    {"error", 'e', OPTION_STRING, offsetof(struct submit_options, error), "FILE",
     "standard error; default: as the output", "@file"},
    FLAG("dry-run", dry_run, "show the plan and submit nothing"),
    FLAG("wait", wait, "wait for its end; exit 1 unless it went well"),
    FLAG("json", json, "print the daemon's answer"),
    COMMAND_OPTIONS_END,
};

bool submit_options_need_now(const struct submit_options *options)
{
    return (options->deadline && when_is_relative(options->deadline))
           || (options->begin && when_is_relative(options->begin));
}

/* Say which option an error is about. Returns -1. */
static int blame(const char *option, const struct error *why, struct error *err)
{
    return error_set_field(err, why->code, option, "--%s: %.220s", option, why->text);
}

static void put(json_t *body, const char *member, json_t *value)
{
    int result = json_object_set_new(body, member, value);

    /* Only a lack of memory or a broken string fails here; strings were checked. */
    if (result < 0)
        abort();
}

static int put_text(json_t *body, const char *member, const char *option,
                    const char *text, struct error *err)
{
    json_t *value;

    if (!text)
        return 0;
    value = json_string(text);
    if (!value)
        return error_set_field(err, ERROR_INVALID, option, "--%s is not UTF-8 text",
                               option);
    put(body, member, value);
    return 0;
}

static int put_number(json_t *body, const char *member, const char *text, int64_t least,
                      int64_t most, struct error *err)
{
    struct error why;
    int64_t number;

    if (!text)
        return 0;
    if (number_parse(text, least, most, &number, &why) < 0)
        return blame(member, &why, err);
    put(body, member, json_integer(number));
    return 0;
}

static int put_duration(json_t *body, const char *member, const char *option,
                        const char *text, struct error *err)
{
    struct error why;
    duration length;

    if (!text)
        return 0;
    if (duration_parse(text, &length, &why) < 0)
        return blame(option, &why, err);
    put(body, member, json_integer(length));
    return 0;
}

static int put_when(json_t *body, const char *member, const char *text, instant now,
                    struct error *err)
{
    char utc[INSTANT_TEXT_SIZE];
    struct error why;
    instant when;

    if (!text)
        return 0;
    if (when_parse(text, now, &when, &why) < 0)
        return blame(member, &why, err);
    put(body, member, json_string(instant_format(when, utc)));
    return 0;
}

/* "a,b" as an array of texts. */
static int put_list(json_t *body, const char *member, const char *option,
                    const char *text, struct error *err)
{
    json_t *list;

    if (!text)
        return 0;
    list = json_array();
    put(body, member, list);
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ",");

        if (length == 0 || length > LIST_ITEM_MAX)
            return error_set_field(err, ERROR_INVALID, option,
                                   "--%s: write a list as A,B", option);
        if (json_array_append_new(list, json_stringn(at, length)) < 0)
            return error_set_field(err, ERROR_INVALID, option, "--%s is not UTF-8 text",
                                   option);
    }
    return 0;
}

/* "3,10-12" as an array of numbers. */
static int put_after(json_t *body, const char *text, struct error *err)
{
    struct ids ids;
    struct error why;
    json_t *list;

    if (!text)
        return 0;
    if (ids_parse_list(text, JOB_AFTER_MAX, &ids, &why) < 0)
        return blame("after", &why, err);
    list = json_array();
    for (size_t i = 0; i < ids.count; i++)
        json_array_append_new(list, json_integer(ids.items[i]));
    put(body, "after", list);
    ids_release(&ids);
    return 0;
}

/* "300W", "300" or "0.3kW". */
static int put_power(json_t *body, const char *text, struct error *err)
{
    char number[32] = "";
    size_t length = text ? strlen(text) : 0;
    struct error why;
    int64_t watts;
    int digits = 0;

    if (!text)
        return 0;
    if (length > 0 && length < sizeof(number) && text[length - 1] == 'W') {
        length--;
        if (length > 0 && text[length - 1] == 'k') {
            length--;
            digits = 3;
        }
    }
    if (length >= sizeof(number))
        return error_set_field(err, ERROR_INVALID, "power", "--power: write 300W");
    memcpy(number, text, length);
    if (number_parse_scaled(number, digits, 1, JOB_POWER_MAX, &watts, &why) < 0)
        return blame("power", &why, err);
    put(body, "power", json_integer(watts));
    return 0;
}

static int put_memory(json_t *body, const char *text, struct error *err)
{
    struct error why;
    int64_t bytes;

    if (!text)
        return 0;
    if (size_parse(text, &bytes, &why) < 0)
        return blame("mem", &why, err);
    /* The daemon takes bytes, but nobody asks for a hundred of them. */
    if (bytes > 0 && !strpbrk(text, "BKMGTbkmgt"))
        return error_set_field(err, ERROR_INVALID, "mem",
                               "--mem: \"%.40s\" lacks a unit: K, M, G or T, as 16G",
                               text);
    if (bytes < JOB_MEMORY_MIN << 20)
        return error_set_field(err, ERROR_INVALID, "mem",
                               "--mem: must be at least 1M; without it a job has its "
                               "share");
    put(body, "memory", json_integer(bytes));
    return 0;
}

/* A number goes as a number, a range as text. */
static int put_gpus(json_t *body, const char *text, struct error *err)
{
    if (text && strchr(text, '-') && text[0] != '-')
        return put_text(body, "gpus", "gpus", text, err);
    return put_number(body, "gpus", text, 0, JOB_GPUS_MAX, err);
}

static int put_resources(json_t *body, const struct submit_options *options,
                         struct error *err)
{
    if (put_gpus(body, options->gpus, err) < 0
        || put_text(body, "scaling", "scaling", options->scaling, err) < 0
        || put_number(body, "cpus", options->cpus, 1, JOB_CPUS_MAX, err) < 0
        || put_memory(body, options->memory, err) < 0
        || put_power(body, options->power, err) < 0
        || put_list(body, "pools", "pool", options->pools, err) < 0
        || put_list(body, "zones", "zone", options->zones, err) < 0)
        return -1;
    return 0;
}

static int put_times(json_t *body, const struct submit_options *options, instant now,
                     struct error *err)
{
    if (put_duration(body, "time", "time", options->time, err) < 0
        || put_duration(body, "time_limit", "time-limit", options->time_limit, err) < 0
        || put_when(body, "deadline", options->deadline, now, err) < 0
        || put_duration(body, "max_wait", "max-wait", options->max_wait, err) < 0
        || put_when(body, "begin", options->begin, now, err) < 0
        || put_duration(body, "grace", "grace", options->grace, err) < 0
        || put_after(body, options->after, err) < 0
        || put_number(body, "priority", options->priority, -JOB_PRIORITY_MAX,
                      JOB_PRIORITY_MAX, err)
               < 0)
        return -1;
    return 0;
}

static int put_words(json_t *body, const struct submit_options *options,
                     struct error *err)
{
    if (put_text(body, "name", "name", options->name, err) < 0
        || put_text(body, "project", "project", options->project, err) < 0
        || put_text(body, "queue", "queue", options->queue, err) < 0
        || put_text(body, "signal", "signal", options->signal, err) < 0
        || put_text(body, "array", "array", options->array, err) < 0
        || put_text(body, "output", "output", options->output, err) < 0
        || put_text(body, "error", "error", options->error, err) < 0)
        return -1;
    if (options->interruptible)
        put(body, "interruptible", json_true());
    if (options->requeue)
        put(body, "requeue", json_true());
    if (options->now)
        put(body, "now", json_true());
    if (options->hold)
        put(body, "held", json_true());
    return 0;
}

/* A script is named by its file, as far as that is a name. */
static void put_script_name(json_t *body, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path;

    if (name && !json_object_get(body, "name") && text_is_name(name, JOB_NAME_MAX))
        put(body, "name", json_string(name));
}

static int put_command(json_t *body, const struct submit_source *source,
                       struct error *err)
{
    json_t *words = json_array();

    put(body, source->script ? "arguments" : "command", words);
    for (int i = 0; i < source->operand_count; i++)
        if (json_array_append_new(words, json_string(source->operands[i])) < 0)
            return error_set(err, ERROR_INVALID, "argument %d is not UTF-8 text",
                             i + 1);
    if (!source->script)
        return 0;
    if (source->script_size > JOB_SCRIPT_MAX)
        return error_set(err, ERROR_TOO_LARGE, "a script has at most 4 MiB");
    if (memchr(source->script, '\0', source->script_size))
        return error_set(err, ERROR_INVALID,
                         "the script holds a NUL byte: it is no text; submit a program "
                         "as \"-- PROGRAM\"");
    words = json_stringn(source->script, source->script_size);
    if (!words)
        return error_set(err, ERROR_INVALID, "the script is not UTF-8 text");
    put(body, "script", words);
    put_script_name(body, source->script_name);
    return 0;
}

void submit_options_add_directory(const struct submit_options *options,
                                  const struct submit_source *source, struct text *path)
{
    if (!options->directory || options->directory[0] != '/') {
        text_add(path, source->directory);
        if (options->directory && path->length > 0
            && path->bytes[path->length - 1] != '/')
            text_add(path, "/");
    }
    if (options->directory)
        text_add(path, options->directory);
}

static int put_directory(json_t *body, const struct submit_options *options,
                         const struct submit_source *source, struct error *err)
{
    struct text path = TEXT_EMPTY;
    int result;

    submit_options_add_directory(options, source, &path);
    result = put_text(body, "directory", "chdir", path.bytes, err);
    text_release(&path);
    return result;
}

static int put_environment(json_t *body, const struct submit_options *options,
                           const struct submit_source *source, struct error *err)
{
    json_t *list = environment_to_json(source->environment, &options->environment, err);

    if (!list)
        return -1;
    put(body, "environment", list);
    return 0;
}

json_t *submit_options_to_json(const struct submit_options *options,
                               const struct submit_source *source, struct error *err)
{
    json_t *body;

    if (options->hold && options->wait) {
        error_set_field(err, ERROR_INVALID, "wait",
                        "--wait would wait for what --hold keeps from starting; "
                        "release it, and then use \"penstock wait\"");
        return NULL;
    }
    body = json_object();
    assert(source->script || source->operand_count > 0);
    if (put_words(body, options, err) < 0 || put_command(body, source, err) < 0
        || put_resources(body, options, err) < 0
        || put_times(body, options, source->now, err) < 0
        || put_directory(body, options, source, err) < 0
        || put_environment(body, options, source, err) < 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

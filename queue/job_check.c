/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "queue/job.h"

#define SIGNAL_MAX 64

static int check_range(const char *field, int64_t value, int64_t least, int64_t most,
                       struct error *err)
{
    if (value >= least && value <= most)
        return 0;
    return error_set_field(err, ERROR_INVALID, field,
                           "%s must be from %" PRId64 " to %" PRId64, field, least,
                           most);
}

static int check_numbers(const struct job *job, struct error *err)
{
    const struct {
        const char *field;
        int64_t value, least, most;
    } rows[] = {
        {"gpus", job->gpus, 0, JOB_GPUS_MAX},
        {"gpus", job->gpus_max, 0, JOB_GPUS_MAX},
        {"scaling", job->scaling, 0, JOB_SCALING_MAX},
        {"cpus", job->cpus, 1, JOB_CPUS_MAX},
        {"memory", job->memory, 0, JOB_MEMORY_MAX},
        {"power", job->power, 0, JOB_POWER_MAX},
        {"priority", job->priority, -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX},
        {"time", job->time, 1, JOB_TIME_MAX},
        {"time_limit", job->time_limit, 1, JOB_TIME_MAX},
        {"max_wait", job->max_wait, JOB_NO_WAIT_LIMIT, JOB_WAIT_MAX},
        {"grace", job->grace, 0, JOB_GRACE_MAX},
        {"signal", job->signal, job->interruptible ? 1 : 0, SIGNAL_MAX},
        {"submitted", job->submitted, 0, INSTANT_MAX},
        {"begin", job->begin, 0, INSTANT_MAX},
        {"deadline", job->deadline, 0, INSTANT_MAX},
        {"array", job->array_index, 0, INT32_MAX},
        {"array", job->array_limit, 0, JOB_ARRAY_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (check_range(rows[i].field, rows[i].value, rows[i].least, rows[i].most, err)
            < 0)
            return -1;
    if (job->gpus > job->gpus_max)
        return error_set_field(err, ERROR_INVALID, "gpus",
                               "gpus must not be above their maximum");
    if (job->gpus < job->gpus_max && job->gpus < 1)
        return error_set_field(err, ERROR_INVALID, "gpus",
                               "a range of GPUs begins with 1 at least");
    /* What an attempt got done is counted in its run time, whatever its GPUs. */
    if (job->gpus < job->gpus_max && job->interruptible)
        return error_set_field(err, ERROR_INVALID, "interruptible",
                               "a job with a range of GPUs, here %d-%d, cannot be "
                               "interruptible: give it one number of GPUs",
                               (int)job->gpus, (int)job->gpus_max);
    return 0;
}

static int check_times(const struct job *job, struct error *err)
{
    instant earliest = job->begin > job->submitted ? job->begin : job->submitted;

    if (job->time_limit < job->time)
        return error_set_field(
            err, ERROR_INVALID, "time_limit",
            "the time limit of %lld s is below the expected run time "
            "of %lld s",
            (long long)job->time_limit, (long long)job->time);
    if (job->deadline != 0 && job->deadline <= job->submitted)
        return error_set_field(err, ERROR_INVALID, "deadline", "the deadline is past");
    if (job->deadline != 0 && job->deadline <= earliest)
        return error_set_field(err, ERROR_INVALID, "deadline",
                               "the deadline is not after the time before which the "
                               "job must not begin");
    if (job->deadline != 0 && earliest + job->time > job->deadline)
        return error_set_field(err, ERROR_INVALID, "deadline",
                               "the deadline leaves no room for the job: it needs %lld "
                               "s of the %lld s until then",
                               (long long)job->time,
                               (long long)(job->deadline - earliest));
    return 0;
}

static int check_name(const char *field, const char *name, size_t length_max,
                      struct error *err)
{
    if (!name || text_is_name(name, length_max))
        return 0;
    return error_set_field(err, ERROR_INVALID, field,
                           "%s must be 1 to %zu letters, digits, '.', '_' or '-', and "
                           "begin with none of '.' and '-'",
                           field, length_max);
}

/* "a,b": names of pools or zones. */
static int check_names(const char *field, const char *names, struct error *err)
{
    char name[JOB_PLACE_NAME_MAX + 1];

    while (names) {
        size_t length = strcspn(names, ",");

        if (length >= sizeof(name))
            length = sizeof(name) - 1;
        memcpy(name, names, length);
        name[length] = '\0';
        if ((names[length] != ',' && names[length] != '\0')
            || !text_is_name(name, JOB_PLACE_NAME_MAX))
            return error_set_field(err, ERROR_INVALID, field,
                                   "'%s' is no name that %s may have", name, field);
        names = names[length] == ',' ? names + length + 1 : NULL;
    }
    return 0;
}

static int check_path(const char *field, const char *path, struct error *err)
{
    if (!path)
        return 0;
    if (path[0] == '\0')
        return error_set_field(err, ERROR_INVALID, field, "%s must not be empty",
                               field);
    if (strlen(path) > JOB_PATH_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, field,
                               "%s is longer than %d bytes", field, JOB_PATH_MAX);
    return 0;
}

/* NUL-terminated strings, one after the other. */
static int check_strings(const char *field, const char *strings, size_t size,
                         size_t size_max, struct error *err)
{
    if (size > size_max)
        return error_set_field(err, ERROR_TOO_LARGE, field,
                               "%s has more than %zu bytes", field, size_max);
    if (size > 0 && strings[size - 1] != '\0')
        return error_set_field(err, ERROR_INVALID, field, "%s is cut off", field);
    return 0;
}

static int check_environment(const struct job_spec *spec, struct error *err)
{
    const char *at = spec->environment;
    size_t left = spec->environment_size;

    if (check_strings("environment", spec->environment, spec->environment_size,
                      JOB_ENVIRONMENT_MAX, err)
        < 0)
        return -1;
    while (left > 0) {
        size_t size = strlen(at) + 1;

        if (at[0] == '=' || !strchr(at, '='))
            return error_set_field(err, ERROR_INVALID, "environment",
                                   "'%.40s' is not of the form NAME=VALUE", at);
        at += size;
        left -= size;
    }
    return 0;
}

static int check_command(const struct job_spec *spec, struct error *err)
{
    const char *field = spec->script ? "arguments" : "command";

    if (check_strings(field, spec->arguments, spec->arguments_size, JOB_ARGUMENTS_MAX,
                      err)
        < 0)
        return -1;
    if (!spec->script && (spec->arguments_size == 0 || spec->arguments[0] == '\0'))
        return error_set_field(err, ERROR_INVALID, "command",
                               "a job needs a command or a script");
    if (!spec->script)
        return 0;
    if (spec->script_size > JOB_SCRIPT_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "script",
                               "the script is larger than %d bytes", JOB_SCRIPT_MAX);
    if (spec->script_size < 3 || memcmp(spec->script, "#!", 2) != 0)
        return error_set_field(err, ERROR_INVALID, "script",
                               "the script must begin with #! and its interpreter");
    return 0;
}

static int check_after(const struct job_spec *spec, struct error *err)
{
    if (spec->after_count > JOB_AFTER_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "after",
                               "a job may come after %d others at most", JOB_AFTER_MAX);
    for (size_t i = 0; i < spec->after_count; i++)
        if (spec->after[i] <= 0)
            return error_set_field(err, ERROR_INVALID, "after", "%lld is no job's id",
                                   (long long)spec->after[i]);
    return 0;
}

static int check_reference(const struct job_spec *spec, struct error *err)
{
    size_t length = strlen(spec->reference);

    for (size_t i = 0; i < length; i++)
        if (spec->reference[i] <= ' ' || spec->reference[i] > '~')
            return error_set_field(err, ERROR_INVALID, "reference",
                                   "the reference holds what cannot be printed");
    if (length == 0 || length > JOB_REFERENCE_MAX)
        return error_set_field(err, ERROR_INVALID, "reference",
                               "the reference must have 1 to %d bytes",
                               JOB_REFERENCE_MAX);
    return check_after(spec, err);
}

int job_check(const struct job *job, const struct job_spec *spec, struct error *err)
{
    if (check_numbers(job, err) < 0 || check_times(job, err) < 0
        || check_name("name", spec->name, JOB_NAME_MAX, err) < 0
        || check_name("project", spec->project, JOB_NAME_MAX, err) < 0
        || check_name("queue", spec->queue, JOB_QUEUE_NAME_MAX, err) < 0
        || check_names("pools", spec->pools, err) < 0
        || check_names("zones", spec->zones, err) < 0)
        return -1;
    if (spec->reference)
        return check_reference(spec, err);
    if (!spec->directory || spec->directory[0] != '/')
        return error_set_field(err, ERROR_INVALID, "directory",
                               "the directory must be an absolute path");
    if (check_path("directory", spec->directory, err) < 0
        || check_path("output", spec->output, err) < 0
        || check_path("error", spec->error, err) < 0)
        return -1;
    if (check_command(spec, err) < 0 || check_environment(spec, err) < 0
        || check_after(spec, err) < 0)
        return -1;
    return 0;
}

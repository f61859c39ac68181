/* SPDX-License-Identifier: MIT */
#include "queue/trace.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "queue/job.h"

#define LINE_SIZE 1024
#define FIELD_MAX 64
#define YEAR      ((duration)366 * DAY)

/* Columns that are looked at. */
enum column {
    COLUMN_ARRIVAL,
    COLUMN_LENGTH,
    COLUMN_GPUS,
    COLUMN_ESTIMATE,
    COLUMN_DEADLINE,
    COLUMN_MAX_WAIT,
    COLUMN_POWER,
    COLUMN_PRIORITY,
    COLUMN_INTERRUPTIBLE,
    COLUMNS
};

static const struct {
    const char *name;
    const char *other; /* name */
    bool needed;
} columns[COLUMNS] = {
    [COLUMN_ARRIVAL] = {"arrival_time", NULL, true},
    [COLUMN_LENGTH] = {"length", NULL, true},
    [COLUMN_GPUS] = {"cpus", "gpus", true},
    [COLUMN_ESTIMATE] = {"estimate", NULL, false},
    [COLUMN_DEADLINE] = {"deadline", NULL, false},
    [COLUMN_MAX_WAIT] = {"max_wait", NULL, false},
    [COLUMN_POWER] = {"power", NULL, false},
    [COLUMN_PRIORITY] = {"priority", NULL, false},
    [COLUMN_INTERRUPTIBLE] = {"interruptible", NULL, false},
};

/* A table as it is read. */
struct reading {
    struct trace *trace;
    struct trace_faults *faults;
    duration unit;
    int32_t line;
    int places[COLUMNS]; /* of the columns; -1: there is none */
    bool is_sound;       /* the row at hand */
};

struct trace trace_copy(const struct trace *trace)
{
    struct trace copy = *trace;

    copy.jobs = xmemdup(trace->jobs, trace->count * sizeof(trace->jobs[0]));
    copy.room = trace->count;
    return copy;
}

void trace_release(struct trace *trace)
{
    free(trace->jobs);
    *trace = TRACE_EMPTY;
}

static void __attribute__((format(printf, 2, 3)))
blame(struct reading *reading, const char *format, ...)
{
    struct trace_faults *faults = reading->faults;
    va_list arguments;

    reading->is_sound = false;
    if (faults->count++ >= TRACE_FAULTS)
        return;
    faults->items[faults->count - 1].line = reading->line;
    va_start(arguments, format);
    vsnprintf(faults->items[faults->count - 1].text, sizeof(faults->items[0].text),
              format, arguments);
    va_end(arguments);
}

/* The next field of a line, without the blanks and quotes around it. */
static char *next_field(char **line)
{
    char *field = *line;
    char *end = field + strcspn(field, ",");

    *line = *end ? end + 1 : NULL;
    while (end > field && strchr(" \t\r\"", end[-1]))
        end--;
    *end = '\0';
    return field + strspn(field, " \t\"");
}

static void read_header(struct reading *reading, char *line)
{
    for (int i = 0; i < COLUMNS; i++)
        reading->places[i] = -1;
    for (int place = 0; line; place++) {
        const char *name = next_field(&line);

        for (int i = 0; i < COLUMNS; i++)
            if (reading->places[i] < 0
                && (strcmp(name, columns[i].name) == 0
                    || (columns[i].other && strcmp(name, columns[i].other) == 0)))
                reading->places[i] = place;
    }
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i].needed && reading->places[i] < 0)
            blame(reading, "there is no column %s", columns[i].name);
    reading->trace->has_interruptible = reading->places[COLUMN_INTERRUPTIBLE] >= 0;
}

static int64_t read_number(struct reading *reading, char *const *fields,
                           enum column column, int64_t least, int64_t most,
                           int64_t otherwise)
{
    const char *field = fields[column];
    char whole[FIELD_MAX];
    size_t length = field ? strcspn(field, ".") : 0;
    struct error err;
    int64_t number;

    if (!field || (!*field && !columns[column].needed))
        return otherwise;
    /* "4.0" is how some tables write 4. */
    if (field[length] == '.' && strspn(field + length + 1, "0") > 0
        && field[length + 1 + strspn(field + length + 1, "0")] == '\0'
        && length < sizeof(whole)) {
        memcpy(whole, field, length);
        whole[length] = '\0';
        field = whole;
    }
    if (number_parse(field, least, most, &number, &err) == 0)
        return number;
    blame(reading, "%s: %.100s", columns[column].name, err.text);
    return otherwise;
}

/* In seconds, from `least` to `most` of them. */
static int64_t read_time(struct reading *reading, char *const *fields,
                         enum column column, duration least, duration most,
                         int64_t otherwise)
{
    const char *field = fields[column];
    struct error err;
    int64_t number;
    duration time;

    if (!field || (!*field && !columns[column].needed))
        return otherwise;
    if (number_parse_scaled(field, reading->unit == HOUR ? 9 : 3, 0, INT64_MAX / HOUR,
                            &number, &err)
        < 0) {
        blame(reading, "%s: %.100s", columns[column].name, err.text);
        return otherwise;
    }
    /* To the nearest millisecond first: hours are written with noise in the last
     * digits. */
    if (reading->unit == HOUR)
        number = (number * HOUR + 500000) / 1000000;
    time = number / 1000;
    if (time >= least && time <= most)
        return time;
    blame(reading, "%s must be from %lld to %lld seconds", columns[column].name,
          (long long)least, (long long)most);
    return otherwise;
}

static bool read_yes_no(struct reading *reading, char *const *fields,
                        enum column column)
{
    static const char *const yes[] = {"yes", "true", "True", "1"};
    static const char *const no[] = {"no", "false", "False", "0", ""};
    const char *field = fields[column] ? fields[column] : "";

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (strcmp(field, yes[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (strcmp(field, no[i]) == 0)
            return false;
    blame(reading, "%s: '%.40s' is neither yes nor no", columns[column].name, field);
    return false;
}

static void add_job(struct trace *trace, const struct trace_job *job)
{
    trace->jobs =
        xgrow(trace->jobs, trace->count, &trace->room, sizeof(trace->jobs[0]));
    trace->jobs[trace->count++] = *job;
}

static void read_row(struct reading *reading, char *line)
{
    char *fields[COLUMNS] = {NULL};
    struct trace_job job = {.line = reading->line};

    reading->is_sound = true;
    for (int place = 0; line; place++) {
        char *field = next_field(&line);

        for (int i = 0; i < COLUMNS; i++)
            if (reading->places[i] == place)
                fields[i] = field;
    }
    for (int i = 0; i < COLUMNS; i++)
        if (reading->places[i] >= 0 && !fields[i]) {
            blame(reading, "there are fewer fields than columns");
            return;
        }
    job.arrives = read_time(reading, fields, COLUMN_ARRIVAL, 0, 100 * YEAR, 0);
    job.length = read_time(reading, fields, COLUMN_LENGTH, 0, JOB_TIME_MAX, 0);
    job.estimate =
        read_time(reading, fields, COLUMN_ESTIMATE, 1, JOB_TIME_MAX, job.length);
    job.deadline =
        read_time(reading, fields, COLUMN_DEADLINE, 0, 101 * YEAR, TRACE_NOT_SET);
    job.max_wait =
        read_time(reading, fields, COLUMN_MAX_WAIT, 0, JOB_WAIT_MAX, TRACE_NOT_SET);
    job.gpus = (int32_t)read_number(reading, fields, COLUMN_GPUS, 1, JOB_GPUS_MAX, 1);
    job.power =
        (int32_t)read_number(reading, fields, COLUMN_POWER, 1, JOB_POWER_MAX, 0);
    job.priority = (int32_t)read_number(reading, fields, COLUMN_PRIORITY,
                                        -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX, 0);
    job.interruptible = read_yes_no(reading, fields, COLUMN_INTERRUPTIBLE);
    if (reading->is_sound && reading->trace->count == TRACE_JOBS_MAX)
        blame(reading, "more than %zu jobs", TRACE_JOBS_MAX);
    if (reading->is_sound)
        add_job(reading->trace, &job);
}

static int compare_jobs(const void *a, const void *b)
{
    const struct trace_job *one = a;
    const struct trace_job *other = b;

    if (one->arrives != other->arrives)
        return one->arrives < other->arrives ? -1 : 1;
    return one->line < other->line ? -1 : one->line > other->line;
}

static void read_line(struct reading *reading, const char *bytes, size_t length)
{
    char line[LINE_SIZE];

    reading->line++;
    if (length >= sizeof(line) || memchr(bytes, '\0', length)) {
        blame(reading, length >= sizeof(line) ? "the line is too long"
                                              : "there is a NUL byte in it");
        return;
    }
    memcpy(line, bytes, length);
    line[length] = '\0';
    if (reading->line == 1)
        read_header(reading, line);
    else if (line[strspn(line, " \t\r")] != '\0')
        read_row(reading, line);
}

int trace_parse(const char *bytes, size_t size, duration unit, struct trace *trace,
                struct trace_faults *faults)
{
    struct reading reading = {.trace = trace, .faults = faults, .unit = unit};
    size_t faults_before = faults->count;

    assert(unit == 1 || unit == HOUR);
    *trace = TRACE_EMPTY;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t length = end ? (size_t)(end - bytes) - at : size - at;

        read_line(&reading, bytes + at, length);
        /* Without its columns nothing of a table can be read. */
        if (reading.line == 1 && faults->count > faults_before)
            break;
        at += length + 1;
    }
    reading.line = 0;
    if (faults->count == faults_before && trace->count == 0)
        blame(&reading, "there are no jobs in it");
    if (faults->count > faults_before) {
        trace_release(trace);
        return -1;
    }
    qsort(trace->jobs, trace->count, sizeof(trace->jobs[0]), compare_jobs);
    return 0;
}

void trace_keep(struct trace *trace, instant from, duration span)
{
    size_t kept = 0;

    for (size_t i = 0; i < trace->count; i++) {
        struct trace_job job = trace->jobs[i];

        if (job.arrives < from || job.arrives - from >= span)
            continue;
        job.arrives -= from;
        if (job.deadline != TRACE_NOT_SET)
            job.deadline -= from;
        trace->jobs[kept++] = job;
    }
    trace->count = kept;
}

void trace_cap(struct trace *trace, int32_t gpus)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->jobs[i].gpus > gpus)
            trace->jobs[i].gpus = gpus;
}

void trace_cut(struct trace *trace, duration slot)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_job *job = &trace->jobs[i];
        bool is_exact = job->estimate == job->length;

        job->arrives -= job->arrives % slot;
        job->length -= job->length % slot;
        if (job->length < slot)
            job->length = slot;
        job->estimate =
            is_exact ? job->length : (job->estimate + slot - 1) / slot * slot;
    }
}

void trace_move(struct trace *trace, duration by)
{
    for (size_t i = 0; i < trace->count; i++) {
        trace->jobs[i].arrives += by;
        if (trace->jobs[i].deadline != TRACE_NOT_SET)
            trace->jobs[i].deadline += by;
    }
}

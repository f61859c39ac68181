/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "nodes/slurm/document.h"

/* How long after the end of a run its requeue may be recorded. */
#define REQUEUE_MAX MINUTE

enum {
    FIELD_RECORD,
    FIELD_JOB,
    FIELD_SUBMIT,
    FIELD_START,
    FIELD_END,
    FIELD_NODES,
    FIELD_EXIT,
    FIELD_STATE,
    FIELDS
};

#define STRING(name) offsetof(struct slurm_job, name)

static const size_t strings[] = {
    STRING(array_tasks), STRING(user),          STRING(name),
    STRING(account),     STRING(partition),     STRING(qos),
    STRING(comment),     STRING(admin_comment), STRING(nodes),
};

static char **string_of(struct slurm_job *job, size_t index)
{
    return (char **)(void *)((char *)job + strings[index]);
}

/* Cut a line at its bars; false unless it has all fields, and no more. */
static bool split(char *line, char *fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        line = strchr(line, '|');
        if (!line)
            return i == FIELDS - 1;
        *line++ = '\0';
    }
    return false;
}

/* "17", "17_3", "17+0" of a heterogeneous job, or "17_[4-10]" that never began. */
static bool read_ids(char *text, struct slurm_job *job)
{
    size_t length = strcspn(text, "_+");
    char mark = text[length];
    int64_t id, part;

    text[length] = '\0';
    if (number_parse(text, 1, DOCUMENT_NUMBER_MAX, &id, NULL) < 0)
        return false;
    if (mark == '\0')
        return true;
    if (mark == '_' && text[length + 1] == '[') {
        char *tasks = &text[length + 2];

        tasks[strcspn(tasks, "]")] = '\0';
        job->array_id = id;
        job->array_tasks = tasks;
        return true;
    }
    if (number_parse(text + length + 1, 0, INT32_MAX, &part, NULL) < 0)
        return false;
    if (mark == '_') {
        job->array_id = id;
        job->array_task = part;
    } else {
        job->het_id = id;
        job->het_offset = (int32_t)part;
    }
    return true;
}

static instant read_time(const char *text)
{
    char in_utc[40];
    instant when = 0;

    snprintf(in_utc, sizeof(in_utc), "%.38sZ", text);
    instant_parse(in_utc, &when, NULL);
    return when;
}

/* "3:0": a status, and a signal. */
static void read_exit(char *text, struct slurm_job *job)
{
    size_t length = strcspn(text, ":");
    int64_t status, number;

    if (text[length] == '\0')
        return;
    text[length] = '\0';
    if (number_parse(text, 0, 255, &status, NULL) == 0
        && number_parse(text + length + 1, 0, 127, &number, NULL) == 0) {
        job->status = (int32_t)status;
        job->signal = (int32_t)number;
    }
}

/* "CANCELLED by 1000" is a state, too. */
static void read_job(char *fields[FIELDS], struct slurm_job *job)
{
    fields[FIELD_STATE][strcspn(fields[FIELD_STATE], " ")] = '\0';
    job->state = slurm_state_find(fields[FIELD_STATE]);
    job->submitted = read_time(fields[FIELD_SUBMIT]);
    /* One that never ran may have the time of its end as that of its start. */
    if (fields[FIELD_NODES][0] && strcmp(fields[FIELD_NODES], "None assigned") != 0)
        job->started = read_time(fields[FIELD_START]);
    job->ended = read_time(fields[FIELD_END]);
    read_exit(fields[FIELD_EXIT], job);
}

static void add_line(struct slurm_listing *listing, size_t *room, char *fields[FIELDS])
{
    struct slurm_job *job;
    int64_t record;

    if (number_parse(fields[FIELD_RECORD], 1, DOCUMENT_NUMBER_MAX, &record, NULL) < 0)
        return;
    listing->jobs = xgrow(listing->jobs, listing->count, room, sizeof(*listing->jobs));
    job = &listing->jobs[listing->count];
    *job = (struct slurm_job){
        .job_id = record,
        .array_task = -1,
        .array_tasks = text_nothing,
        .uid = UINT32_MAX,
    };
    if (!read_ids(fields[FIELD_JOB], job))
        return;
    read_job(fields, job);
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        char **string = string_of(job, i);

        *string = xstrdup(*string ? *string : "");
    }
    listing->count++;
}

int slurm_accounting_parse(const char *lines, size_t size,
                           struct slurm_listing *listing, struct error *err)
{
    struct slurm_listing read = {NULL, 0};
    char *copy = xcalloc(size + 1, 1);
    size_t room = 0;
    int result = 0;

    memcpy(copy, lines, size);
    for (char *line = copy, *next; line < copy + size && result == 0; line = next) {
        char *fields[FIELDS];
        size_t length = strcspn(line, "\n");

        next = line + length + 1;
        line[length] = '\0';
        if (split(line, fields))
            add_line(&read, &room, fields);
        else
            result =
                error_set(err, ERROR_INVALID, "sacct tells of no job: %.60s", line);
    }
    free(copy);
    if (result < 0)
        slurm_listing_release(&read);
    else
        *listing = read;
    return result;
}

struct naming {
    int64_t wanted;
    bool is_named;
};

static void on_task(int32_t task, void *context)
{
    struct naming *naming = context;

    naming->is_named = naming->is_named || task == naming->wanted;
}

/*
 * Whether the record is that of an array, of its tasks that never began, and this one
 * is among them. Once each was cancelled by itself it names none, and looks like that
 * of a plain job.
 */
static bool is_of_waiting(const struct slurm_job *job, int64_t id, int64_t task)
{
    struct naming naming = {task, false};

    if (task < 0)
        return false;
    if (job->array_id == 0)
        return job->het_id == 0 && job->job_id == id && job->started == 0
               && job->state == SLURM_CANCELLED;
    if (job->array_id == id && job->array_tasks[0])
        slurm_tasks_parse(job->array_tasks, on_task, &naming, NULL);
    return naming.is_named;
}

/* Whether the record is of the unit; of the first part of a heterogeneous job. */
static bool is_of(const struct slurm_job *job, int64_t id, int64_t task)
{
    if (job->array_id > 0)
        return job->array_id == id && job->array_task == task && task >= 0;
    if (job->het_id > 0)
        return job->het_id == id && job->het_offset == 0 && task < 0;
    return job->job_id == id && task < 0;
}

/* The record after that one: what was requeued when it ended; NULL: nothing. */
static const struct slurm_job *find_next(const struct slurm_listing *listing,
                                         int64_t id, int64_t task,
                                         const struct slurm_job *last)
{
    bool is_requeued = last->state == SLURM_PENDING || last->state == SLURM_NODE_FAIL
                       || last->state == SLURM_PREEMPTED;

    for (size_t i = 0; i < listing->count && is_requeued && last->ended > 0; i++) {
        const struct slurm_job *job = &listing->jobs[i];

        if (is_of(job, id, task) && job->submitted > last->submitted
            && job->submitted >= last->ended
            && job->submitted <= last->ended + REQUEUE_MAX)
            return job;
    }
    return NULL;
}

/* A unit's own record tells more of it than its array's. */
static const struct slurm_job *find_first(const struct slurm_listing *listing,
                                          int64_t id, int64_t task, instant submitted)
{
    const struct slurm_job *found = NULL;

    for (size_t i = 0; i < listing->count; i++) {
        const struct slurm_job *job = &listing->jobs[i];

        if (job->submitted != submitted)
            continue;
        if (is_of(job, id, task))
            return job;
        if (!found && is_of_waiting(job, id, task))
            found = job;
    }
    return found;
}

bool slurm_accounting_find(const struct slurm_listing *listing, int64_t id,
                           int64_t task, instant submitted, struct slurm_job *found)
{
    const struct slurm_job *last = find_first(listing, id, task, submitted);
    const struct slurm_job *next;
    int32_t restarts = 0;

    while (last && (next = find_next(listing, id, task, last))) {
        last = next;
        restarts++;
    }
    if (!last || !slurm_state_has_ended(last->state))
        return false;
    *found = *last;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        *string_of(found, i) = text_nothing;
    found->submitted = submitted;
    found->restarts = restarts;
    return true;
}

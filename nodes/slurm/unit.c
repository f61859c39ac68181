/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"

#define PREFIX "slurm/"
#define DRY    "dry-run/"

struct making {
    struct slurm_units *units;
    size_t room;
    const struct slurm_job *record;
};

static void add(struct making *making, int64_t id, int32_t task)
{
    struct slurm_units *units = making->units;

    units->items =
        xgrow(units->items, units->count, &making->room, sizeof(*units->items));
    units->items[units->count++] = (struct slurm_unit){
        .id = id,
        .task = task,
        .record = making->record,
        .wanted = making->record->wanted,
    };
}

static void on_task(int32_t task, void *context)
{
    struct making *making = context;

    add(making, making->record->array_id, task);
}

static int add_record(struct making *making, struct error *err)
{
    const struct slurm_job *record = making->record;

    if (record->array_id == 0)
        add(making, record->het_id > 0 ? record->het_id : record->job_id, -1);
    else if (record->array_task >= 0 && record->array_task <= INT32_MAX)
        add(making, record->array_id, (int32_t)record->array_task);
    else if (record->array_tasks[0])
        return slurm_tasks_parse(record->array_tasks, on_task, making, err);
    return 0;
}

/* Whether a record is the better one to tell of a unit that two tell of. */
static int order_of_record(const struct slurm_job *record)
{
    if (record->het_id > 0)
        return record->het_offset;
    return record->array_task >= 0 ? 0 : 1;
}

static int compare(const void *a, const void *b)
{
    const struct slurm_unit *left = a;
    const struct slurm_unit *right = b;
    int by_id = (left->id > right->id) - (left->id < right->id);
    int by_task = (left->task > right->task) - (left->task < right->task);
    int left_order = order_of_record(left->record);
    int right_order = order_of_record(right->record);

    if (by_id || by_task)
        return by_id ? by_id : by_task;
    return (left_order > right_order) - (left_order < right_order);
}

/* The first record of a unit tells of it; other parts add what they want. */
static void merge(struct slurm_units *units)
{
    size_t kept = 0;

    for (size_t i = 0; i < units->count; i++) {
        struct slurm_unit *last = kept > 0 ? &units->items[kept - 1] : NULL;
        const struct slurm_unit *unit = &units->items[i];

        if (!last || last->id != unit->id || last->task != unit->task)
            units->items[kept++] = *unit;
        else if (unit->record->het_id > 0)
            resources_add(&last->wanted, &unit->wanted);
    }
    units->count = kept;
}

int slurm_units_make(const struct slurm_listing *listing, struct slurm_units *units,
                     struct error *err)
{
    struct slurm_units made = {NULL, 0};
    struct making making = {.units = &made};

    for (size_t i = 0; i < listing->count; i++) {
        making.record = &listing->jobs[i];
        if (add_record(&making, err) < 0) {
            slurm_units_release(&made);
            return -1;
        }
    }
    if (made.count > 0)
        qsort(made.items, made.count, sizeof(*made.items), compare);
    merge(&made);
    *units = made;
    return 0;
}

void slurm_units_release(struct slurm_units *units)
{
    free(units->items);
    *units = (struct slurm_units){NULL, 0};
}

const struct slurm_unit *slurm_units_find(const struct slurm_units *units, int64_t id,
                                          int32_t task)
{
    size_t first = 0;
    size_t end = units->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct slurm_unit *unit = &units->items[middle];

        if (unit->id == id && unit->task == task)
            return unit;
        if (unit->id < id || (unit->id == id && unit->task < task))
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

void slurm_units_add(struct slurm_units *units, const struct slurm_unit *added,
                     size_t count)
{
    if (count == 0)
        return;
    units->items = xresize(units->items, units->count + count, sizeof(*units->items));
    memcpy(&units->items[units->count], added, count * sizeof(*added));
    units->count += count;
    qsort(units->items, units->count, sizeof(*units->items), compare);
}

char *slurm_reference_format(int64_t id, instant submitted,
                             char text[SLURM_REFERENCE_SIZE])
{
    snprintf(text, SLURM_REFERENCE_SIZE, PREFIX "%" PRId64 "@%" PRId64, id, submitted);
    return text;
}

char *slurm_reference_format_dry(int64_t id, instant submitted,
                                 char text[SLURM_REFERENCE_SIZE])
{
    snprintf(text, SLURM_REFERENCE_SIZE, DRY PREFIX "%" PRId64 "@%" PRId64, id,
             submitted);
    return text;
}

bool slurm_reference_is_dry(const char *text)
{
    return strncmp(text, DRY, strlen(DRY)) == 0;
}

int slurm_reference_parse(const char *text, int64_t *id, instant *submitted,
                          struct error *err)
{
    size_t length = strlen(PREFIX);
    char copy[SLURM_REFERENCE_SIZE];
    int64_t number;
    int64_t moment;
    char *at;

    if (slurm_reference_is_dry(text))
        text += strlen(DRY);
    if (strncmp(text, PREFIX, length) != 0 || strlen(text) >= sizeof(copy))
        return error_set(err, ERROR_INVALID, "no reference of Slurm");
    memcpy(copy, text + length, strlen(text) - length + 1);
    at = strchr(copy, '@');
    if (!at)
        return error_set(err, ERROR_INVALID, "no reference of Slurm");
    *at = '\0';
    if (number_parse(copy, 1, INT64_MAX, &number, err) < 0
        || number_parse(at + 1, 0, INSTANT_MAX, &moment, err) < 0)
        return -1;
    *id = number;
    *submitted = moment;
    return 0;
}

char *slurm_unit_name(int64_t id, int32_t task, char text[SLURM_NAME_SIZE])
{
    if (task < 0)
        snprintf(text, SLURM_NAME_SIZE, "%" PRId64, id);
    else
        snprintf(text, SLURM_NAME_SIZE, "%" PRId64 "_%d", id, (int)task);
    return text;
}

bool slurm_is_same(const struct slurm_job *record, instant submitted)
{
    return record->submitted == submitted
           || (record->restarts > 0 && record->submitted > submitted);
}

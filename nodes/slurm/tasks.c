/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include "base/text.h"

#define TASK_MAX 4000000 /* above Slurm's own limit of MaxArraySize */

struct cursor {
    const char *at;
    int32_t last; /* told so far; -1: none */
    size_t count;
};

/* A number from 0 to TASK_MAX; -1 if there is none. */
static int32_t take_number(struct cursor *cursor)
{
    int32_t number = 0;

    if (!text_is_digit(*cursor->at))
        return -1;
    while (text_is_digit(*cursor->at)) {
        number = number * 10 + (*cursor->at++ - '0');
        if (number > TASK_MAX)
            return -1;
    }
    return number;
}

static bool take(struct cursor *cursor, char c)
{
    if (*cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* "3", "0-9" or "20-30:5"; -1 unless it is one, and comes after the last. */
static int take_range(struct cursor *cursor, int32_t *first, int32_t *last,
                      int32_t *step)
{
    *first = take_number(cursor);
    *last = *first;
    *step = 1;
    if (take(cursor, '-'))
        *last = take_number(cursor);
    if (take(cursor, ':'))
        *step = take_number(cursor);
    return *first > cursor->last && *last >= *first && *step > 0 ? 0 : -1;
}

int slurm_tasks_parse(const char *tasks, void (*on_task)(int32_t task, void *context),
                      void *context, struct error *err)
{
    struct cursor cursor = {.at = tasks, .last = -1};
    int32_t first;
    int32_t last;
    int32_t step;

    do {
        if (take_range(&cursor, &first, &last, &step) < 0)
            return error_set(err, ERROR_INVALID,
                             "not a list of tasks, from byte %zu on: %.60s",
                             (size_t)(cursor.at - tasks), tasks);
        for (int32_t task = first; task <= last; task += step) {
            if (cursor.count++ == SLURM_TASKS_MAX)
                return error_set(err, ERROR_TOO_LARGE,
                                 "an array of more than %d tasks that wait",
                                 SLURM_TASKS_MAX);
            on_task(task, context);
        }
        cursor.last = last;
    } while (take(&cursor, ','));
    if (take(&cursor, '%') && take_number(&cursor) < 0)
        return error_set(err, ERROR_INVALID, "no number of tasks at once: %.60s",
                         tasks);
    if (*cursor.at != '\0')
        return error_set(err, ERROR_INVALID,
                         "not a list of tasks, from byte %zu on: %.60s",
                         (size_t)(cursor.at - tasks), tasks);
    return 0;
}

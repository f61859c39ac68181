/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/rounds.h"

#include <stdbool.h>
#include <stddef.h>

static bool take(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_number(const char **at, int64_t *number)
{
    if (**at < '0' || **at > '9')
        return false;
    *number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *number = *number * 10 + (**at - '0');
        if (*number > ROUNDS_TASKS_MAX)
            return false;
    }
    return true;
}

/* "3", "0-9" or "20-30:5": how many. */
static bool take_range(const char **at, int64_t *count)
{
    int64_t first, last, step = 1;

    if (!take_number(at, &first))
        return false;
    last = first;
    if (take(at, '-') && !take_number(at, &last))
        return false;
    if (take(at, ':') && !take_number(at, &step))
        return false;
    if (last < first || step == 0)
        return false;
    *count = (last - first) / step + 1;
    return true;
}

static bool read_tasks(const char *tasks, int64_t *count, int64_t *at_once)
{
    const char *at = tasks;
    int64_t some;

    *count = 0;
    *at_once = 0;
    if (!tasks)
        return false;
    do {
        if (!take_range(&at, &some) || *count > ROUNDS_TASKS_MAX)
            return false;
        *count += some;
    } while (take(&at, ','));
    return (!take(&at, '%') || take_number(&at, at_once)) && *at == '\0';
}

int64_t rounds_at_once(const char *tasks)
{
    int64_t count, at_once;

    return read_tasks(tasks, &count, &at_once) ? at_once : 0;
}

duration rounds_length(const char *tasks, duration limit)
{
    int64_t count, at_once, rounds;

    if (!read_tasks(tasks, &count, &at_once) || at_once == 0 || limit <= 0)
        return limit;
    rounds = (count + at_once - 1) / at_once;
    return limit > INSTANT_MAX / rounds ? INSTANT_MAX : limit * rounds;
}

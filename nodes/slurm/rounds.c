/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/rounds.h"

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

bool rounds_take_range(const char **at, struct rounds_range *range)
{
    range->step = 1;
    if (!take_number(at, &range->first))
        return false;
    range->last = range->first;
    if (take(at, '-') && !take_number(at, &range->last))
        return false;
    if (take(at, ':') && !take_number(at, &range->step))
        return false;
    return range->last >= range->first && range->step > 0;
}

bool rounds_take_limit(const char **at, int64_t *at_once)
{
    *at_once = 0;
    return !take(at, '%') || take_number(at, at_once);
}

static bool read_tasks(const char *tasks, int64_t *count, int64_t *at_once)
{
    const char *at = tasks;
    struct rounds_range range;

    *count = 0;
    *at_once = 0;
    if (!tasks)
        return false;
    do {
        if (!rounds_take_range(&at, &range) || *count > ROUNDS_TASKS_MAX)
            return false;
        *count += (range.last - range.first) / range.step + 1;
    } while (take(&at, ','));
    return rounds_take_limit(&at, at_once) && *at == '\0';
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

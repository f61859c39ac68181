/* SPDX-License-Identifier: MIT */
#include "scheduler/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const names[POLICY_KINDS] = {
    [POLICY_IMMEDIATE] = "immediate",
    [POLICY_THRESHOLD] = "threshold",
    [POLICY_CLEANEST] = "cleanest",
};

const char *policy_kind_name(enum policy_kind kind)
{
    assert((int)kind >= 0 && kind < POLICY_KINDS);
    return names[kind];
}

int policy_kind_parse(const char *name, enum policy_kind *kind, struct error *err)
{
    for (int i = 0; i < POLICY_KINDS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum policy_kind)i;
            return 0;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "no policy is named '%.40s', only immediate, threshold, cleanest",
                     name);
}

/* Where a level stands in ascending levels: the number of those below it. */
static size_t position(const intensity *sorted, size_t count, intensity level)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (sorted[middle] < level)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static void insert(intensity *sorted, size_t count, intensity level)
{
    size_t at = position(sorted, count, level);

    memmove(sorted + at + 1, sorted + at, (count - at) * sizeof(sorted[0]));
    sorted[at] = level;
}

static void take_out(intensity *sorted, size_t count, intensity level)
{
    size_t at = position(sorted, count, level);

    memmove(sorted + at, sorted + at + 1, (count - at - 1) * sizeof(sorted[0]));
}

/*
 * The levels of a day are kept sorted while the day slides along, so that each slot
 * costs one insertion and not a sort.
 */
static void mark_below_percentile(const struct policy *policy, const intensity *levels,
                                  size_t count, size_t day, bool *green)
{
    size_t window = day < count ? day : count;
    size_t rank = ((size_t)policy->below_percentile * window + 99) / 100;
    intensity *sorted = xcalloc(window, sizeof(sorted[0]));

    if (rank == 0)
        rank = 1;
    for (size_t i = 0; i < window; i++)
        insert(sorted, i, levels[i]);
    for (size_t i = 0; i < count; i++) {
        if (levels[i] > sorted[rank - 1])
            green[i] = false;
        if (i + window < count) {
            take_out(sorted, window, levels[i]);
            insert(sorted, window - 1, levels[i + window]);
        }
    }
    free(sorted);
}

void policy_mark_green(const struct policy *policy, const intensity *levels,
                       const share *renewable, size_t count, size_t day, bool *green)
{
    assert(day > 0);
    assert(policy->below_percentile <= 100);
    for (size_t i = 0; i < count; i++) {
        green[i] = true;
        if (policy->max_intensity != POLICY_NOT_SET)
            green[i] = levels[i] <= policy->max_intensity;
        if (policy->min_renewable != POLICY_NOT_SET)
            green[i] = green[i] && renewable && renewable[i] >= policy->min_renewable;
    }
    if (policy->below_percentile != POLICY_NOT_SET && count > 0)
        mark_below_percentile(policy, levels, count, day, green);
}

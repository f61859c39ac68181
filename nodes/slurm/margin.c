/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/margin.h"

#include <stdlib.h>
#include <string.h>

void margin_add(struct margin *margin, duration wait)
{
    margin->waits[margin->count++ % MARGIN_KEPT] = wait > 0 ? wait : 0;
}

static int compare(const void *a, const void *b)
{
    const duration *left = a;
    const duration *right = b;

    return (*left > *right) - (*left < *right);
}

duration margin_find(const struct margin *margin)
{
    duration sorted[MARGIN_KEPT];
    size_t count = margin->count < MARGIN_KEPT ? margin->count : MARGIN_KEPT;
    duration found;

    if (count < MARGIN_LEAST)
        return MARGIN_STANDARD;
    memcpy(sorted, margin->waits, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare);
    /* The nearest rank: at least 95 in 100 are no longer. */
    found = sorted[(count * 95 + 99) / 100 - 1];
    if (found < 1)
        return 1;
    return found < MARGIN_MAX ? found : MARGIN_MAX;
}

duration margin_find_above(const struct margin *margin, duration least)
{
    duration found = margin->count < MARGIN_LEAST ? least : margin_find(margin);

    return found > least ? found : least;
}

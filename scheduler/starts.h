/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_STARTS_H
#define SCHEDULER_STARTS_H

#include "scheduler/plan_internal.h"

/*
 * Starts of a run in one pool that may still have room, with the least area in each
 * block of them.
 *
 * Most jobs are alike but for when they must start at the latest. While jobs are only
 * added to a profile, a start that had no room has none later either. So for each kind
 * of run the starts that are left are remembered: a search looks for the least area
 * among them, and if there is no room after all, strikes out what that rules out. Each
 * start is struck out once. As soon as room comes back, all is forgotten.
 */
struct starts;

/* What tells runs apart: what they need, and the row that weighs them. */
struct starts_run {
    struct resources need;
    int64_t budget;
    int32_t class;
    int32_t length;
};

struct starts *starts_create(int32_t slots);
void starts_destroy(struct starts *starts);

/*
 * The cheapest start of a search, as plan_search_cheapest finds it, to `*slot`. False
 * if nothing is remembered of such a run and it is not worth it yet: only what is asked
 * for a second time is remembered.
 */
bool starts_find_cheapest(const struct plan_search *search, const struct plan_row *row,
                          int32_t *slot);

#endif

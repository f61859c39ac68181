/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_COUNTERFACTUAL_H
#define LEDGER_COUNTERFACTUAL_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/pool.h"

/*
 * What would have happened without Penstock: a shadow queue on the same pool, first
 * come first served in order of eligibility, with EASY backfill (Lifka, "The ANL/IBM SP
 * scheduling system", JSSPP 1995): the head of the queue gets a reservation at the
 * first time there will be room for it by the limits of what runs, and a later job may
 * start at once if that does not delay this reservation. The head is the first job that
 * the pool, as it is now, is large enough for: one that has to wait for machines to
 * come back holds nobody up. When capacity drops below what runs, nothing that wants
 * some of it starts until there is room.
 */

#define SHADOW_LENGTH_MAX (36500 * DAY)

struct shadow_job {
    int64_t id;
    instant eligible;
    struct resources wanted;
    duration length;   /* how long it really ran (its estimate, until it has ended) */
    duration estimate; /* what backfill could have known: its time limit. Both below
                          SHADOW_LENGTH_MAX; what is below 0, when a clock was set
                          back, counts as 0 */
    instant start;     /* out */
};

/* From `at` on, the pool had this. */
struct shadow_capacity {
    instant at;
    struct resources capacity;
};

/*
 * Run the shadow queue over jobs (any order; sorted by eligible, id on return) and the
 * history of capacity (ascending, at least one; what came before the first is as the
 * first). A job that fits none of it while it waits starts when it is eligible: it has
 * no counterfactual, and the saving of it is 0. Takes n log n for n jobs whatever the
 * length of the queue, where jobs come in a few hundred shapes; more for more shapes.
 */
void shadow_run(struct shadow_job *jobs, size_t count,
                const struct shadow_capacity *history, size_t history_count);

#endif

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"

_Static_assert((burden)(PLAN_AREA_MAX *(PLAN_HORIZON_MAX / HOUR + 1)) * PLAN_WATTS_MAX
                       * PLAN_PUE_MAX
                   <= BURDEN_MAX / PLAN_JOBS_MAX,
               "the burdens of all jobs add up");
_Static_assert(PLAN_JOBS_MAX <= INT64_MAX / PLAN_SLOTS_MAX,
               "and so do the slots that they wait");

static void draft_init(struct plan_draft *draft, const struct plan *plan, size_t count)
{
    draft->reservations = xcalloc(count, sizeof(draft->reservations[0]));
    draft->is_late = xcalloc(count, sizeof(draft->is_late[0]));
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++)
        draft->profiles[i] =
            plan->pools[i].profile ? profile_copy(plan->pools[i].profile) : NULL;
}

static void draft_release(struct plan_draft *draft)
{
    free(draft->reservations);
    free(draft->is_late);
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++)
        profile_destroy(draft->profiles[i]);
}

/* Exchange the plan's profiles for the draft's. */
static void swap_profiles(struct plan *plan, struct plan_draft *draft)
{
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++) {
        struct profile *profile = plan->pools[i].profile;

        plan->pools[i].profile = draft->profiles[i];
        draft->profiles[i] = profile;
    }
}

static void add_score(const struct plan *plan, const struct plan_job *job,
                      const struct reservation *reservation, instant now,
                      struct plan_score *score)
{
    struct plan_wish wish = plan_wish_from(plan, job, now);
    int64_t slot;

    if (reservation->pool < 0) {
        score->wait += plan->slots;
        return;
    }
    slot = plan_slot(plan, reservation->start);
    if (slot < 0)
        slot = 0;
    if (plan_is_late(job, reservation) || wish.mode == PLAN_MODE_EARLIEST
        || !plan_pool_zone(plan, reservation->pool))
        score->wait += slot;
    else
        score->cost += plan_cost(plan, &wish, reservation->pool, (int32_t)slot);
}

struct plan_score plan_score(const struct plan *plan, const struct plan_job *jobs,
                             const struct reservation *reservations, size_t count,
                             instant now)
{
    struct plan_score score = {0, 0};

    for (size_t i = 0; i < count; i++)
        add_score(plan, &jobs[i], &reservations[i], now, &score);
    return score;
}

static struct plan_score score_of(const struct plan_round *round,
                                  const struct plan_draft *draft)
{
    struct plan_score score = {0, 0};

    for (size_t i = 0; i < round->batch.count; i++) {
        const struct plan_job job = plan_batch_unpack(&round->batch, i);

        add_score(round->plan, &job, &draft->reservations[i], round->now, &score);
    }
    return score;
}

/*
 * Whether a draft replaces another. No job may be late in it that is not in the other:
 * then fewer late ones are reason enough. Else it must be better in one respect and not
 * worse in the other: that jobs do not move for little is seen to one by one.
 */
static bool is_better(const struct plan_round *round, const struct plan_draft *draft,
                      const struct plan_draft *other)
{
    bool is_fewer = false;
    struct plan_score score;
    struct plan_score other_score;

    for (size_t i = 0; i < round->batch.count; i++) {
        if (draft->is_late[i] && !other->is_late[i])
            return false;
        is_fewer = is_fewer || draft->is_late[i] != other->is_late[i];
    }
    if (is_fewer)
        return true;
    score = score_of(round, draft);
    other_score = score_of(round, other);
    return score.cost <= other_score.cost && score.wait <= other_score.wait
           && (score.cost < other_score.cost || score.wait < other_score.wait);
}

/* Jobs that came out late and need not have: they go first in the next draft. */
static bool find_hasty(const struct plan_round *round, const struct plan_draft *draft,
                       bool *hasty)
{
    bool is_any = false;

    for (size_t i = 0; i < round->batch.count; i++) {
        hasty[i] = draft->is_late[i]
                   && plan_batch_unpack(&round->batch, i).latest >= round->now;
        is_any = is_any || hasty[i];
    }
    return is_any;
}

/*
 * Plan from scratch, and let it be `best` if it is better. Whether jobs came out late
 * that another order might save; writes which.
 */
static bool try_from_scratch(const struct plan_round *round, struct plan_draft *best,
                             bool *hasty)
{
    struct plan_draft draft;
    bool is_any;

    draft_init(&draft, round->plan, round->batch.count);
    swap_profiles(round->plan, &draft);
    plan_start_over(round, &draft);
    swap_profiles(round->plan, &draft);
    is_any = find_hasty(round, &draft, hasty);
    if (is_better(round, &draft, best)) {
        struct plan_draft worse = *best;

        *best = draft;
        draft = worse;
    }
    draft_release(&draft);
    return is_any;
}

/* The reservations in the order of the batch; NULL if there are none. */
static struct reservation *gather(const struct reservation *reservations,
                                  const uint32_t *order, size_t count)
{
    struct reservation *gathered;
    bool is_any = false;

    for (size_t i = 0; i < count && !is_any; i++)
        is_any = reservations[i].pool >= 0;
    if (!is_any)
        return NULL;
    gathered = xcalloc(count, sizeof(gathered[0]));
    for (size_t k = 0; k < count; k++)
        gathered[k] = reservations[order[k]];
    return gathered;
}

/*
 * The order of a batch in which the hasty come first; `order` is the batch's own, in
 * numbers of jobs.
 */
static uint32_t *order_hasty(const struct plan_round *round,
                             const struct plan_job *jobs, const uint32_t *order,
                             const bool *hasty)
{
    size_t count = round->batch.count;
    uint32_t *place = xcalloc(count, sizeof(place[0]));
    uint32_t *hasty_order = xcalloc(count, sizeof(hasty_order[0]));
    bool *is_hasty = xcalloc(count, sizeof(is_hasty[0]));

    for (size_t k = 0; k < count; k++) {
        place[order[k]] = (uint32_t)k;
        is_hasty[order[k]] = hasty[k];
    }
    plan_order(round->plan, jobs, count, is_hasty, round->now, hasty_order);
    for (size_t k = 0; k < count; k++)
        hasty_order[k] = place[hasty_order[k]];
    free(place);
    free(is_hasty);
    return hasty_order;
}

/* The best draft of all. */
static void choose_draft(struct plan_round *round, const struct plan_job *jobs,
                         const uint32_t *order, struct plan_draft *best)
{
    bool *hasty = xcalloc(round->batch.count, sizeof(hasty[0]));
    bool has_kept;
    bool is_any;

    swap_profiles(round->plan, best);
    has_kept = plan_mend(round, best);
    swap_profiles(round->plan, best);
    is_any = find_hasty(round, best, hasty);
    /* With nothing to keep, to mend was to plan from scratch. */
    if (has_kept)
        is_any = try_from_scratch(round, best, hasty);
    if (is_any) {
        uint32_t *hasty_order = order_hasty(round, jobs, order, hasty);

        round->order = hasty_order;
        try_from_scratch(round, best, hasty);
        round->order = NULL;
        free(hasty_order);
    }
    free(hasty);
}

void plan_run(struct plan *plan, const struct plan_job *jobs,
              struct reservation *reservations, size_t count, instant now)
{
    struct plan_round round = {.plan = plan, .now = now};
    uint32_t *order = xcalloc(count, sizeof(order[0]));
    struct reservation *before;
    struct plan_draft best;

    assert(count <= PLAN_JOBS_MAX);
    plan_order(plan, jobs, count, NULL, now, order);
    before = gather(reservations, order, count);
    round.before = before;
    plan_batch_init(&round.batch, jobs, order, count, plan->begins);
    draft_init(&best, plan, count);
    choose_draft(&round, jobs, order, &best);
    swap_profiles(plan, &best);
    for (size_t k = 0; k < count; k++)
        reservations[order[k]] = best.reservations[k];
    draft_release(&best);
    plan_batch_release(&round.batch);
    free(before);
    free(order);
}

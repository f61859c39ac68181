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

static void draft_init(struct plan_draft *draft, const struct plan_round *round)
{
    draft->words = xcalloc(round->batch->count, sizeof(draft->words[0]));
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++)
        draft->profiles[i] = round->plan->pools[i].profile
                                 ? profile_copy(round->plan->pools[i].profile)
                                 : NULL;
}

static void draft_release(struct plan_draft *draft)
{
    free(draft->words);
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

struct plan_score plan_score(const struct plan *plan, const struct plan_batch *batch)
{
    struct plan_score score = {0, 0};

    for (size_t i = 0; i < batch->count; i++) {
        const struct plan_job job = plan_batch_unpack(batch, i);
        const struct reservation reservation = plan_batch_before(batch, i, &job);

        add_score(plan, &job, &reservation, batch->now, &score);
    }
    return score;
}

static struct plan_score score_of(const struct plan_round *round,
                                  const struct plan_draft *draft)
{
    struct plan_score score = {0, 0};

    for (size_t i = 0; i < round->batch->count; i++) {
        const struct plan_job job = plan_batch_unpack(round->batch, i);
        const struct reservation reservation = plan_draft_get(round, draft, i, &job);

        add_score(round->plan, &job, &reservation, round->batch->now, &score);
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

    for (size_t i = 0; i < round->batch->count; i++) {
        bool here = plan_draft_is(draft, i, PLAN_DRAFT_LATE);
        bool there = plan_draft_is(other, i, PLAN_DRAFT_LATE);

        if (here && !there)
            return false;
        is_fewer = is_fewer || here != there;
    }
    if (is_fewer)
        return true;
    score = score_of(round, draft);
    other_score = score_of(round, other);
    return score.cost <= other_score.cost && score.wait <= other_score.wait
           && (score.cost < other_score.cost || score.wait < other_score.wait);
}

/* Plan from scratch, and let it be `best` if it is better. Returns the order in which
 * jobs that came out late and need not have would be first; NULL if there are none. */
static uint32_t *try_from_scratch(const struct plan_round *round,
                                  struct plan_draft *best)
{
    struct plan_draft draft;
    uint32_t *hasty;

    draft_init(&draft, round);
    swap_profiles(round->plan, &draft);
    plan_start_over(round, &draft);
    swap_profiles(round->plan, &draft);
    hasty = plan_batch_order_hasty(round->batch, round->plan, &draft);
    if (is_better(round, &draft, best)) {
        struct plan_draft worse = *best;

        *best = draft;
        draft = worse;
    }
    draft_release(&draft);
    return hasty;
}

/* The best draft of all. */
static void choose_draft(struct plan_round *round, struct plan_draft *best)
{
    uint32_t *hasty;
    bool has_kept;

    swap_profiles(round->plan, best);
    has_kept = plan_mend(round, best);
    swap_profiles(round->plan, best);
    /* With nothing to keep, to mend was to plan from scratch. */
    if (has_kept)
        hasty = try_from_scratch(round, best);
    else
        hasty = plan_batch_order_hasty(round->batch, round->plan, best);
    if (!hasty)
        return;
    round->order = hasty;
    free(try_from_scratch(round, best));
    round->order = NULL;
    free(hasty);
}

/* What was decided is what the jobs have. */
static void settle(const struct plan_round *round, const struct plan_draft *draft,
                   struct plan_batch *batch)
{
    if (!batch->before)
        batch->before = xcalloc(batch->count, sizeof(batch->before[0]));
    for (size_t i = 0; i < batch->count; i++) {
        const struct plan_job job = plan_batch_unpack(batch, i);

        plan_draft_settle(round, draft, i, &job, &batch->before[i]);
    }
}

void plan_run(struct plan *plan, struct plan_batch *batch)
{
    struct plan_round round = {.plan = plan, .batch = batch};
    struct plan_draft best;

    assert(!batch->places);
    plan_batch_order(batch, plan);
    draft_init(&best, &round);
    choose_draft(&round, &best);
    swap_profiles(plan, &best);
    settle(&round, &best, batch);
    draft_release(&best);
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

_Static_assert(PLAN_SLOTS_MAX <= 1 << PLAN_DRAFT_SLOT, "a slot fits");
_Static_assert(PLAN_POOLS_MAX <= 1 << PLAN_DRAFT_POOL, "a pool fits");
_Static_assert(PLAN_REASONS <= 1 << PLAN_DRAFT_REASON, "a reason fits");
_Static_assert(PLAN_DRAFT_SLOT + PLAN_DRAFT_POOL + PLAN_DRAFT_REASON <= 27,
               "beside the flags");

#define POOL_SHIFT   PLAN_DRAFT_SLOT
#define REASON_SHIFT (PLAN_DRAFT_SLOT + PLAN_DRAFT_POOL)

static uint32_t bits(uint32_t word, int shift, int count)
{
    return word >> shift & ((1U << count) - 1);
}

/* As a wish begins: see plan_wish_from(). */
static instant start_from(const struct plan_batch *batch, const struct plan_job *job,
                          uint32_t slot)
{
    instant from = batch->now > job->earliest ? batch->now : job->earliest;
    instant start = batch->begins + slot * batch->slot;

    return from > start ? from : start;
}

struct reservation plan_draft_get(const struct plan_round *round,
                                  const struct plan_draft *draft, size_t place,
                                  const struct plan_job *job)
{
    uint32_t word = draft->words[place];
    struct reservation reservation = RESERVATION_NONE;

    if (word & PLAN_DRAFT_KEPT)
        reservation = plan_batch_before(round->batch, place, job);
    else if (word & PLAN_DRAFT_PLACED)
        reservation.start =
            start_from(round->batch, job, bits(word, 0, PLAN_DRAFT_SLOT));
    reservation.reason = bits(word, REASON_SHIFT, PLAN_DRAFT_REASON);
    if (!(word & PLAN_DRAFT_PLACED))
        return reservation;
    reservation.pool = (int32_t)bits(word, POOL_SHIFT, PLAN_DRAFT_POOL);
    reservation.ends = plan_batch_ends(round->batch, reservation.start, job->time);
    return reservation;
}

void plan_draft_settle(const struct plan_round *round, const struct plan_draft *draft,
                       size_t place, const struct plan_job *job,
                       struct plan_before *before)
{
    uint32_t word = draft->words[place];

    before->reason = (uint8_t)bits(word, REASON_SHIFT, PLAN_DRAFT_REASON);
    if (word & PLAN_DRAFT_KEPT)
        return;
    before->start = INT32_MAX;
    before->place = 0;
    if (!(word & PLAN_DRAFT_PLACED))
        return;
    before->place = (uint8_t)(bits(word, POOL_SHIFT, PLAN_DRAFT_POOL) + 1);
    before->start =
        (int32_t)(start_from(round->batch, job, bits(word, 0, PLAN_DRAFT_SLOT))
                  - round->batch->begins);
}

void plan_draft_set(const struct plan_round *round, struct plan_draft *draft,
                    size_t place, const struct plan_job *job,
                    const struct reservation *reservation, bool kept)
{
    uint32_t word = (uint32_t)reservation->reason << REASON_SHIFT;

    if (reservation->pool >= 0) {
        duration after = reservation->start - round->batch->begins;

        /* What is overdue was kept, and has its start. */
        if (!kept)
            word |= (uint32_t)after / (uint32_t)round->batch->slot;
        word |= (uint32_t)reservation->pool << POOL_SHIFT | PLAN_DRAFT_PLACED;
    }
    if (kept)
        word |= PLAN_DRAFT_KEPT;
    if (plan_is_late(job, reservation))
        word |= PLAN_DRAFT_LATE;
    draft->words[place] = word;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_split.h"

#include <assert.h>

#include "scheduler/plan_course.h"

#define MILLION 1000000

/* A course in a pool, and what it costs, which compares between pools. */
struct offer {
    struct plan_course course; /* of no run: none */
    int32_t pool;
    burden cost;
    enum plan_reason reason;
};

_Static_assert((burden)PLAN_AREA_MAX *PLAN_WATTS_MAX *PLAN_PUE_MAX
                   <= BURDEN_MAX / MILLION / (PLAN_HORIZON_MAX / HOUR + 2),
               "what is weighed compares in ppm");

#define OFFER_NONE ((struct offer){.pool = -1, .cost = BURDEN_MAX})

duration plan_split_grace(const struct plan *plan, duration grace)
{
    duration slot = plan->settings.slot;

    return (grace + slot - 1) / slot * slot;
}

static bool is_under_way(const struct plan_split *split, size_t i, instant now)
{
    return split->runs_in >= 0 && i == 0 && split->pieces.list[0].start <= now;
}

void plan_split_hold(struct plan *plan, const struct plan_split *split, instant now)
{
    const struct plan_pieces *pieces = &split->pieces;

    for (size_t i = 0; i < pieces->count; i++) {
        const struct plan_piece *piece = &pieces->list[i];

        plan_occupy(plan, pieces->pool, piece->start, piece->ends, &split->job.wanted);
        if (!is_under_way(split, i, now))
            plan_count_start(plan, pieces->pool, piece->start, &split->job.wanted);
    }
}

void plan_split_withdraw(struct plan *plan, const struct plan_split *split, instant now)
{
    const struct plan_pieces *pieces = &split->pieces;

    for (size_t i = 0; i < pieces->count; i++) {
        const struct plan_piece *piece = &pieces->list[i];
        const struct reservation reservation = {piece->start, piece->ends, pieces->pool,
                                                pieces->reason};

        if (is_under_way(split, i, now))
            plan_vacate(plan, pieces->pool, piece->start, piece->ends,
                        &split->job.wanted);
        else
            plan_withdraw(plan, &split->job, &reservation);
    }
}

static burden weigh(const struct plan_frame *frame, const struct plan_course *course)
{
    if (!frame->zone)
        return BURDEN_MAX;
    return plan_weigh(frame->plan, frame->wish->job, frame->pool,
                      plan_course_cost(frame, course));
}

/* To run in one piece, or to go on in one. */
static struct offer offer_one(struct plan *plan, const struct plan_split *split,
                              const struct plan_wish *wish)
{
    struct plan_option option = {split->runs_in, wish->first, 0, BURDEN_MAX};
    struct offer offer = OFFER_NONE;
    struct plan_frame frame;
    int32_t length = wish->length;

    offer.reason = PLAN_GREEN_NOW;
    if (split->runs_in < 0)
        option = plan_choose(plan, wish, NULL, &offer.reason);
    if (option.pool < 0)
        return offer;
    if (option.slot == wish->first)
        length = wish->first_length;
    if (split->runs_in >= 0
        && !profile_has_room(plan->pools[option.pool].profile, option.slot,
                             (int64_t)option.slot + length, &wish->need))
        return offer;
    offer.pool = option.pool;
    offer.course.count = 1;
    offer.course.runs[0] = (struct plan_run_slots){option.slot, option.slot + length};
    frame = plan_course_frame(plan, split, wish, option.pool, PLAN_STAGE_UNLIMITED);
    offer.cost = weigh(&frame, &offer.course);
    return offer;
}

/* The cheapest course in a pool. */
static void offer_pieces(struct plan *plan, const struct plan_split *split,
                         const struct plan_wish *wish, int32_t pool,
                         struct offer *offer)
{
    /* What runs need not leave room that it has. */
    enum plan_stage first =
        split->runs_in >= 0 ? PLAN_STAGE_CROWDED : PLAN_STAGE_ON_TIME;

    for (enum plan_stage stage = first; stage <= PLAN_STAGE_CROWDED; stage++) {
        struct plan_frame frame = plan_course_frame(plan, split, wish, pool, stage);

        *offer = OFFER_NONE;
        if (plan_course_find(&frame, &offer->course) < 0)
            continue;
        offer->pool = pool;
        offer->cost = weigh(&frame, &offer->course);
        offer->reason = offer->course.runs[0].begins > wish->first ? PLAN_GREEN
                        : wish->job->earliest > wish->now          ? PLAN_NOT_BEFORE
                                                                   : PLAN_GREEN_NOW;
        return;
    }
}

/* Whether a cost is less than another by so much. */
static bool is_less(burden cost, burden other, int64_t ppm)
{
    if (other == BURDEN_MAX)
        return cost < other;
    return cost * MILLION < other * (uint64_t)(MILLION - ppm);
}

static bool is_on_time(const struct plan_wish *wish, const struct offer *offer)
{
    const struct plan_course *course = &offer->course;

    return offer->pool >= 0
           && course->runs[course->count - 1].ends
                  <= wish->last
                         + (course->runs[0].begins == wish->first ? wish->first_length
                                                                  : wish->length);
}

static struct offer find_best(struct plan *plan, const struct plan_split *split,
                              const struct plan_wish *wish)
{
    struct offer one = offer_one(plan, split, wish);
    int64_t least = wish->mode == PLAN_MODE_CHEAPEST ? wish->policy->min_saving_ppm : 0;
    struct offer best = one;

    if (wish->mode == PLAN_MODE_EARLIEST || wish->first >= plan->slots
        || wish->last < wish->first)
        return best;
    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        struct offer offer;

        if (split->runs_in >= 0 ? i != split->runs_in
                                : !plan_pool_suits(plan, wish->job, i))
            continue;
        if (!plan_pool_zone(plan, i))
            continue;
        offer_pieces(plan, split, wish, i, &offer);
        if (offer.pool < 0 || (offer.course.count == 1 && offer.cost >= one.cost))
            continue;
        if (best.course.count == 1
                ? !is_on_time(wish, &one) || is_less(offer.cost, one.cost, least)
                : offer.cost < best.cost)
            best = offer;
    }
    return best;
}

static struct plan_pieces pieces_from(const struct plan_frame *frame,
                                      const struct offer *offer)
{
    const struct plan *plan = frame->plan;
    duration slot = plan->settings.slot;
    struct plan_pieces pieces = PLAN_PIECES_NONE;

    pieces.reason = offer->reason;
    pieces.pool = offer->pool;
    pieces.count = offer->course.count;
    for (size_t i = 0; i < pieces.count; i++) {
        const struct plan_run_slots *run = &offer->course.runs[i];
        int32_t grace = i + 1 < pieces.count ? frame->grace : 0;

        pieces.list[i].start = run->begins == frame->wish->first
                                   ? frame->wish->from
                                   : plan->begins + run->begins * slot;
        pieces.list[i].ends = plan->begins + (run->ends + grace) * slot;
    }
    return pieces;
}

/* The course of pieces that are planned. False: its first is past. */
static bool find_slots(const struct plan_frame *frame, const struct plan_pieces *pieces,
                       struct plan_course *course)
{
    course->count = pieces->count;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct plan_piece *piece = &pieces->list[i];
        int32_t grace = i + 1 < pieces->count ? frame->grace : 0;
        int64_t begins = plan_slot(frame->plan, piece->start);
        int64_t ends = plan_slot_after(frame->plan, piece->ends) - grace;

        if (begins < 0 || ends <= begins || ends > INT32_MAX)
            return false;
        course->runs[i] = (struct plan_run_slots){(int32_t)begins, (int32_t)ends};
    }
    return true;
}

/* Whether there is room for it, on time. */
static bool can_be_had(const struct plan_frame *frame, const struct plan_course *course)
{
    const struct profile *profile = frame->plan->pools[frame->pool].profile;

    if (course->count > 1 ? course->runs[course->count - 1].ends > frame->ends
                          : course->runs[0].begins > frame->wish->last)
        return false;
    for (size_t i = 0; i < course->count; i++) {
        const struct plan_run_slots *run = &course->runs[i];
        int32_t grace = i + 1 < course->count ? frame->grace : 0;

        if (run->begins < frame->wish->first || run->begins >= frame->plan->slots
            || !profile_has_room(profile, run->begins, (int64_t)run->ends + grace,
                                 &frame->search.need))
            return false;
    }
    return true;
}

/* Whether what was planned before can stay; what it costs then. */
static bool is_valid(struct plan *plan, const struct plan_split *split,
                     const struct plan_wish *wish, struct offer *before)
{
    const struct plan_pieces *pieces = &split->pieces;
    duration slot = plan->settings.slot;
    struct plan_frame frame;
    duration surplus;

    *before = OFFER_NONE;
    if (pieces->count == 0 || pieces->reason == PLAN_LATE
        || (split->runs_in < 0 && pieces->list[0].start < wish->job->earliest)
        || !plan_pool_suits(plan, wish->job, pieces->pool)
        || !plan_pool_zone(plan, pieces->pool))
        return false;
    frame = plan_course_frame(plan, split, wish, pieces->pool, PLAN_STAGE_UNLIMITED);
    if (!find_slots(&frame, pieces, &before->course)
        || !can_be_had(&frame, &before->course))
        return false;
    /* Starts are some seconds late, and run times are learnt. */
    surplus = plan_course_surplus(&frame, &before->course);
    if (surplus <= -slot || surplus >= 2 * slot)
        return false;
    before->pool = pieces->pool;
    before->cost = weigh(&frame, &before->course);
    return true;
}

/* What is at hand stays: it is not to be called off by a forecast's last touch. */
static bool is_at_hand(const struct plan *plan, const struct plan_split *split,
                       instant now)
{
    return split->runs_in < 0
           && split->pieces.list[0].start < now + plan->settings.slot;
}

burden plan_split_cost(const struct plan *plan, const struct plan_split *split,
                       instant now)
{
    struct plan_wish wish = plan_wish_from(plan, &split->job, now);
    const struct plan_pieces *pieces = &split->pieces;
    struct plan_frame frame;
    struct plan_course course;

    if (pieces->count == 0 || !plan_pool_zone(plan, pieces->pool))
        return BURDEN_MAX;
    frame = plan_course_frame(plan, split, &wish, pieces->pool, PLAN_STAGE_UNLIMITED);
    /* As the others are weighed, whatever they wait for. */
    if (frame.green)
        frame.patience = 0;
    frame.green = NULL;
    return find_slots(&frame, pieces, &course) ? weigh(&frame, &course) : BURDEN_MAX;
}

/* Whether an offer is better than what is planned and can stay. */
static bool is_better(const struct plan *plan, const struct plan_wish *wish,
                      const struct offer *offer, const struct offer *before)
{
    if (!is_on_time(wish, offer))
        return false;
    return wish->mode == PLAN_MODE_EARLIEST
           || is_less(offer->cost, before->cost, plan->settings.hysteresis_ppm);
}

/* What runs and finds no place goes on, whoever it is in the way of. */
static void go_on(const struct plan *plan, const struct plan_wish *wish,
                  struct plan_split *split)
{
    split->pieces = (struct plan_pieces){
        .list = {{wish->from, plan->begins
                                  + plan_slot_after(plan, wish->from + split->job.time)
                                        * plan->settings.slot}},
        .count = 1,
        .pool = split->runs_in,
        .reason = PLAN_GREEN_NOW,
    };
}

static void accept(const struct plan *plan, const struct plan_wish *wish,
                   const struct offer *offer, struct plan_split *split)
{
    struct plan_frame frame;

    if (offer->pool < 0 && split->runs_in >= 0) {
        go_on(plan, wish, split);
    } else if (offer->pool < 0) {
        split->pieces = PLAN_PIECES_NONE;
        split->pieces.reason = offer->reason;
    } else {
        frame = plan_course_frame(plan, split, wish, offer->pool, PLAN_STAGE_UNLIMITED);
        split->pieces = pieces_from(&frame, offer);
    }
}

void plan_split_place(struct plan *plan, struct plan_split *split, instant now)
{
    struct plan_wish wish = plan_wish_from(plan, &split->job, now);
    struct offer before;
    struct offer best;
    bool stays;

    assert(split->restart >= 0 && split->grace >= 0 && split->grace <= JOB_GRACE_MAX);
    stays = is_valid(plan, split, &wish, &before)
            && !(split->goes_on && split->pieces.list[0].start > now);
    if (!stays || !is_at_hand(plan, split, now)) {
        best = find_best(plan, split, &wish);
        if (!stays || is_better(plan, &wish, &best, &before))
            accept(plan, &wish, &best, split);
    }
    plan_split_hold(plan, split, now);
}

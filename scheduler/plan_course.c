/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_course.h"

#include <stdlib.h>

#include "base/alloc.h"

/* What a slot that is not green costs, where green ones cost nothing. */
#define DIRTY 1000000

/* Costs stay below NEVER: the window is at most twice the horizon. */
#define NEVER     (INT64_MAX / 4)
#define PRICE_MAX INT64_C(100000000000)

_Static_assert(PRICE_MAX * 2 * PLAN_HORIZON_MAX <= NEVER / 2, "prices of a window fit");

/* How a stretch comes to be run through, */
enum step { STEP_NONE, STEP_GO_ON, STEP_START, STEP_RESUME };

/* Slots that are all alike. */
struct stretch {
    int32_t begins;
    int32_t length;
    intensity level;
    bool has_room;
    bool may_start;
    bool may_pause; /* at its begin: there is room for the grace */
    int64_t grace;  /* what that costs */
    enum step step;
    bool pauses; /* and to be rested through: by pausing at its begin */
};

struct stretches {
    struct stretch *items;
    size_t count;
    size_t room;
};

/* The cheapest way to a state, and the useful work on it. */
struct way {
    int64_t cost;
    duration useful;
};

static bool is_green(const struct plan_frame *frame, int32_t slot)
{
    int32_t day =
        frame->plan->day < frame->plan->slots ? frame->plan->day : frame->plan->slots;

    while (slot >= frame->plan->slots)
        slot -= day;
    return frame->green[slot];
}

static intensity level_of(const struct plan_frame *frame, int32_t slot)
{
    if (frame->green)
        return is_green(frame, slot) ? 0 : DIRTY;
    return frame->zone->level[slot];
}

/* What is left ends by the latest start and the time that it would take from there,
 * whatever of it has been done meanwhile. */
static int32_t ends_of(const struct plan *plan, const struct plan_wish *wish)
{
    const struct plan_job *job = wish->job;
    int64_t ends = 2 * (int64_t)plan->slots;

    if (job->latest < INSTANT_MAX && plan_slot(plan, job->latest + job->time) < ends)
        ends = plan_slot(plan, job->latest + job->time);
    return ends < 0 ? 0 : (int32_t)ends;
}

struct plan_frame plan_course_frame(const struct plan *plan,
                                    const struct plan_split *split,
                                    const struct plan_wish *wish, int32_t pool,
                                    enum plan_stage stage)
{
    duration slot = plan->settings.slot;
    struct plan_frame frame = {
        .plan = plan,
        .split = split,
        .wish = wish,
        .search = plan_search_from(plan, wish, pool, stage),
        .zone = plan_pool_zone(plan, pool),
        .green = plan->classes[wish->job->class].green[plan->pools[pool].zone],
        .pool = pool,
        .grace = (int32_t)((split->grace + slot - 1) / slot),
        .patience = 1,
    };

    if (wish->mode != PLAN_MODE_GREEN_ENOUGH)
        frame.green = NULL;
    if (!frame.green && frame.zone)
        frame.patience =
            plan_zone_patience(frame.zone, wish->length, wish->policy->patience_ppm);
    frame.ends = ends_of(plan, wish);
    return frame;
}

int64_t plan_course_area(const struct plan_frame *frame, int32_t begins, int32_t length)
{
    int64_t area = 0;

    if (!frame->green)
        return plan_zone_area(frame->zone, begins, length);
    for (int32_t i = begins; i < begins + length; i++)
        area += level_of(frame, i) * frame->plan->settings.slot;
    return area;
}

int64_t plan_course_cost(const struct plan_frame *frame,
                         const struct plan_course *course)
{
    int32_t waited = course->runs[course->count - 1].ends;
    int64_t cost = 0;

    for (size_t i = 0; i < course->count; i++) {
        int32_t grace = i + 1 < course->count ? frame->grace : 0;
        int32_t length = course->runs[i].ends - course->runs[i].begins + grace;

        cost += plan_course_area(frame, course->runs[i].begins, length);
        waited -= length;
    }
    /* One that runs and is to pause now goes on for its grace. */
    if (frame->split->runs_in >= 0 && course->runs[0].begins > frame->wish->first) {
        cost += plan_course_area(frame, frame->wish->first, frame->grace);
        waited -= frame->grace;
    }
    return cost + frame->patience * waited;
}

static bool has_room(const struct plan_frame *frame, int32_t slot)
{
    return slot >= frame->plan->slots
           || profile_fits(&frame->search.need, &frame->search.profile->free[slot]);
}

static bool may_start(const struct plan_frame *frame, int32_t slot)
{
    return slot < frame->plan->slots && plan_search_may_start(&frame->search, slot);
}

static struct stretch *add_stretch(struct stretches *stretches,
                                   const struct stretch *stretch)
{
    stretches->items = xgrow(stretches->items, stretches->count, &stretches->room,
                             sizeof(stretches->items[0]));
    stretches->items[stretches->count] = *stretch;
    return &stretches->items[stretches->count++];
}

/* Who pauses at a stretch's end may do so early enough for the grace to be in it. */
static void end_stretch(const struct plan_frame *frame, struct stretches *stretches)
{
    struct stretch *last = &stretches->items[stretches->count - 1];
    struct stretch rest = *last;

    if (frame->grace == 0 || last->length <= frame->grace)
        return;
    last->length -= frame->grace;
    rest.begins += last->length;
    rest.length = frame->grace;
    add_stretch(stretches, &rest);
}

static void cut(const struct plan_frame *frame, struct stretches *stretches)
{
    struct stretch *last = NULL;

    for (int32_t i = frame->wish->first; i < frame->ends; i++) {
        const struct stretch stretch = {
            .begins = i,
            .length = 1,
            .level = level_of(frame, i),
            .has_room = has_room(frame, i),
            .may_start = may_start(frame, i),
        };

        if (last && last->level == stretch.level && last->has_room == stretch.has_room
            && last->may_start == stretch.may_start) {
            last->length++;
            continue;
        }
        if (last)
            end_stretch(frame, stretches);
        last = add_stretch(stretches, &stretch);
    }
}

/* Where there is room to pause. */
static void find_pauses(const struct plan_frame *frame, struct stretches *stretches)
{
    int32_t free_until = frame->ends;

    for (size_t k = stretches->count; k-- > 0;) {
        struct stretch *stretch = &stretches->items[k];

        if (!stretch->has_room)
            free_until = stretch->begins;
        stretch->may_pause = free_until - stretch->begins >= frame->grace;
        if (stretch->may_pause)
            stretch->grace = plan_course_area(frame, stretch->begins, frame->grace);
    }
    if (frame->split->goes_on && stretches->count > 0)
        stretches->items[0].may_pause = false;
}

static struct way run_through(const struct plan_frame *frame, struct stretch *stretch,
                              int64_t price, const struct way *run,
                              const struct way *rest)
{
    duration length = stretch->length * frame->plan->settings.slot;
    int64_t restart = frame->split->restart * price;
    int64_t waited = frame->patience * stretch->begins;
    struct way way = *run;

    stretch->step = STEP_GO_ON;
    if (stretch->may_start && frame->split->runs_in < 0 && waited < way.cost) {
        way = (struct way){waited, 0};
        stretch->step = STEP_START;
    }
    if (stretch->may_start && rest->cost < NEVER && rest->cost + restart < way.cost) {
        way = (struct way){rest->cost + restart, rest->useful - frame->split->restart};
        stretch->step = STEP_RESUME;
    }
    if (!stretch->has_room || way.cost >= NEVER) {
        stretch->step = STEP_NONE;
        return (struct way){NEVER, 0};
    }
    way.cost += length * (stretch->level - price);
    way.useful += length;
    return way;
}

static struct way rest_through(const struct plan_frame *frame, struct stretch *stretch,
                               const struct way *run, const struct way *rest)
{
    struct way way = *rest;

    stretch->pauses = stretch->may_pause && run->cost < NEVER
                      && run->cost + stretch->grace < rest->cost;
    if (stretch->pauses)
        way = (struct way){run->cost + stretch->grace, run->useful};
    if (way.cost < NEVER)
        way.cost += frame->patience * stretch->length;
    return way;
}

/* The useful work of the cheapest way at a price, and the stretch that it ends with. */
static duration solve(const struct plan_frame *frame, struct stretches *stretches,
                      int64_t price, size_t *last)
{
    struct way run = {frame->split->runs_in >= 0 ? 0 : NEVER, 0};
    struct way rest = {NEVER, 0};
    struct way best = {NEVER, 0};

    for (size_t k = 0; k < stretches->count; k++) {
        struct stretch *stretch = &stretches->items[k];
        struct way next = run_through(frame, stretch, price, &run, &rest);

        rest = rest_through(frame, stretch, &run, &rest);
        run = next;
        if (run.cost < best.cost) {
            best = run;
            *last = k;
        }
    }
    return best.useful;
}

/* Go the cheapest way back from its end. -1: in more pieces than there may be. */
static int trace(const struct stretches *stretches, size_t last,
                 struct plan_course *course)
{
    const struct stretch *items = stretches->items;
    int32_t ends = items[last].begins + items[last].length;
    struct plan_run_slots reversed[PLAN_PIECES_MAX];
    size_t count = 0;
    bool runs = true;

    for (size_t k = last + 1; k-- > 0;) {
        if (runs && (items[k].step != STEP_GO_ON || k == 0)) {
            if (count == PLAN_PIECES_MAX)
                return -1;
            reversed[count++] = (struct plan_run_slots){items[k].begins, ends};
            if (items[k].step != STEP_RESUME)
                break;
            runs = false;
        } else if (!runs && items[k].pauses) {
            runs = true;
            ends = items[k].begins;
        }
    }
    course->count = count;
    for (size_t i = 0; i < count; i++)
        course->runs[i] = reversed[count - 1 - i];
    return 0;
}

/* What a job would resume from before it has gone is no rest. */
static void join(const struct plan_frame *frame, struct plan_course *course)
{
    size_t kept = 0;

    for (size_t i = 1; i < course->count; i++) {
        if (course->runs[i].begins < course->runs[kept].ends + frame->grace)
            course->runs[kept].ends = course->runs[i].ends;
        else
            course->runs[++kept] = course->runs[i];
    }
    course->count = kept + 1;
}

int plan_course_find(const struct plan_frame *frame, struct plan_course *course)
{
    const struct plan_wish *wish = frame->wish;
    duration slot = frame->plan->settings.slot;
    duration wanted =
        wish->job->time + (wish->from - frame->plan->begins - wish->first * slot);
    struct stretches stretches = {NULL, 0, 0};
    int64_t least = 0;
    int64_t price = 2 * INTENSITY_MAX;
    size_t last = 0;
    int rc = -1;

    cut(frame, &stretches);
    find_pauses(frame, &stretches);
    if (solve(frame, &stretches, price, &last) < wanted)
        price = PRICE_MAX;
    if (solve(frame, &stretches, price, &last) < wanted)
        goto out;
    while (price - least > 1) {
        int64_t middle = least + (price - least) / 2;

        if (solve(frame, &stretches, middle, &last) < wanted)
            least = middle;
        else
            price = middle;
    }
    solve(frame, &stretches, price, &last);
    if (trace(&stretches, last, course) < 0)
        goto out;
    join(frame, course);
    plan_course_trim(frame, course);
    rc = 0;
out:
    free(stretches.items);
    return rc;
}

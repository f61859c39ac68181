/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_course.h"

#include <string.h>

/*
 * At the price at which a course does enough, it mostly does too much: a stretch is run
 * through or not. What is too much is cut off slot by slot, from the edges of pieces or
 * whole pieces, or out of their middle, always what costs most per second of work.
 */

enum cut { CUT_NONE, CUT_LEFT, CUT_RIGHT, CUT_HOLE, CUT_WHOLE };

/* Something that could go. */
struct scrap {
    enum cut cut;
    size_t run;
    int32_t begins; /* of a hole */
    int32_t slots;
    int64_t cost; /* per slot of useful work */
};

/* Whether the first run is the one that is under way. */
static bool is_under_way(const struct plan_frame *frame,
                         const struct plan_course *course)
{
    return frame->split->runs_in >= 0 && course->runs[0].begins == frame->wish->first;
}

duration plan_course_surplus(const struct plan_frame *frame,
                             const struct plan_course *course)
{
    const struct plan_wish *wish = frame->wish;
    duration slot = frame->plan->settings.slot;
    size_t resumes = course->count - 1;
    duration useful = -wish->job->time;

    for (size_t i = 0; i < course->count; i++)
        useful += (course->runs[i].ends - course->runs[i].begins) * slot;
    if (course->runs[0].begins == wish->first)
        useful -= wish->from - frame->plan->begins - wish->first * slot;
    if (frame->split->runs_in >= 0 && !is_under_way(frame, course))
        resumes++;
    return useful - (duration)resumes * frame->split->restart;
}

static int64_t cost_of(const struct plan_frame *frame, int32_t slot)
{
    return plan_course_area(frame, slot, 1);
}

/* How many slots from an edge on, `step` from one to the next, cost the same. */
static int32_t count_alike(const struct plan_frame *frame, int32_t slot, int32_t step,
                           int32_t most)
{
    int64_t cost = cost_of(frame, slot);
    int32_t count = 1;

    while (count < most && cost_of(frame, slot + count * step) == cost)
        count++;
    return count;
}

static void consider_right(const struct plan_frame *frame,
                           const struct plan_course *course, size_t i, int32_t most,
                           struct scrap *best)
{
    const struct plan_run_slots *run = &course->runs[i];
    int64_t cost = cost_of(frame, run->ends - 1);

    /* The others come no sooner for it: only who ends sooner waits less. */
    if (i + 1 < course->count)
        cost -= frame->patience;
    if (cost <= best->cost)
        return;
    *best = (struct scrap){.cut = CUT_RIGHT,
                           .run = i,
                           .slots = count_alike(frame, run->ends - 1, -1, most),
                           .cost = cost};
}

static void consider_left(const struct plan_frame *frame,
                          const struct plan_course *course, size_t i, int32_t most,
                          struct scrap *best)
{
    const struct plan_run_slots *run = &course->runs[i];
    int64_t cost = cost_of(frame, run->begins) - frame->patience;
    int32_t slots;

    if (cost <= best->cost || (i == 0 && is_under_way(frame, course)))
        return;
    slots = count_alike(frame, run->begins, 1, most);
    while (slots > 0
           && (run->begins + slots >= frame->plan->slots
               || !plan_search_may_start(&frame->search, run->begins + slots)))
        slots--;
    if (slots > 0)
        *best = (struct scrap){.cut = CUT_LEFT, .run = i, .slots = slots, .cost = cost};
}

/* A whole run, if no more work goes with it than is too much. */
static void consider_whole(const struct plan_frame *frame,
                           const struct plan_course *course, size_t i, duration surplus,
                           struct scrap *best)
{
    duration slot = frame->plan->settings.slot;
    struct plan_course rest = *course;
    duration useful;
    int64_t saved;

    if (course->count == 1 || (i == 0 && is_under_way(frame, course)))
        return;
    memmove(&rest.runs[i], &rest.runs[i + 1],
            (course->count - i - 1) * sizeof(rest.runs[0]));
    rest.count--;
    useful = surplus - plan_course_surplus(frame, &rest);
    if (useful > surplus)
        return;
    saved = plan_course_cost(frame, course) - plan_course_cost(frame, &rest);
    /* What takes as long to restart as it runs only costs. */
    saved = useful > 0 ? saved / useful * slot : INT64_MAX;
    if (saved > best->cost)
        *best = (struct scrap){.cut = CUT_WHOLE, .run = i, .cost = saved};
}

/* A rest within a run, in some slots that are alike. */
static void consider_hole(const struct plan_frame *frame, size_t i, int32_t begins,
                          int32_t length, duration surplus, struct scrap *best)
{
    duration slot = frame->plan->settings.slot;
    duration restart = frame->split->restart;
    int64_t most = surplus > restart ? (surplus - restart) / slot : 0;
    int32_t slots = length < most ? length : (int32_t)most;
    int64_t saved;

    while (slots > 0
           && (begins + slots >= frame->plan->slots
               || !plan_search_may_start(&frame->search, begins + slots)))
        slots--;
    if (slots <= frame->grace)
        return;
    saved = plan_course_area(frame, begins + frame->grace, slots - frame->grace)
            - frame->patience * (slots - frame->grace);
    saved = saved / (slots * slot + restart) * slot;
    if (saved > best->cost)
        *best = (struct scrap){CUT_HOLE, i, begins, slots, saved};
}

static void consider_holes(const struct plan_frame *frame,
                           const struct plan_course *course, size_t i, duration surplus,
                           struct scrap *best)
{
    const struct plan_run_slots *run = &course->runs[i];
    int32_t begins = run->begins;

    if (course->count == PLAN_PIECES_MAX)
        return;
    while (begins < run->ends) {
        int32_t length = count_alike(frame, begins, 1, run->ends - begins);

        if (begins > run->begins && begins + length < run->ends)
            consider_hole(frame, i, begins, length, surplus, best);
        begins += length;
    }
}

static struct scrap find_scrap(const struct plan_frame *frame,
                               const struct plan_course *course, duration surplus)
{
    int32_t slots = (int32_t)(surplus / frame->plan->settings.slot);
    struct scrap best = {.cut = CUT_NONE, .cost = INT64_MIN};

    /* Of what costs the same the last goes, for what ends sooner is surer. */
    for (size_t i = course->count; i-- > 0;) {
        int32_t length = course->runs[i].ends - course->runs[i].begins;
        int32_t most = slots < length - 1 ? slots : length - 1;

        if (most > 0) {
            consider_right(frame, course, i, most, &best);
            consider_left(frame, course, i, most, &best);
            consider_holes(frame, course, i, surplus, &best);
        }
        consider_whole(frame, course, i, surplus, &best);
    }
    return best;
}

static void cut_off(struct plan_course *course, const struct scrap *scrap)
{
    struct plan_run_slots *run = &course->runs[scrap->run];
    size_t after = course->count - scrap->run;

    if (scrap->cut == CUT_LEFT) {
        run->begins += scrap->slots;
    } else if (scrap->cut == CUT_RIGHT) {
        run->ends -= scrap->slots;
    } else if (scrap->cut == CUT_WHOLE) {
        memmove(run, run + 1, (after - 1) * sizeof(*run));
        course->count--;
    } else {
        memmove(run + 1, run, after * sizeof(*run));
        run[0].ends = scrap->begins;
        run[1].begins = scrap->begins + scrap->slots;
        course->count++;
    }
}

void plan_course_trim(const struct plan_frame *frame, struct plan_course *course)
{
    for (;;) {
        duration surplus = plan_course_surplus(frame, course);
        struct scrap scrap = find_scrap(frame, course, surplus);

        if (scrap.cut == CUT_NONE)
            return;
        cut_off(course, &scrap);
    }
}

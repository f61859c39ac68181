/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

/* A job that is due, and what it might have. */
struct width {
    const struct plan *plan;
    const struct plan_pool *place;
    const struct plan_job *job;
    const struct reservation *reservation;
    int32_t scaling;
    int64_t headroom;
    instant begins;
};

static duration time_of(const struct width *width, int32_t gpus)
{
    return job_scale_time(width->job->time, (int32_t)width->job->wanted.gpus, gpus,
                          width->scaling);
}

static bool is_free(const struct width *width, int64_t begins, int64_t ends,
                    const struct resources *wanted)
{
    const struct resources need = profile_need(wanted);

    return profile_has_room(width->place->profile, begins, ends, &need);
}

/* Its own reservation holds the least of it, up to where that ends. */
static bool has_room(const struct width *width, int32_t gpus)
{
    const struct plan *plan = width->plan;
    struct resources whole = width->job->wanted;
    struct resources more = {0, 0, 0};
    int64_t begins = plan_slot(plan, width->begins);
    int64_t ends = plan_slot_after(plan, width->begins + time_of(width, gpus));
    int64_t held = plan_slot_after(plan, width->reservation->ends);

    more.gpus = gpus - whole.gpus + width->headroom;
    whole.gpus = gpus + width->headroom;
    if (held < begins)
        held = begins;
    return is_free(width, begins, held < ends ? held : ends, &more)
           && is_free(width, held, ends, &whole);
}

/* As for any start: it fits into what may start in a slot, or is alone in it. */
static bool fits_ramp(const struct width *width, int32_t gpus)
{
    const struct plan *plan = width->plan;
    int64_t slot = plan_slot(plan, width->begins);
    int64_t others;

    if (slot < 0 || slot >= plan->slots)
        return true;
    others = width->place->profile->started[slot];
    if (plan_slot(plan, width->reservation->start) == slot)
        others -= width->job->wanted.gpus;
    return others <= 0 || gpus <= width->place->ramp - others;
}

/* Who wants no waiting starts whatever else does, and has what is there. */
static int32_t find_widest(const struct width *width, int32_t most)
{
    int32_t least = (int32_t)width->job->wanted.gpus;

    while (most > least && !has_room(width, most))
        most--;
    return most;
}

/* In one pool all draw alike, so that their number stands for their power. */
static int64_t weigh(const struct width *width, const struct plan_zone *zone,
                     int32_t gpus)
{
    duration after = width->begins - width->plan->begins;

    return plan_zone_integral(zone, after > 0 ? after : 0, time_of(width, gpus)) * gpus;
}

static int32_t find_cleanest(const struct width *width, const struct plan_zone *zone,
                             int32_t most)
{
    int32_t best = (int32_t)width->job->wanted.gpus;
    int64_t least = weigh(width, zone, best);

    for (int32_t gpus = best + 1; gpus <= most && fits_ramp(width, gpus); gpus++) {
        int64_t cost;

        /* A wider run may fit where this one is too long. */
        if (!has_room(width, gpus))
            continue;
        cost = weigh(width, zone, gpus);
        if (cost >= least)
            break;
        least = cost;
        best = gpus;
    }
    return best;
}

int32_t plan_find_width(const struct plan *plan, const struct plan_job *job,
                        const struct reservation *reservation,
                        const struct plan_wider *wider, instant begins)
{
    const struct plan_pool *place = &plan->pools[reservation->pool];
    const struct plan_zone *zone = plan_pool_zone(plan, reservation->pool);
    const struct policy *policy = &plan->classes[job->class].policy;
    bool waits = !job->now && policy->kind != POLICY_IMMEDIATE;
    const struct width width = {
        .plan = plan,
        .place = place,
        .job = job,
        .reservation = reservation,
        .scaling = wider->scaling,
        .headroom = waits ? place->headroom : 0,
        .begins = begins,
    };

    if (!waits)
        return find_widest(&width, (int32_t)wider->most);
    return zone ? find_cleanest(&width, zone, (int32_t)wider->most)
                : (int32_t)job->wanted.gpus;
}

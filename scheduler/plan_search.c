/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"
#include "scheduler/starts.h"

/*
 * Searches of one pool's profile. A run must find room in all of its slots; what of it
 * lies beyond the horizon is not looked at, or no long job would ever be placed.
 */

/* Let a need leave so much for others. */
static void leave(const struct profile *profile, int64_t headroom,
                  struct resources *need)
{
    int64_t *units = profile->capacity.gpus > 0 ? &need->gpus : &need->cpus;

    /* Of what it does not want it takes nothing. */
    if (*units > 0)
        *units += headroom;
}

bool plan_is_patient(const struct plan *plan, const struct plan_wish *wish)
{
    return wish->mode != PLAN_MODE_EARLIEST
           && (wish->last - wish->first) * plan->settings.slot >= PLAN_URGENT_SLACK;
}

struct plan_search plan_search_from(const struct plan *plan,
                                    const struct plan_wish *wish, int32_t pool,
                                    enum plan_stage stage)
{
    const struct profile *profile = plan->pools[pool].profile;
    struct plan_search search = {
        .profile = stage == PLAN_STAGE_IDEAL ? NULL : profile,
        .need = wish->need,
        .units = profile_units(profile, &wish->job->wanted),
        .budget = INT64_MAX,
        .slots = plan->slots,
        .first = wish->first,
        .last = stage == PLAN_STAGE_LATE ? plan->slots - 1 : wish->last,
        .first_length = wish->first_length,
        .length = wish->length,
    };

    /* Who has no choice, or wants none, starts whatever else does. */
    if (stage >= PLAN_STAGE_UNLIMITED || wish->mode == PLAN_MODE_EARLIEST
        || wish->last <= wish->first)
        return search;
    search.budget = plan->pools[pool].ramp;
    if (stage < PLAN_STAGE_CROWDED && plan->pools[pool].headroom > 0
        && plan_is_patient(plan, wish))
        leave(profile, plan->pools[pool].headroom, &search.need);
    return search;
}

/* In a pool with room everywhere, or with none, a block needs no look at its slots. */
static bool is_free(const struct plan_search *search, int32_t block)
{
    return !search->profile
           || profile_fits(&search->need, &search->profile->least[block]);
}

static bool is_full(const struct plan_search *search, int32_t block)
{
    return !profile_fits(&search->need, &search->profile->most[block]);
}

static bool is_open(const struct plan_search *search, int64_t started)
{
    return started == 0 || started + search->units <= search->budget;
}

/* Whether a job may start in this slot, if there is room for its run. */
bool plan_search_may_start(const struct plan_search *search, int32_t slot)
{
    if (search->green && !search->green[slot])
        return false;
    return search->budget == INT64_MAX || search->units == 0 || !search->profile
           || is_open(search, search->profile->started[slot]);
}

static bool may_start_in_block(const struct plan_search *search, int32_t block)
{
    return search->budget == INT64_MAX || search->units == 0 || !search->profile
           || is_open(search, search->profile->most_started[block]);
}

static int32_t length_from(const struct plan_search *search, int32_t slot)
{
    return slot == search->first ? search->first_length : search->length;
}

bool plan_search_has(const struct plan_search *search, int32_t slot)
{
    return plan_search_may_start(search, slot)
           && profile_has_room(search->profile, slot,
                               (int64_t)slot + length_from(search, slot),
                               &search->need);
}

int32_t plan_search_earliest(const struct plan_search *search)
{
    int32_t start = search->first;

    /* All of [start, i) has room. */
    for (int32_t i = start; i < search->slots && start <= search->last;) {
        int32_t block = i / PROFILE_BLOCK;

        if (is_free(search, block)) {
            i = (block + 1) * PROFILE_BLOCK;
        } else if (is_full(search, block)) {
            i = start = (block + 1) * PROFILE_BLOCK;
            continue;
        } else if (profile_fits(&search->need, &search->profile->free[i])) {
            i++;
        } else {
            start = ++i;
            continue;
        }
        for (; start <= search->last && start < search->slots
               && (i - start >= length_from(search, start) || i >= search->slots);
             start++) {
            if (plan_search_may_start(search, start))
                return start;
        }
    }
    return -1;
}

/* The best of the starts [low, high] that have room, and are all of one free block. */
static int32_t best_in_block(const struct plan_search *search,
                             const struct plan_row *row, int32_t low, int32_t high,
                             int32_t best)
{
    int32_t block = low / PROFILE_BLOCK;

    if (row && best >= 0 && row->area[row->best[block]] > row->area[best])
        return best;
    if (row && row->best[block] >= low && row->best[block] <= high
        && may_start_in_block(search, block))
        return row->best[block];
    for (int32_t i = high; i >= low; i--) {
        if (row && best >= 0 && row->area[i] > row->area[best])
            continue;
        if (!plan_search_may_start(search, i))
            continue;
        best = i;
        if (!row)
            return best;
    }
    return best;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* The same slot by slot; `*next_full` is the first slot without room after them. */
static int32_t best_in_slots(const struct plan_search *search,
                             const struct plan_row *row, int32_t low, int32_t high,
                             int32_t *next_full, int32_t best)
{
    for (int32_t i = high; i >= low; i--) {
        if (!profile_fits(&search->need, &search->profile->free[i])) {
            *next_full = i;
            continue;
        }
        if (i > search->last || i + length_from(search, i) > *next_full
            || (row && best >= 0 && row->area[i] > row->area[best])
            || !plan_search_may_start(search, i))
            continue;
        best = i;
        if (!row)
            return best;
    }
    return best;
}

/*
 * Walk back from the last start, and know the next slot without room: so each slot is
 * looked at once, however long the run. The first slot comes last and by itself, since
 * a run that begins within it may be a slot longer. Without a row, the latest.
 */
static int32_t walk_back(const struct plan_search *search, const struct plan_row *row)
{
    int32_t next_full = INT32_MAX;
    int32_t best = -1;
    int32_t ends = search->last + search->length;

    if (ends < search->first + search->first_length)
        ends = search->first + search->first_length;
    for (int32_t i = least(ends, search->slots) - 1; i > search->first;) {
        int32_t block = i / PROFILE_BLOCK;
        int32_t low = block * PROFILE_BLOCK;

        if (low <= search->first)
            low = search->first + 1;
        if (is_free(search, block)) {
            int32_t high = least(least(i, search->last), next_full - search->length);

            if (high >= low)
                best = best_in_block(search, row, low, high, best);
        } else if (is_full(search, block)) {
            next_full = low;
        } else {
            best = best_in_slots(search, row, low, i, &next_full, best);
        }
        if (!row && best >= 0)
            return best;
        i = low - 1;
    }
    if (search->first <= search->last
        && search->first + search->first_length <= next_full
        && (!search->profile
            || profile_fits(&search->need, &search->profile->free[search->first]))
        && plan_search_may_start(search, search->first)
        && (best < 0 || row->area[search->first] <= row->area[best]))
        best = search->first;
    return best;
}

int32_t plan_search_latest(const struct plan_search *search)
{
    return walk_back(search, NULL);
}

/* Were the pool empty: no walk, but a look at what is known to be best. */
static int32_t cheapest_of_all(const struct plan_search *search,
                               const struct plan_row *row)
{
    int32_t block = search->last / PROFILE_BLOCK;
    int32_t best = row->best_before[block];
    int32_t low = block * PROFILE_BLOCK;

    if (best < search->first) {
        best = search->first;
        low = search->first + 1;
    } else if (row->area[row->best[block]] >= row->area[best])
        return best;
    for (int32_t i = low; i <= search->last;) {
        if (i % PROFILE_BLOCK == 0 && i + PROFILE_BLOCK <= search->last) {
            if (row->area[row->best[i / PROFILE_BLOCK]] < row->area[best])
                best = row->best[i / PROFILE_BLOCK];
            i += PROFILE_BLOCK;
            continue;
        }
        if (row->area[i] < row->area[best])
            best = i;
        i++;
    }
    return best;
}

int32_t plan_search_ideal(const struct plan_search *search, const struct plan_row *row)
{
    return search->first > search->last ? -1 : cheapest_of_all(search, row);
}

int32_t plan_search_cheapest(const struct plan_search *search,
                             const struct plan_row *row)
{
    int32_t slot;

    if (search->first > search->last)
        return -1;
    if (!search->profile)
        return cheapest_of_all(search, row);
    if (starts_find_cheapest(search, row, &slot))
        return slot;
    return walk_back(search, row);
}

static struct profile_failure failure_of(const struct plan_wish *wish)
{
    return (struct profile_failure){wish->need, wish->first, wish->first_length,
                                    wish->length};
}

bool plan_is_hopeless(const struct plan *plan, const struct plan_wish *wish)
{
    struct profile_failure search = failure_of(wish);
    uint64_t rest = wish->job->pools;

    for (int32_t i = 0; rest != 0; i++, rest >>= 1) {
        if ((rest & 1) && plan_pool_suits(plan, wish->job, i)
            && !profile_is_hopeless(plan->pools[i].profile, &search))
            return false;
    }
    return true;
}

void plan_note_failure(const struct plan *plan, const struct plan_wish *wish)
{
    struct profile_failure search = failure_of(wish);
    uint64_t rest = wish->job->pools;

    for (int32_t i = 0; rest != 0; i++, rest >>= 1) {
        if ((rest & 1) && plan_pool_suits(plan, wish->job, i)
            && !profile_is_hopeless(plan->pools[i].profile, &search))
            profile_note_failure(plan->pools[i].profile, &search);
    }
}

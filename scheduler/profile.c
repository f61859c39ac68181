/* SPDX-License-Identifier: MIT */
#include "scheduler/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/starts.h"

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct resources negative(const struct resources *some)
{
    return (struct resources){-some->gpus, -some->cpus, -some->memory};
}

static void lower(struct resources *least, const struct resources *some)
{
    least->gpus = least_of(least->gpus, some->gpus);
    least->cpus = least_of(least->cpus, some->cpus);
    least->memory = least_of(least->memory, some->memory);
}

static void lift(struct resources *most, const struct resources *some)
{
    most->gpus = most_of(most->gpus, some->gpus);
    most->cpus = most_of(most->cpus, some->cpus);
    most->memory = most_of(most->memory, some->memory);
}

/* As resources_subtract, but inline: there is no busier loop in a plan. */
static void subtract(struct resources *free, const struct resources *taken)
{
    free->gpus -= taken->gpus;
    free->cpus -= taken->cpus;
    free->memory -= taken->memory;
}

static void refresh_block(struct profile *profile, int32_t block)
{
    int32_t begins = block * PROFILE_BLOCK;
    int32_t ends = begins + PROFILE_BLOCK;
    struct resources least = profile->free[begins];
    struct resources most = least;

    if (ends > profile->slots)
        ends = profile->slots;
    for (int32_t i = begins + 1; i < ends; i++) {
        lower(&least, &profile->free[i]);
        lift(&most, &profile->free[i]);
    }
    profile->least[block] = least;
    profile->most[block] = most;
}

static void refresh_starts(struct profile *profile, int32_t block)
{
    int32_t begins = block * PROFILE_BLOCK;
    int32_t ends = begins + PROFILE_BLOCK;
    int64_t most = 0;

    if (ends > profile->slots)
        ends = profile->slots;
    for (int32_t i = begins; i < ends; i++)
        most = most_of(most, profile->started[i]);
    profile->most_started[block] = most;
}

static void refresh(struct profile *profile)
{
    for (int32_t i = 0; i < profile->slots; i += PROFILE_BLOCK) {
        refresh_block(profile, i / PROFILE_BLOCK);
        refresh_starts(profile, i / PROFILE_BLOCK);
    }
    profile_forget_searches(profile);
}

struct profile *profile_create(int32_t slots, const struct resources *capacity)
{
    struct profile *profile = xcalloc(1, sizeof(*profile));
    size_t blocks;

    assert(slots > 0 && slots <= PLAN_SLOTS_MAX);
    blocks = PROFILE_BLOCKS((size_t)slots);
    profile->slots = slots;
    profile->starts = starts_create(slots);
    profile->free = xcalloc((size_t)slots, sizeof(profile->free[0]));
    profile->started = xcalloc((size_t)slots, sizeof(profile->started[0]));
    profile->least = xcalloc(blocks, sizeof(profile->least[0]));
    profile->most = xcalloc(blocks, sizeof(profile->most[0]));
    profile->most_started = xcalloc(blocks, sizeof(profile->most_started[0]));
    profile->capacity = *capacity;
    for (int32_t i = 0; i < slots; i++)
        profile->free[i] = *capacity;
    refresh(profile);
    return profile;
}

struct profile *profile_copy(const struct profile *profile)
{
    struct profile *copy = xmemdup(profile, sizeof(*profile));
    size_t slots = (size_t)profile->slots;
    size_t blocks = PROFILE_BLOCKS(slots);

    copy->starts = starts_create(profile->slots);
    copy->free = xmemdup(profile->free, slots * sizeof(copy->free[0]));
    copy->started = xmemdup(profile->started, slots * sizeof(copy->started[0]));
    copy->least = xmemdup(profile->least, blocks * sizeof(copy->least[0]));
    copy->most = xmemdup(profile->most, blocks * sizeof(copy->most[0]));
    copy->most_started =
        xmemdup(profile->most_started, blocks * sizeof(copy->most_started[0]));
    copy->change_room = profile->change_count;
    copy->changes = profile->change_count > 0
                        ? xmemdup(profile->changes,
                                  profile->change_count * sizeof(copy->changes[0]))
                        : NULL;
    return copy;
}

void profile_destroy(struct profile *profile)
{
    if (!profile)
        return;
    free(profile->free);
    free(profile->started);
    free(profile->least);
    free(profile->most);
    free(profile->most_started);
    free(profile->changes);
    starts_destroy(profile->starts);
    free(profile);
}

void profile_resize(struct profile *profile, const struct resources *capacity)
{
    struct resources less = profile->capacity;

    /* GPUs and CPUs must not be added up. */
    if ((capacity->gpus > 0) != (profile->capacity.gpus > 0))
        memset(profile->started, 0,
               (size_t)profile->slots * sizeof(profile->started[0]));
    resources_subtract(&less, capacity);
    for (int32_t i = 0; i < profile->slots; i++)
        resources_subtract(&profile->free[i], &less);
    profile->capacity = *capacity;
    refresh(profile);
}

/* The first change that is not before a slot. */
static size_t find_change(const struct profile *profile, int64_t at)
{
    size_t low = 0;
    size_t high = profile->change_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (profile->changes[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * Occupation beyond the horizon is kept as changes at the slots where it begins and
 * ends, one for each slot, so that giving back what was taken leaves nothing behind.
 */
static void add_change(struct profile *profile, int64_t at,
                       const struct resources *more)
{
    size_t i = find_change(profile, at);

    if (i == profile->change_count || profile->changes[i].at != at) {
        profile->changes = xgrow(profile->changes, profile->change_count,
                                 &profile->change_room, sizeof(profile->changes[0]));
        memmove(&profile->changes[i + 1], &profile->changes[i],
                (profile->change_count - i) * sizeof(profile->changes[0]));
        profile->changes[i] = (struct profile_change){at, {0, 0, 0}};
        profile->change_count++;
    }
    resources_add(&profile->changes[i].more, more);
    if (profile->changes[i].more.gpus == 0 && profile->changes[i].more.cpus == 0
        && profile->changes[i].more.memory == 0) {
        profile->change_count--;
        memmove(&profile->changes[i], &profile->changes[i + 1],
                (profile->change_count - i) * sizeof(profile->changes[0]));
    }
}

static bool is_any_equal(const struct resources *a, const struct resources *b)
{
    return (a->gpus == b->gpus) | (a->cpus == b->cpus) | (a->memory == b->memory);
}

/*
 * Take from a part of a block. What was least is so still, or has become less; what was
 * most is so still unless something was taken from it. The same the other way round.
 */
static void take_part(struct profile *profile, int32_t begins, int32_t ends,
                      const struct resources *taken)
{
    int32_t block = begins / PROFILE_BLOCK;
    struct resources *least = &profile->least[block];
    struct resources *most = &profile->most[block];
    const struct resources *away =
        taken->gpus + taken->cpus + taken->memory > 0 ? most : least;
    bool is_stale = false;

    for (int32_t i = begins; i < ends; i++) {
        struct resources *free = &profile->free[i];

        is_stale |= is_any_equal(free, away);
        subtract(free, taken);
    }
    if (is_stale) {
        refresh_block(profile, block);
        return;
    }
    for (int32_t i = begins; i < ends; i++) {
        if (away == most)
            lower(least, &profile->free[i]);
        else
            lift(most, &profile->free[i]);
    }
}

/* A whole block keeps its shape, so its sums just move along. */
static void take_block(struct profile *profile, int32_t begins, int32_t ends,
                       const struct resources *taken)
{
    int32_t block = begins / PROFILE_BLOCK;

    if (ends - begins < PROFILE_BLOCK) {
        take_part(profile, begins, ends, taken);
        return;
    }
    for (int32_t i = begins; i < ends; i++)
        subtract(&profile->free[i], taken);
    resources_subtract(&profile->least[block], taken);
    resources_subtract(&profile->most[block], taken);
}

void profile_take(struct profile *profile, int64_t begins, int64_t ends,
                  const struct resources *taken)
{
    int32_t first = begins > 0 ? (int32_t)least_of(begins, profile->slots) : 0;
    int32_t end = ends > 0 ? (int32_t)least_of(ends, profile->slots) : 0;

    for (int32_t i = first; i < end;) {
        int32_t next = (i / PROFILE_BLOCK + 1) * PROFILE_BLOCK;

        if (next > end)
            next = end;
        take_block(profile, i, next, taken);
        i = next;
    }
    if (ends > profile->slots && ends > begins) {
        struct resources less = negative(taken);

        add_change(profile, most_of(begins, profile->slots), taken);
        add_change(profile, ends, &less);
    }
}

void profile_give(struct profile *profile, int64_t begins, int64_t ends,
                  const struct resources *given)
{
    struct resources less = negative(given);

    profile_take(profile, begins, ends, &less);
    profile_forget_searches(profile);
}

void profile_count_start(struct profile *profile, int64_t slot, int64_t units)
{
    int32_t block;

    if (slot < 0 || slot >= profile->slots || units == 0)
        return;
    block = (int32_t)slot / PROFILE_BLOCK;
    profile->started[slot] = most_of(0, profile->started[slot] + units);
    if (units > 0)
        profile->most_started[block] =
            most_of(profile->most_started[block], profile->started[slot]);
    else
        refresh_starts(profile, block);
    if (units < 0)
        profile->given++;
}

void profile_advance(struct profile *profile, int64_t slots)
{
    int32_t kept = (int32_t)(profile->slots - least_of(slots, profile->slots));
    struct resources free = profile->capacity;
    size_t next = 0;

    memmove(profile->free, profile->free + profile->slots - kept,
            (size_t)kept * sizeof(profile->free[0]));
    memmove(profile->started, profile->started + profile->slots - kept,
            (size_t)kept * sizeof(profile->started[0]));
    for (size_t i = 0; i < profile->change_count; i++)
        profile->changes[i].at -= slots;
    for (int32_t i = kept; i < profile->slots; i++) {
        while (next < profile->change_count && profile->changes[next].at <= i)
            resources_subtract(&free, &profile->changes[next++].more);
        profile->free[i] = free;
        profile->started[i] = 0;
    }
    /* What still goes on at the new end of the horizon is one change, there. */
    for (size_t i = next; i > 1; i--)
        resources_add(&profile->changes[i - 2].more, &profile->changes[i - 1].more);
    if (next > 0) {
        struct resources more = profile->changes[0].more;

        profile->change_count -= next;
        memmove(&profile->changes[0], &profile->changes[next],
                profile->change_count * sizeof(profile->changes[0]));
        add_change(profile, profile->slots, &more);
    }
    refresh(profile);
}

int32_t profile_find_full(const struct profile *profile, int32_t begins, int32_t ends,
                          const struct resources *need)
{
    for (int32_t i = begins; i < ends;) {
        if (i % PROFILE_BLOCK == 0
            && profile_fits(need, &profile->least[i / PROFILE_BLOCK])) {
            i += PROFILE_BLOCK;
            continue;
        }
        if (!profile_fits(need, &profile->free[i]))
            return i;
        i++;
    }
    return ends;
}

bool profile_has_room(const struct profile *profile, int64_t begins, int64_t ends,
                      const struct resources *need)
{
    int32_t first = begins > 0 ? (int32_t)least_of(begins, profile->slots) : 0;
    int32_t end = ends > 0 ? (int32_t)least_of(ends, profile->slots) : 0;

    return first >= end || profile_find_full(profile, first, end, need) == end;
}

static bool asks_no_less(const struct profile_failure *search,
                         const struct profile_failure *failed)
{
    return failed->need.gpus <= search->need.gpus
           && failed->need.cpus <= search->need.cpus
           && failed->need.memory <= search->need.memory
           && failed->length <= search->length
           && (failed->first < search->first
               || (failed->first == search->first
                   && failed->first_length <= search->first_length));
}

bool profile_is_hopeless(const struct profile *profile,
                         const struct profile_failure *search)
{
    for (size_t i = 0; i < profile->failure_count; i++) {
        if (asks_no_less(search, &profile->failures[i]))
            return true;
    }
    return false;
}

/* Those that the new one covers make room for it; else the oldest does. */
void profile_note_failure(struct profile *profile, const struct profile_failure *search)
{
    size_t kept = 0;

    for (size_t i = 0; i < profile->failure_count; i++) {
        if (!asks_no_less(&profile->failures[i], search))
            profile->failures[kept++] = profile->failures[i];
    }
    if (kept == PROFILE_FAILURES) {
        memmove(profile->failures, profile->failures + 1,
                (PROFILE_FAILURES - 1) * sizeof(profile->failures[0]));
        kept--;
    }
    profile->failures[kept++] = *search;
    profile->failure_count = kept;
}

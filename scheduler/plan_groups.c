/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_groups.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/plan_course.h"

struct member {
    struct plan_kind kind;
    struct plan_group group;
};

/* Groups as they are gathered, and an open hash table of them, at most half full. */
struct gathering {
    struct member *members;
    size_t count;
    size_t room;
    uint32_t *places;   /* member + 1; 0: nobody's */
    size_t place_count; /* a power of two */
};

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_kinds(const struct plan_kind *a, const struct plan_kind *b)
{
    if (a->pools != b->pools)
        return a->pools < b->pools ? -1 : 1;
    if (a->length != b->length)
        return compare_numbers(a->length, b->length);
    if (a->power != b->power)
        return compare_numbers(a->power, b->power);
    if (a->class != b->class)
        return compare_numbers(a->class, b->class);
    if (a->has_gpus != b->has_gpus)
        return compare_numbers(a->has_gpus, b->has_gpus);
    return compare_numbers(a->is_green, b->is_green);
}

static int by_kind_and_last(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;
    int order = compare_kinds(&a->kind, &b->kind);

    if (order != 0)
        return order;
    if (a->group.last != b->group.last)
        return compare_numbers(a->group.last, b->group.last);
    return compare_numbers(a->group.first, b->group.first);
}

static size_t hash(const struct member *member)
{
    const struct plan_kind *kind = &member->kind;
    const uint64_t parts[] = {
        kind->pools,
        (uint64_t)kind->length << 32 | (uint64_t)kind->power << 8 | kind->class,
        (uint64_t)member->group.first << 32 | (uint64_t)member->group.last << 2
            | (uint64_t)kind->has_gpus << 1 | kind->is_green,
    };
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (size_t)hash;
}

/* The place of a member, or the free one where it belongs. */
static size_t find_place(const struct gathering *gathering, const struct member *member)
{
    size_t place = hash(member) & (gathering->place_count - 1);

    while (
        gathering->places[place]
        && by_kind_and_last(&gathering->members[gathering->places[place] - 1], member)
               != 0)
        place = (place + 1) & (gathering->place_count - 1);
    return place;
}

static void make_places(struct gathering *gathering)
{
    free(gathering->places);
    gathering->place_count =
        gathering->place_count > 0 ? 2 * gathering->place_count : 1024;
    gathering->places = xcalloc(gathering->place_count, sizeof(gathering->places[0]));
    for (size_t i = 0; i < gathering->count; i++)
        gathering->places[find_place(gathering, &gathering->members[i])] =
            (uint32_t)i + 1;
}

static void gather(struct gathering *gathering, const struct member *member)
{
    size_t place;

    if (2 * gathering->count >= gathering->place_count)
        make_places(gathering);
    place = find_place(gathering, member);
    if (gathering->places[place]) {
        gathering->members[gathering->places[place] - 1].group.units +=
            member->group.units;
        return;
    }
    gathering->members = xgrow(gathering->members, gathering->count, &gathering->room,
                               sizeof(gathering->members[0]));
    gathering->members[gathering->count++] = *member;
    gathering->places[place] = (uint32_t)gathering->count;
}

static uint64_t find_pools(const struct plan *plan, const struct plan_job *job,
                           bool is_green)
{
    uint64_t rest = job->pools;
    uint64_t found = 0;

    for (int32_t i = 0; rest != 0; i++, rest >>= 1) {
        if ((rest & 1) && plan_pool_suits(plan, job, i)
            && (!is_green || plan_pool_zone(plan, i)))
            found |= UINT64_C(1) << i;
    }
    return found;
}

/* Above the planner's limit of watts a unit costs less than it would alone. */
static bool is_beyond_watts(const struct plan *plan, const struct plan_job *job)
{
    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if ((job->pools >> i & 1)
            && power_estimate(&plan->pools[i].shape, &job->wanted, job->power)
                   > PLAN_WATTS_MAX)
            return true;
    }
    return false;
}

static double units_of(const struct plan_job *job)
{
    return (double)(job->wanted.gpus > 0 ? job->wanted.gpus : job->wanted.cpus);
}

/* What a job of the plan is to the bound; `is_green`: its cost counts. */
static struct plan_kind kind_from(const struct plan *plan, const struct plan_wish *wish,
                                  bool is_green)
{
    const struct plan_job *job = wish->job;
    struct plan_kind kind = {
        .pools = find_pools(plan, job, is_green),
        .length = wish->length,
        .has_gpus = job->wanted.gpus > 0,
        .is_green = is_green && !is_beyond_watts(plan, job),
    };

    if (kind.is_green) {
        kind.power = kind.has_gpus ? job->power : 0;
        kind.class = job->class;
    }
    return kind;
}

static bool is_green(const struct plan *plan, const struct plan_wish *wish,
                     int32_t pool)
{
    return wish->mode == PLAN_MODE_CHEAPEST && plan_pool_zone(plan, pool);
}

static void add_job(struct plan_groups *groups, struct gathering *gathering,
                    const struct plan *plan, const struct plan_wish *wish,
                    const struct reservation *reservation)
{
    bool is_counted = is_green(plan, wish, reservation->pool);
    int64_t slot = plan_slot(plan, reservation->start);
    struct member member = {
        .kind = kind_from(plan, wish, is_counted),
        .group = {wish->first, wish->last, units_of(wish->job)},
    };

    assert(member.kind.pools >> reservation->pool & 1);
    /* One that is due keeps a start that could not be chosen any more. */
    slot = slot > 0 ? slot : 0;
    if (slot < member.group.first)
        member.group.first = (int32_t)slot;
    if (slot > member.group.last)
        member.group.last = (int32_t)slot;
    if (is_counted) {
        groups->green++;
        groups->cost += plan_cost(plan, wish, reservation->pool, (int32_t)slot);
    }
    gather(gathering, &member);
}

/*
 * A job in pieces. It may take as little as it takes now: what is planned is kept
 * though some seconds are missing. Where it runs it stays.
 */
static struct plan_span span_from(const struct plan *plan, const struct plan_wish *wish,
                                  const struct plan_split *split)
{
    const struct plan_pieces *pieces = &split->pieces;
    int32_t most = 2 * plan->slots;
    struct plan_span span = {
        .kind = kind_from(plan, wish, is_green(plan, wish, pieces->pool)),
        .first = wish->first,
        .ends = most,
        .units = units_of(wish->job),
    };
    const struct plan_job *job = wish->job;
    int64_t slots = 0;

    if (job->latest < INSTANT_MAX
        && plan_slot_after(plan, job->latest + job->time) < span.ends)
        span.ends = (int32_t)plan_slot_after(plan, job->latest + job->time);
    if (split->runs_in >= 0)
        span.kind.pools = UINT64_C(1) << split->runs_in;
    for (size_t i = 0; i < pieces->count; i++) {
        int64_t begins = plan_slot(plan, pieces->list[i].start);
        int64_t ends = plan_slot_after(plan, pieces->list[i].ends);

        if (begins < span.first)
            span.first = begins > 0 ? (int32_t)begins : 0;
        if (ends > span.ends)
            span.ends = ends < most ? (int32_t)ends : most;
        slots += ends - begins;
    }
    if (slots < span.kind.length)
        span.kind.length = (int32_t)slots;
    return span;
}

static int by_kind_and_window(const void *left, const void *right)
{
    const struct plan_span *a = left;
    const struct plan_span *b = right;
    int order = compare_kinds(&a->kind, &b->kind);

    if (order != 0)
        return order;
    if (a->first != b->first)
        return compare_numbers(a->first, b->first);
    return compare_numbers(a->ends, b->ends);
}

static void add_splits(struct plan_groups *groups, const struct plan_made *made)
{
    struct plan_span *spans = xcalloc(made->split_count, sizeof(spans[0]));
    size_t count = 0;

    for (size_t i = 0; i < made->split_count; i++) {
        const struct plan_split *split = &made->splits[i];
        struct plan_wish wish = plan_wish_from(made->plan, &split->job, made->now);

        if (split->pieces.count == 0 || split->pieces.reason == PLAN_LATE)
            continue;
        if (is_green(made->plan, &wish, split->pieces.pool)) {
            burden cost = plan_split_cost(made->plan, split, made->now);

            /* Of pieces that are past nothing is known. */
            if (cost == BURDEN_MAX)
                continue;
            groups->green++;
            groups->cost += cost;
        }
        spans[count++] = span_from(made->plan, &wish, split);
    }
    if (count > 0)
        qsort(spans, count, sizeof(spans[0]), by_kind_and_window);
    groups->spans = spans;
    for (size_t i = 0; i < count; i++) {
        if (groups->span_count > 0
            && by_kind_and_window(&spans[groups->span_count - 1], &spans[i]) == 0)
            spans[groups->span_count - 1].units += spans[i].units;
        else
            spans[groups->span_count++] = spans[i];
    }
}

/* Put what was gathered in order, and tell the bundles apart. */
static void arrange(struct plan_groups *groups, struct gathering *gathering)
{
    struct plan_bundle *bundle = NULL;
    size_t room = 0;

    if (gathering->count > 0)
        qsort(gathering->members, gathering->count, sizeof(gathering->members[0]),
              by_kind_and_last);
    groups->groups = xcalloc(gathering->count, sizeof(groups->groups[0]));
    groups->group_count = gathering->count;
    for (size_t i = 0; i < gathering->count; i++) {
        const struct member *member = &gathering->members[i];

        groups->groups[i] = member->group;
        if (!bundle || compare_kinds(&bundle->kind, &member->kind) != 0) {
            groups->bundles = xgrow(groups->bundles, groups->bundle_count, &room,
                                    sizeof(groups->bundles[0]));
            bundle = &groups->bundles[groups->bundle_count++];
            *bundle = (struct plan_bundle){member->kind, member->group.first,
                                           member->group.last, i, i};
        }
        if (member->group.first < bundle->first)
            bundle->first = member->group.first;
        bundle->last = member->group.last;
        bundle->end = i + 1;
    }
}

void plan_groups_init(struct plan_groups *groups, const struct plan_made *made)
{
    struct gathering gathering = {NULL, 0, 0, NULL, 0};

    *groups = (struct plan_groups){.bundles = NULL};
    for (size_t i = 0; i < made->batch->count; i++) {
        const struct plan_job job = plan_batch_unpack(made->batch, i);
        const struct reservation held = plan_batch_before(made->batch, i, &job);
        struct plan_wish wish;

        if (plan_is_late(&job, &held))
            continue;
        wish = plan_wish_from(made->plan, &job, made->now);
        add_job(groups, &gathering, made->plan, &wish, &held);
    }
    arrange(groups, &gathering);
    add_splits(groups, made);
    free(gathering.members);
    free(gathering.places);
}

void plan_groups_release(struct plan_groups *groups)
{
    free(groups->bundles);
    free(groups->groups);
    free(groups->spans);
}

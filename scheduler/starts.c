/* SPDX-License-Identifier: MIT */
#include "scheduler/starts.h"

#include <stdlib.h>

#include "base/alloc.h"

/* Kinds of runs that are remembered of a profile, as many as fit into STARTS_SIZE. */
#define STARTS_MAX    4096
#define STARTS_SIZE   (8 << 20)
#define STARTS_PROBES 4

#define ALL_OPEN 0xffff

_Static_assert(PROFILE_BLOCK == 16, "a block's slots are the bits of `open`");

struct kind {
    struct starts_run run;
    uint64_t given;  /* when it was asked for, by the profile's count */
    bool is_known;   /* what follows is */
    uint16_t *open;  /* by block, a bit for each start that may have room */
    int64_t least[]; /* by block, of the areas of those; INT64_MAX: none */
};

struct starts {
    int32_t slots;
    uint32_t room;       /* a power of two */
    struct kind **kinds; /* NULL until the first search */
};

static size_t kind_size(int32_t slots)
{
    size_t blocks = PROFILE_BLOCKS((size_t)slots);

    return sizeof(struct kind) + blocks * (sizeof(int64_t) + sizeof(uint16_t));
}

struct starts *starts_create(int32_t slots)
{
    struct starts *starts = xcalloc(1, sizeof(*starts));

    starts->slots = slots;
    starts->room = STARTS_MAX;
    while (starts->room * kind_size(slots) > STARTS_SIZE)
        starts->room /= 2;
    return starts;
}

void starts_destroy(struct starts *starts)
{
    if (!starts)
        return;
    for (uint32_t i = 0; starts->kinds && i < starts->room; i++)
        free(starts->kinds[i]);
    free(starts->kinds);
    free(starts);
}

static struct kind *create_kind(int32_t slots)
{
    struct kind *kind = xcalloc(1, kind_size(slots));

    kind->open = (uint16_t *)(kind->least + PROFILE_BLOCKS(slots));
    return kind;
}

static uint32_t hash(const struct starts_run *run)
{
    uint64_t bits = (uint64_t)run->need.gpus * 31 + (uint64_t)run->need.cpus;

    bits = bits * 31 + (uint64_t)run->need.memory;
    bits = bits * 31 + (uint64_t)run->budget;
    bits = bits * 31 + (uint64_t)run->class;
    bits = bits * 8191 + (uint64_t)run->length;
    return (uint32_t)(bits * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool is_same(const struct starts_run *a, const struct starts_run *b)
{
    return a->length == b->length && a->need.gpus == b->need.gpus
           && a->need.cpus == b->need.cpus && a->need.memory == b->need.memory
           && a->class == b->class && a->budget == b->budget;
}

/* The place of a kind of run; somebody else's is given to it if there is no other. */
static struct kind *find_kind(struct starts *starts, const struct starts_run *run)
{
    uint32_t home = hash(run) & (starts->room - 1);
    struct kind **place = NULL;

    if (!starts->kinds)
        starts->kinds = xcalloc(starts->room, sizeof(starts->kinds[0]));
    for (uint32_t i = 0; i < STARTS_PROBES; i++) {
        place = &starts->kinds[(home + i) & (starts->room - 1)];
        if (!*place)
            break;
        if (is_same(&(*place)->run, run))
            return *place;
    }
    if (*place)
        place = &starts->kinds[home];
    else
        *place = create_kind(starts->slots);
    (*place)->run = *run;
    (*place)->given = UINT64_MAX;
    return *place;
}

static void find_least(struct kind *kind, const struct plan_row *row, int32_t block)
{
    const int64_t *area = &row->area[(size_t)block * PROFILE_BLOCK];
    uint32_t open = kind->open[block];
    int64_t least = INT64_MAX;

    for (; open; open &= open - 1) {
        int64_t here = area[__builtin_ctz(open)];

        if (here < least)
            least = here;
    }
    kind->least[block] = least;
}

/* Which starts of a block have room, and where the next slot without any is. */
static uint32_t open_of(const struct plan_search *search, int32_t block,
                        int32_t *next_full)
{
    const struct profile *profile = search->profile;
    int32_t begins = block * PROFILE_BLOCK;
    int32_t ends =
        begins + PROFILE_BLOCK < search->slots ? begins + PROFILE_BLOCK : search->slots;
    uint32_t open = 0;

    for (int32_t i = ends - 1; i >= begins; i--) {
        if (!profile_fits(&search->need, &profile->free[i]))
            *next_full = i;
        else if (search->length <= *next_full - i && plan_search_may_start(search, i))
            open |= UINT32_C(1) << (i - begins);
    }
    return open;
}

/* All that there is to know, from the profile as it is. */
static void learn(struct kind *kind, const struct plan_search *search,
                  const struct plan_row *row)
{
    int32_t next_full = INT32_MAX;

    for (int32_t block = PROFILE_BLOCKS(search->slots) - 1; block >= 0; block--) {
        kind->open[block] = (uint16_t)open_of(search, block, &next_full);
        find_least(kind, row, block);
    }
    kind->is_known = true;
}

/* The bits of a block that lie in [low, high]. */
static uint32_t mask_of(int32_t block, int32_t low, int32_t high)
{
    int32_t begins = block * PROFILE_BLOCK;
    uint32_t mask = ALL_OPEN;

    if (low > begins)
        mask &= (uint32_t)ALL_OPEN << (low - begins);
    if (high < begins + PROFILE_BLOCK - 1)
        mask &= ALL_OPEN >> (begins + PROFILE_BLOCK - 1 - high);
    return mask;
}

/* The best of some starts of a block; -1: none. */
static int32_t best_of_block(const struct kind *kind, const struct plan_row *row,
                             int32_t block, uint32_t mask)
{
    int32_t best = -1;

    for (uint32_t open = kind->open[block] & mask; open; open &= open - 1) {
        int32_t slot = block * PROFILE_BLOCK + __builtin_ctz(open);

        if (best < 0 || row->area[slot] < row->area[best])
            best = slot;
    }
    return best;
}

/*
 * The first of the cheapest starts that are left in [low, high]; -1: none. Whole blocks
 * come first, for after them it is seldom worth a look at the slots of the outer two.
 */
static int32_t find_best(const struct kind *kind, const struct plan_row *row,
                         int32_t low, int32_t high)
{
    int32_t first = low / PROFILE_BLOCK;
    int32_t last = high / PROFILE_BLOCK;
    int32_t block = -1;
    int64_t least = INT64_MAX;
    int32_t best = -1;
    int32_t other;

    if (low > high)
        return -1;
    for (int32_t i = first + 1; i < last; i++) {
        if (kind->least[i] < least) {
            least = kind->least[i];
            block = i;
        }
    }
    if (kind->least[first] <= least) {
        best = best_of_block(kind, row, first, mask_of(first, low, high));
        if (best >= 0 && row->area[best] <= least) {
            least = row->area[best];
            block = -1;
        } else {
            best = -1;
        }
    }
    if (last > first && kind->least[last] < least) {
        other = best_of_block(kind, row, last, mask_of(last, low, high));
        if (other >= 0 && row->area[other] < least)
            return other;
    }
    return block < 0 ? best : best_of_block(kind, row, block, ALL_OPEN);
}

static void strike(struct kind *kind, const struct plan_row *row, int32_t low,
                   int32_t high)
{
    for (int32_t block = low / PROFILE_BLOCK; block <= high / PROFILE_BLOCK; block++) {
        uint32_t mask = mask_of(block, low, high);

        if (kind->open[block] & mask) {
            kind->open[block] &= (uint16_t)~mask;
            find_least(kind, row, block);
        }
    }
}

/*
 * Whether there is room after all. If not, this start is struck out, and all others
 * whose runs would need the same slot.
 */
static bool holds(struct kind *kind, const struct plan_search *search,
                  const struct plan_row *row, int32_t slot)
{
    int32_t ends =
        search->slots - slot > search->length ? slot + search->length : search->slots;
    int32_t full;

    if (!plan_search_may_start(search, slot)) {
        strike(kind, row, slot, slot);
        return false;
    }
    full = profile_find_full(search->profile, slot, ends, &search->need);
    if (full == ends)
        return true;
    strike(kind, row, full - search->length < 0 ? 0 : full - search->length + 1, full);
    return false;
}

bool starts_find_cheapest(const struct plan_search *search, const struct plan_row *row,
                          int32_t *slot)
{
    const struct profile *profile = search->profile;
    struct starts_run run = {search->need, search->budget, row->class, search->length};
    struct kind *kind = find_kind(profile->starts, &run);
    int32_t best;

    if (kind->given != profile->given) {
        kind->given = profile->given;
        kind->is_known = false;
        return false;
    }
    if (!kind->is_known)
        learn(kind, search, row);
    do {
        best = find_best(kind, row, search->first + 1, search->last);
    } while (best >= 0 && !holds(kind, search, row, best));
    /* A run that begins within the first slot may be a slot longer. */
    if ((best < 0 || row->area[search->first] <= row->area[best])
        && plan_search_has(search, search->first))
        best = search->first;
    *slot = best;
    return true;
}

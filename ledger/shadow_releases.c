/* SPDX-License-Identifier: MIT */
#include "ledger/shadow_releases.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BLOCK_ITEMS 256

struct block {
    struct resources sum;
    size_t count; /* never 0 */
    struct shadow_release items[BLOCK_ITEMS];
};

struct shadow_releases {
    struct block **blocks;
    size_t count;
    size_t room;
};

struct shadow_releases *shadow_releases_create(void)
{
    return xcalloc(1, sizeof(struct shadow_releases));
}

void shadow_releases_destroy(struct shadow_releases *releases)
{
    if (!releases)
        return;
    for (size_t i = 0; i < releases->count; i++)
        free(releases->blocks[i]);
    free(releases->blocks);
    free(releases);
}

static bool is_before(const struct shadow_release *release, instant at, size_t job)
{
    return release->at < at || (release->at == at && release->job < job);
}

/* The last block that does not begin after (at, job); the first if all do. */
static size_t find_block(const struct shadow_releases *releases, instant at, size_t job)
{
    size_t low = 0, high = releases->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_before(&releases->blocks[middle]->items[0], at, job + 1))
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

/* The first item that is not before (at, job). */
static size_t find_item(const struct block *block, instant at, size_t job)
{
    size_t low = 0, high = block->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_before(&block->items[middle], at, job))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_block(struct shadow_releases *releases, size_t i)
{
    releases->blocks = xgrow(releases->blocks, releases->count, &releases->room,
                             sizeof(struct block *));
    memmove(releases->blocks + i + 1, releases->blocks + i,
            (releases->count - i) * sizeof(struct block *));
    releases->blocks[i] = xcalloc(1, sizeof(struct block));
    releases->count++;
}

/* Move the upper half of a full block into a new one after it. */
static void split_block(struct shadow_releases *releases, size_t i)
{
    struct block *lower = releases->blocks[i], *upper;

    insert_block(releases, i + 1);
    upper = releases->blocks[i + 1];
    upper->count = BLOCK_ITEMS / 2;
    lower->count = BLOCK_ITEMS - upper->count;
    memcpy(upper->items, lower->items + lower->count,
           upper->count * sizeof(upper->items[0]));
    for (size_t k = 0; k < upper->count; k++) {
        resources_add(&upper->sum, &upper->items[k].held);
        resources_subtract(&lower->sum, &upper->items[k].held);
    }
}

void shadow_releases_add(struct shadow_releases *releases,
                         const struct shadow_release *release)
{
    struct block *block;
    size_t i, item;

    if (releases->count == 0)
        insert_block(releases, 0);
    i = find_block(releases, release->at, release->job);
    if (releases->blocks[i]->count == BLOCK_ITEMS) {
        split_block(releases, i);
        i = find_block(releases, release->at, release->job);
    }
    block = releases->blocks[i];
    item = find_item(block, release->at, release->job);
    memmove(block->items + item + 1, block->items + item,
            (block->count - item) * sizeof(block->items[0]));
    block->items[item] = *release;
    block->count++;
    resources_add(&block->sum, &release->held);
}

void shadow_releases_remove(struct shadow_releases *releases, instant at, size_t job)
{
    size_t i = find_block(releases, at, job), item;
    struct block *block;

    assert(i < releases->count);
    block = releases->blocks[i];
    item = find_item(block, at, job);
    assert(item < block->count);
    assert(block->items[item].at == at && block->items[item].job == job);
    resources_subtract(&block->sum, &block->items[item].held);
    block->count--;
    memmove(block->items + item, block->items + item + 1,
            (block->count - item) * sizeof(block->items[0]));
    if (block->count)
        return;
    free(block);
    releases->count--;
    memmove(releases->blocks + i, releases->blocks + i + 1,
            (releases->count - i) * sizeof(struct block *));
}

/* What is overdrawn keeps nobody out who wants none of it. */
static bool fits(const struct resources *wanted, const struct resources *room)
{
    return (wanted->gpus <= room->gpus || wanted->gpus == 0)
           && (wanted->cpus <= room->cpus || wanted->cpus == 0)
           && (wanted->memory <= room->memory || wanted->memory == 0);
}

/* Whether it fits once the sum is released too. */
static bool fits_after(const struct resources *wanted, const struct resources *room,
                       const struct resources *released)
{
    struct resources then = *room;

    resources_add(&then, released);
    return fits(wanted, &then);
}

instant shadow_releases_until(const struct shadow_releases *releases,
                              const struct resources *wanted, struct resources *room)
{
    instant until = INSTANT_MAX;
    bool found = false;

    for (size_t i = 0; i < releases->count; i++) {
        const struct block *block = releases->blocks[i];

        if (!found && !fits_after(wanted, room, &block->sum)) {
            resources_add(room, &block->sum);
            continue;
        }
        for (size_t k = 0; k < block->count; k++) {
            if (found && block->items[k].at > until)
                return until;
            resources_add(room, &block->items[k].held);
            if (!found && fits(wanted, room)) {
                found = true;
                until = block->items[k].at;
            }
        }
    }
    return until;
}

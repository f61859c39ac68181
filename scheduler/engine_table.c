/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_table.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* Ids are given out one after the other; multiplying spreads them (Knuth, vol. 3, 6.4).
 */
static size_t home_of(const struct id_map *map, int64_t id)
{
    return (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 20)
           & (map->room - 1);
}

static struct id_slot *slot_of(const struct id_map *map, int64_t id)
{
    size_t at = home_of(map, id);

    while (map->slots[at].id != 0 && map->slots[at].id != id)
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

void id_map_release(struct id_map *map)
{
    free(map->slots);
    *map = (struct id_map){0};
}

void *id_map_find(const struct id_map *map, int64_t id)
{
    return map->count ? slot_of(map, id)->value : NULL;
}

static void grow(struct id_map *map)
{
    struct id_map larger = {.room = map->room ? 2 * map->room : 64};

    larger.slots = xcalloc(larger.room, sizeof(*larger.slots));
    for (size_t i = 0; i < map->room; i++)
        if (map->slots[i].id)
            *slot_of(&larger, map->slots[i].id) = map->slots[i];
    larger.count = map->count;
    free(map->slots);
    *map = larger;
}

void id_map_add(struct id_map *map, int64_t id, void *value)
{
    struct id_slot *slot;

    if (4 * (map->count + 1) > 3 * map->room)
        grow(map);
    slot = slot_of(map, id);
    if (slot->id == 0)
        map->count++;
    *slot = (struct id_slot){id, value};
}

/* What follows in the same run is moved up, so that no search ends too early. */
void id_map_remove(struct id_map *map, int64_t id)
{
    struct id_slot *slot;
    size_t hole;

    if (!map->count)
        return;
    slot = slot_of(map, id);
    if (slot->id == 0)
        return;
    *slot = (struct id_slot){0, NULL};
    map->count--;
    hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & (map->room - 1); map->slots[at].id;
         at = (at + 1) & (map->room - 1)) {
        struct id_slot moved = map->slots[at];

        map->slots[at] = (struct id_slot){0, NULL};
        *slot_of(map, moved.id) = moved;
    }
}

intptr_t id_map_counted(const struct id_map *map, int64_t id)
{
    return (intptr_t)id_map_find(map, id);
}

void id_map_count(struct id_map *map, int64_t id, intptr_t change)
{
    intptr_t counted = id_map_counted(map, id) + change;

    if (counted != 0)
        id_map_add(map, id, (void *)counted);
    else
        id_map_remove(map, id);
}

static bool is_before(const struct engine_entry *a, const struct engine_entry *b)
{
    instant a_due = engine_due(a);
    instant b_due = engine_due(b);

    if (a_due != b_due)
        return a_due < b_due;
    if (a->job.priority != b->job.priority)
        return a->job.priority > b->job.priority;
    return a->job.id < b->job.id;
}

static void put(struct start_heap *heap, size_t at, struct engine_entry *entry)
{
    heap->items[at] = entry;
    entry->heap_index = at;
}

static void sift_up(struct start_heap *heap, size_t at, struct engine_entry *entry)
{
    while (at > 0 && is_before(entry, heap->items[(at - 1) / 2])) {
        put(heap, at, heap->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(heap, at, entry);
}

static void sift_down(struct start_heap *heap, size_t at, struct engine_entry *entry)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < heap->count
            && is_before(heap->items[child + 1], heap->items[child]))
            child++;
        if (child >= heap->count || !is_before(heap->items[child], entry))
            break;
        put(heap, at, heap->items[child]);
        at = child;
    }
    put(heap, at, entry);
}

void start_heap_release(struct start_heap *heap)
{
    free(heap->items);
    *heap = (struct start_heap){0};
}

struct engine_entry *start_heap_top(const struct start_heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}

void start_heap_add(struct start_heap *heap, struct engine_entry *entry)
{
    heap->items =
        xgrow(heap->items, heap->count, &heap->room, sizeof(struct engine_entry *));
    sift_up(heap, heap->count++, entry);
}

void start_heap_remove(struct start_heap *heap, struct engine_entry *entry)
{
    size_t at = entry->heap_index;
    struct engine_entry *last;

    if (at == HEAP_NONE)
        return;
    entry->heap_index = HEAP_NONE;
    last = heap->items[--heap->count];
    if (last == entry)
        return;
    if (at > 0 && is_before(last, heap->items[(at - 1) / 2]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

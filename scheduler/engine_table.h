/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_TABLE_H
#define SCHEDULER_ENGINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Two containers of the engine: a map from job ids to pointers, and a heap of waiting
 * jobs by planned start.
 */

/* A hash map by open addressing; ids are above 0. Start with all zero. */
struct id_map {
    struct id_slot {
        int64_t id; /* 0: empty */
        void *value;
    } * slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

void id_map_release(struct id_map *map);
void *id_map_find(const struct id_map *map, int64_t id);      /* NULL: none */
void id_map_add(struct id_map *map, int64_t id, void *value); /* replaces */
void id_map_remove(struct id_map *map, int64_t id);

/* A map may hold counts in place of pointers: change one, which is 0 at first. */
intptr_t id_map_counted(const struct id_map *map, int64_t id);
void id_map_count(struct id_map *map, int64_t id, intptr_t change);

struct engine_entry;

/*
 * A binary heap of entries by (engine_due(), priority descending, id), each of
 * which knows its place, so that one can be taken out of the middle. Start with all
 * zero.
 */
struct start_heap {
    struct engine_entry **items;
    size_t count;
    size_t room;
};

#define HEAP_NONE SIZE_MAX

void start_heap_release(struct start_heap *heap);
struct engine_entry *start_heap_top(const struct start_heap *heap); /* NULL: empty */
void start_heap_add(struct start_heap *heap, struct engine_entry *entry);
void start_heap_remove(struct start_heap *heap, struct engine_entry *entry);

#endif

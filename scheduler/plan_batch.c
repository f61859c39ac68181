/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"

/* An open hash table of shapes, never more than half full. */
struct table {
    uint32_t *places; /* shape + 1; 0: nobody's */
    size_t room;      /* a power of two */
};

static int32_t clip(int64_t seconds)
{
    if (seconds < INT32_MIN)
        return INT32_MIN;
    return seconds > INT32_MAX ? INT32_MAX : (int32_t)seconds;
}

static bool is_same_shape(const struct plan_job *a, const struct plan_job *b)
{
    return a->pools == b->pools && a->wanted.gpus == b->wanted.gpus
           && a->wanted.cpus == b->wanted.cpus && a->wanted.memory == b->wanted.memory
           && a->power == b->power && a->class == b->class && a->now == b->now;
}

static size_t hash_shape(const struct plan_job *job)
{
    const uint64_t parts[] = {
        job->pools,
        (uint64_t)job->wanted.gpus,
        (uint64_t)job->wanted.cpus,
        (uint64_t)job->wanted.memory,
        (uint64_t)job->power << 9 | (uint64_t)job->class << 1 | job->now,
    };
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (size_t)hash;
}

static void put(const struct plan_batch *batch, struct table *table, uint32_t shape)
{
    size_t place = hash_shape(&batch->shapes[shape]) & (table->room - 1);

    while (table->places[place])
        place = (place + 1) & (table->room - 1);
    table->places[place] = shape + 1;
}

static void grow_table(const struct plan_batch *batch, struct table *table)
{
    free(table->places);
    table->room = table->room > 0 ? 2 * table->room : 64;
    table->places = xcalloc(table->room, sizeof(table->places[0]));
    for (size_t i = 0; i < batch->shape_count; i++)
        put(batch, table, (uint32_t)i);
}

static uint32_t find_shape(struct plan_batch *batch, struct table *table,
                           const struct plan_job *job)
{
    size_t place;
    uint32_t shape;

    if (2 * batch->shape_count >= table->room)
        grow_table(batch, table);
    place = hash_shape(job) & (table->room - 1);
    while (table->places[place]) {
        shape = table->places[place] - 1;
        if (is_same_shape(&batch->shapes[shape], job))
            return shape;
        place = (place + 1) & (table->room - 1);
    }
    shape = (uint32_t)batch->shape_count;
    batch->shapes = xgrow(batch->shapes, batch->shape_count, &batch->shape_room,
                          sizeof(batch->shapes[0]));
    batch->shapes[batch->shape_count++] = *job;
    table->places[place] = shape + 1;
    return shape;
}

void plan_batch_init(struct plan_batch *batch, const struct plan_job *jobs,
                     const uint32_t *order, size_t count, instant epoch)
{
    struct table table = {NULL, 0};
    struct plan_packed *packed = xcalloc(count, sizeof(packed[0]));

    *batch = (struct plan_batch){.epoch = epoch, .count = count};
    for (size_t i = 0; i < count; i++)
        packed[i] = (struct plan_packed){
            .shape = find_shape(batch, &table, &jobs[i]),
            .time = clip(jobs[i].time),
            .earliest = clip(jobs[i].earliest - epoch),
            .latest = jobs[i].latest == INSTANT_MAX ? INT32_MAX
                                                    : clip(jobs[i].latest - epoch),
        };
    /* Twice over the small ones is faster than once over the large ones at random. */
    batch->jobs = xcalloc(count, sizeof(batch->jobs[0]));
    for (size_t k = 0; k < count; k++)
        batch->jobs[k] = packed[order[k]];
    free(packed);
    free(table.places);
}

void plan_batch_release(struct plan_batch *batch)
{
    free(batch->shapes);
    free(batch->jobs);
}

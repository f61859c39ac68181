/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"

_Static_assert(sizeof(struct plan_packed) == 12 && sizeof(struct plan_before) == 8,
               "packed");
_Static_assert(PLAN_POOLS_MAX < UINT8_MAX && PLAN_REASONS <= UINT8_MAX, "fit a byte");

static int32_t clip(int64_t seconds)
{
    if (seconds < INT32_MIN)
        return INT32_MIN;
    return seconds > INT32_MAX ? INT32_MAX : (int32_t)seconds;
}

struct plan_batch *plan_batch_create(const struct plan *plan, size_t room, instant now)
{
    struct plan_batch *batch = xcalloc(1, sizeof(*batch));

    assert(room <= PLAN_JOBS_MAX);
    batch->now = now;
    batch->begins = plan->begins;
    batch->slot = plan->settings.slot;
    batch->room = room;
    batch->jobs = xcalloc(room, sizeof(batch->jobs[0]));
    batch->ids = xcalloc(room, sizeof(batch->ids[0]));
    batch->is_by_id = true;
    return batch;
}

struct plan_batch *plan_batch_copy(const struct plan_batch *batch)
{
    struct plan_batch *copy = xmemdup(batch, sizeof(*batch));

    copy->shapes = xmemdup(batch->shapes, batch->shape_count * sizeof(copy->shapes[0]));
    copy->shape_room = batch->shape_count;
    copy->table = (struct shape_table){NULL, 0};
    copy->room = batch->count;
    copy->jobs = xmemdup(batch->jobs, batch->count * sizeof(copy->jobs[0]));
    copy->before = xmemdup(batch->before, batch->count * sizeof(copy->before[0]));
    copy->ids = xmemdup(batch->ids, batch->count * sizeof(copy->ids[0]));
    copy->places = xmemdup(batch->places, batch->count * sizeof(copy->places[0]));
    return copy;
}

void plan_batch_destroy(struct plan_batch *batch)
{
    if (!batch)
        return;
    free(batch->shapes);
    free(batch->table.places);
    free(batch->jobs);
    free(batch->before);
    free(batch->ids);
    free(batch->places);
    free(batch);
}

static bool is_same_shape(const struct plan_job *a, const struct plan_job *b)
{
    return a->pools == b->pools && a->wanted.gpus == b->wanted.gpus
           && a->wanted.cpus == b->wanted.cpus && a->wanted.memory == b->wanted.memory
           && a->power == b->power && a->earliest == b->earliest
           && a->priority == b->priority && a->class == b->class && a->now == b->now;
}

static size_t hash_shape(const struct plan_job *job)
{
    const uint64_t parts[] = {
        job->pools,
        (uint64_t)job->wanted.gpus,
        (uint64_t)job->wanted.cpus,
        (uint64_t)job->wanted.memory,
        (uint64_t)job->earliest,
        (uint64_t)job->power << 25 | (uint64_t)(job->priority & 0xffff) << 9
            | (uint64_t)job->class << 1 | job->now,
    };
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (size_t)hash;
}

static void put(struct plan_batch *batch, uint32_t shape)
{
    struct shape_table *table = &batch->table;
    size_t place = hash_shape(&batch->shapes[shape]) & (table->room - 1);

    while (table->places[place])
        place = (place + 1) & (table->room - 1);
    table->places[place] = shape + 1;
}

static void grow_table(struct plan_batch *batch)
{
    struct shape_table *table = &batch->table;

    free(table->places);
    table->room = table->room > 0 ? 2 * table->room : 64;
    table->places = xcalloc(table->room, sizeof(table->places[0]));
    for (size_t i = 0; i < batch->shape_count; i++)
        put(batch, (uint32_t)i);
}

/* The table is never more than half full. */
static uint32_t find_shape(struct plan_batch *batch, const struct plan_job *job)
{
    struct shape_table *table = &batch->table;
    size_t place;
    uint32_t shape;

    if (2 * batch->shape_count >= table->room)
        grow_table(batch);
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

static void add_id(struct plan_batch *batch, int64_t id)
{
    if (batch->count == 0)
        batch->first_id = id;
    batch->ids[batch->count] = clip(id - batch->first_id);
    batch->is_by_id =
        batch->is_by_id
        && (batch->count == 0 || batch->ids[batch->count] >= batch->last_id);
    batch->last_id = batch->ids[batch->count];
}

struct plan_before plan_before_from(const struct plan_batch *batch,
                                    const struct reservation *reservation)
{
    return (struct plan_before){
        .start = reservation->pool < 0 ? INT32_MAX
                                       : clip(reservation->start - batch->begins),
        .place = (uint8_t)(reservation->pool + 1),
        .reason = (uint8_t)reservation->reason,
    };
}

/* Only once there is one: most of new jobs have none. */
static void make_room_for_before(struct plan_batch *batch)
{
    const struct plan_before none = plan_before_from(batch, &RESERVATION_NONE);

    batch->before = xcalloc(batch->room, sizeof(batch->before[0]));
    for (size_t i = 0; i < batch->count; i++)
        batch->before[i] = none;
}

void plan_batch_add(struct plan_batch *batch, const struct plan_job *job,
                    const struct reservation *reservation)
{
    struct plan_job shape = *job;
    size_t i = batch->count;

    assert(i < batch->room && !batch->places);
    add_id(batch, job->id);
    if (shape.earliest <= batch->now)
        shape.earliest = 0;
    batch->jobs[i] = (struct plan_packed){
        .shape = find_shape(batch, &shape),
        .time = clip(job->time),
        .latest =
            job->latest == INSTANT_MAX ? INT32_MAX : clip(job->latest - batch->begins),
    };
    if (reservation->pool >= 0 && !batch->before)
        make_room_for_before(batch);
    if (batch->before)
        batch->before[i] = plan_before_from(batch, reservation);
    batch->count++;
}

size_t plan_batch_count(const struct plan_batch *batch)
{
    return batch->count;
}

static size_t place_of(const struct plan_batch *batch, size_t i)
{
    assert(i < batch->count);
    return batch->places ? batch->places[i] : i;
}

struct plan_job plan_batch_job(const struct plan_batch *batch, size_t i)
{
    return plan_batch_unpack(batch, place_of(batch, i));
}

instant plan_batch_ends(const struct plan_batch *batch, instant start, duration time)
{
    duration ends = (start < batch->begins ? batch->now : start) + time - batch->begins;

    return batch->begins + (ends + batch->slot - 1) / batch->slot * batch->slot;
}

struct reservation plan_batch_before(const struct plan_batch *batch, size_t place,
                                     const struct plan_job *job)
{
    const struct plan_before *before;
    struct reservation reservation = RESERVATION_NONE;

    if (!batch->before)
        return reservation;
    before = &batch->before[place];
    reservation.reason = before->reason;
    if (before->place == 0)
        return reservation;
    reservation.pool = before->place - 1;
    reservation.start = batch->begins + before->start;
    reservation.ends = plan_batch_ends(batch, reservation.start, job->time);
    return reservation;
}

struct reservation plan_batch_reservation(const struct plan_batch *batch, size_t i)
{
    size_t place = place_of(batch, i);
    const struct plan_job job = plan_batch_unpack(batch, place);

    return plan_batch_before(batch, place, &job);
}

bool plan_batch_has(const struct plan_batch *batch, size_t i)
{
    return batch->before && batch->before[place_of(batch, i)].place > 0;
}

struct reservation plan_batch_take(struct plan_batch *batch, size_t i)
{
    const struct reservation reservation = plan_batch_reservation(batch, i);

    if (batch->before)
        batch->before[place_of(batch, i)].place = 0;
    return reservation;
}

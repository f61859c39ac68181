/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* All that follows from the levels of the horizon. */
static void sum_up(struct plan_zone *zone)
{
    zone->area[0] = 0;
    for (int32_t i = 0; i < 2 * zone->slots; i++) {
        if (i >= zone->slots) {
            zone->level[i] = zone->level[i - zone->period];
            zone->renewable[i] = zone->renewable[i - zone->period];
        }
        zone->area[i + 1] = zone->area[i] + zone->level[i] * zone->slot;
    }
    zone->mean = zone->area[zone->period] / (zone->period * zone->slot);
}

struct plan_zone *plan_zone_create(int32_t slots, duration slot,
                                   const intensity *levels, const share *renewable)
{
    struct plan_zone *zone = xcalloc(1, sizeof(*zone));
    size_t count = 2 * (size_t)slots;

    zone->level = xcalloc(count, sizeof(zone->level[0]));
    zone->area = xcalloc(count + 1, sizeof(zone->area[0]));
    zone->renewable = xcalloc(count, sizeof(zone->renewable[0]));
    zone->slots = slots;
    zone->slot = slot;
    zone->period = (int32_t)(DAY / slot) < slots ? (int32_t)(DAY / slot) : slots;
    for (int32_t i = 0; i < slots; i++)
        assert(levels[i] >= 0 && levels[i] <= INTENSITY_MAX);
    memcpy(zone->level, levels, (size_t)slots * sizeof(levels[0]));
    zone->has_renewable = renewable != NULL;
    if (renewable)
        memcpy(zone->renewable, renewable, (size_t)slots * sizeof(renewable[0]));
    sum_up(zone);
    return zone;
}

struct plan_zone *plan_zone_copy(const struct plan_zone *zone)
{
    struct plan_zone *copy = xmemdup(zone, sizeof(*zone));
    size_t count = 2 * (size_t)zone->slots;

    copy->level = xmemdup(zone->level, count * sizeof(copy->level[0]));
    copy->area = xmemdup(zone->area, (count + 1) * sizeof(copy->area[0]));
    copy->renewable = xmemdup(zone->renewable, count * sizeof(copy->renewable[0]));
    return copy;
}

void plan_zone_destroy(struct plan_zone *zone)
{
    if (!zone)
        return;
    free(zone->level);
    free(zone->area);
    free(zone->renewable);
    free(zone);
}

void plan_zone_advance(struct plan_zone *zone, int64_t slots)
{
    /* Whole days that pass beyond the horizon change nothing. */
    int32_t passed = (int32_t)(slots > zone->slots
                                   ? zone->slots - (zone->slots - slots) % zone->period
                                   : slots);

    if (passed > zone->slots)
        passed -= zone->period;
    memmove(zone->level, zone->level + passed,
            (size_t)zone->slots * sizeof(zone->level[0]));
    memmove(zone->renewable, zone->renewable + passed,
            (size_t)zone->slots * sizeof(zone->renewable[0]));
    sum_up(zone);
}

/*
 * Days beyond the horizon are all alike: a long run is charged for whole ones of them,
 * and then reaches no further than the levels that are kept.
 */
static int64_t days_beyond(const struct plan_zone *zone, int32_t length)
{
    if (length <= zone->slots)
        return 0;
    return (length - zone->slots + zone->period - 1) / zone->period;
}

static int64_t day_area(const struct plan_zone *zone)
{
    return zone->area[zone->slots] - zone->area[zone->slots - zone->period];
}

int64_t plan_zone_area(const struct plan_zone *zone, int32_t slot, int32_t length)
{
    int64_t days = days_beyond(zone, length);
    int64_t ends = slot + length - days * zone->period;

    return zone->area[ends] - zone->area[slot] + days * day_area(zone);
}

static int64_t area_until(const struct plan_zone *zone, duration when)
{
    int64_t slot = when / zone->slot;

    return zone->area[slot] + zone->level[slot] * (when % zone->slot);
}

int64_t plan_zone_integral(const struct plan_zone *zone, duration begins,
                           duration length)
{
    duration horizon = zone->slots * zone->slot;
    duration day = zone->period * zone->slot;
    int64_t days = 0;

    if (begins + length >= 2 * horizon)
        days = (begins + length - 2 * horizon) / day + 1;
    return area_until(zone, begins + length - days * day) - area_until(zone, begins)
           + days * day_area(zone);
}

int64_t plan_zone_patience(const struct plan_zone *zone, int32_t length,
                           int64_t patience_ppm)
{
    duration time = length * zone->slot;

    if (patience_ppm <= 0)
        return 0;
    if (time > JOB_TIME_MAX + HOUR)
        time = JOB_TIME_MAX + HOUR;
    return time * zone->mean * patience_ppm / 1000000 / (HOUR / zone->slot);
}

static void fill_row(struct plan_row *row, const struct plan_zone *zone,
                     int64_t patience_ppm)
{
    int64_t days = days_beyond(zone, row->length);
    int64_t beyond = days * day_area(zone);
    const int64_t *begins = zone->area;
    const int64_t *ends = zone->area + (row->length - days * zone->period);
    int64_t patience = plan_zone_patience(zone, row->length, patience_ppm);
    int32_t best_before = -1;

    for (int32_t i = 0; i < zone->slots; i++)
        row->area[i] = ends[i] - begins[i] + beyond + patience * i;
    for (int32_t i = 0; i < zone->slots; i += PROFILE_BLOCK) {
        int32_t block = i / PROFILE_BLOCK;
        int32_t best = i;

        for (int32_t j = i + 1; j < i + PROFILE_BLOCK && j < zone->slots; j++) {
            if (row->area[j] < row->area[best])
                best = j;
        }
        row->best[block] = best;
        row->best_before[block] = best_before;
        if (best_before < 0 || row->area[best] < row->area[best_before])
            best_before = best;
    }
}

static size_t row_size(int32_t slots)
{
    size_t of_slots = (size_t)slots * sizeof(int64_t);
    size_t of_blocks = PROFILE_BLOCKS((size_t)slots) * sizeof(int32_t);

    return sizeof(struct plan_row) + of_slots + 2 * of_blocks;
}

static struct plan_row *create_row(int32_t slots)
{
    struct plan_row *row = xcalloc(1, row_size(slots));

    row->best = (int32_t *)(row->area + slots);
    row->best_before = row->best + PROFILE_BLOCKS(slots);
    return row;
}

uint32_t plan_count_rows(int32_t slots)
{
    size_t count = PLAN_ROWS_SIZE / row_size(slots);

    if (count < 1)
        return 1;
    return count < PLAN_ROWS ? (uint32_t)count : PLAN_ROWS;
}

void plan_forget_rows(struct plan *plan)
{
    for (size_t i = 0; i < PLAN_ROWS; i++) {
        if (plan->rows[i])
            plan->rows[i]->length = 0;
    }
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (plan->pools[i].profile)
            profile_forget_searches(plan->pools[i].profile);
    }
}

/* One place for each row, by its length first: what does not fit is made anew. */
const struct plan_row *plan_find_row(struct plan *plan, int32_t zone, int32_t class,
                                     int32_t length)
{
    uint32_t scattered = (uint32_t)(zone * PLAN_CLASSES_MAX + class) * 2654435761U;
    uint32_t place = ((uint32_t)length + (scattered >> 16)) % plan->row_count;
    struct plan_row *row = plan->rows[place];

    assert(length > 0);
    if (row && row->length == length && row->zone == zone && row->class == class)
        return row;
    if (!row)
        row = plan->rows[place] = create_row(plan->slots);
    row->zone = zone;
    row->class = class;
    row->length = length;
    fill_row(row, plan->zones[zone], plan->classes[class].policy.patience_ppm);
    return row;
}

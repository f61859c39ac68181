/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_INTERNAL_H
#define SCHEDULER_PLAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nodes/power.h"
#include "queue/job.h"
#include "scheduler/plan.h"
#include "scheduler/plan_batch.h"
#include "scheduler/profile.h"

/*
 * The inside of a plan, for scheduler/plan*.c only.
 *
 * Inside, time is counted in slots, and a start is weighed by its `area`: intensity
 * times seconds of whole slots, mg/kWh x s, plus what the waiting is worth in the same
 * unit. Within a pool areas decide, for what a job draws is the same at any time; pools
 * are compared by `burden`, area x W x PUE in millionths, which needs 128 bits and is
 * exact.
 */

#define PLAN_WATTS_MAX INT64_C(100000000)
#define PLAN_PUE_MAX   INT64_C(10000000)
#define PLAN_AREA_MAX  (INTENSITY_MAX * (JOB_TIME_MAX + 2 * HOUR))

_Static_assert(PLAN_AREA_MAX <= INT64_MAX / 1000000, "an area times ppm fits");
/* An hour of waiting adds at most the area of the run, however many slots it is. */
_Static_assert(PLAN_AREA_MAX <= INT64_MAX / 2 / (PLAN_HORIZON_MAX / HOUR),
               "patience of 100 %/h over the horizon, and the area, fit");
_Static_assert(INTENSITY_MAX * 2 * PLAN_HORIZON_MAX <= INT64_MAX / 2,
               "the prefix sums fit");

__extension__ typedef unsigned __int128 burden;

#define BURDEN_MAX (~(burden)0)

/*
 * The power of a zone: levels of the horizon and, because a run may reach beyond it, as
 * many again that repeat the last `period` slots, and their prefix sums.
 */
struct plan_zone {
    int32_t slots;
    int32_t period; /* a day, or the horizon if that is shorter */
    duration slot;
    bool has_renewable;
    intensity mean;   /* of the next 24 h */
    intensity *level; /* 2 x slots, as is renewable */
    int64_t *area;    /* 2 x slots + 1 */
    share *renewable;
};

struct plan_zone *plan_zone_create(int32_t slots, duration slot,
                                   const intensity *levels, const share *renewable);
struct plan_zone *plan_zone_copy(const struct plan_zone *zone);
void plan_zone_destroy(struct plan_zone *zone);
void plan_zone_advance(struct plan_zone *zone, int64_t slots);

/* The area under `length` slots from a slot of the horizon on. */
int64_t plan_zone_area(const struct plan_zone *zone, int32_t slot, int32_t length);

/* The area under [begins, begins + length), in seconds since slot 0; exact. */
int64_t plan_zone_integral(const struct plan_zone *zone, duration begins,
                           duration length);

/* What one slot of waiting adds to the area of a run. */
int64_t plan_zone_patience(const struct plan_zone *zone, int32_t length,
                           int64_t patience_ppm);

/*
 * The areas of a run of one length at every start, with the patience of one class, and
 * which start is least in each block, and in all slots before each block. Kept, because
 * jobs have few different lengths.
 */
struct plan_row {
    int32_t zone;
    int32_t class;
    int32_t length;
    int32_t *best;        /* by block */
    int32_t *best_before; /* by block; -1: none */
    int64_t area[];
};

/* As many as fit into PLAN_ROWS_SIZE bytes are kept, at least one. */
#define PLAN_ROWS      2048
#define PLAN_ROWS_SIZE (32 << 20)

struct plan_class {
    bool is_set;
    struct policy policy;
    bool *green[PLAN_ZONES_MAX]; /* by slot; NULL: nowhere */
};

struct plan_pool {
    int32_t zone;
    struct pool shape;
    int64_t ramp;            /* units that may start in a slot; INT64_MAX: any */
    int64_t headroom;        /* units that are left to those that cannot wait */
    struct profile *profile; /* NULL: there is no such pool */
};

struct plan {
    struct plan_settings settings;
    int32_t slots;
    int32_t day; /* in slots */
    instant begins;
    struct plan_zone *zones[PLAN_ZONES_MAX];
    struct plan_class classes[PLAN_CLASSES_MAX];
    struct plan_pool pools[PLAN_POOLS_MAX];
    struct plan_row *rows[PLAN_ROWS]; /* a cache: never part of what a plan says */
    uint32_t row_count;               /* of rows that may be in use */
};

/* How many rows of so many slots may be kept. */
uint32_t plan_count_rows(int32_t slots);
void plan_forget_rows(struct plan *plan);
const struct plan_row *plan_find_row(struct plan *plan, int32_t zone, int32_t class,
                                     int32_t length);

/* The slot that holds a moment, and the first that begins no sooner; may be below 0. */
int64_t plan_slot(const struct plan *plan, instant when);
int64_t plan_slot_after(const struct plan *plan, instant when);

/* The zone of a pool, NULL if it has no forecast. */
static inline const struct plan_zone *plan_pool_zone(const struct plan *plan,
                                                     int32_t pool)
{
    return plan->zones[plan->pools[pool].zone];
}

/* A search for a start in one pool. */
struct plan_search {
    const struct profile *profile; /* NULL: were the pool empty */
    struct resources need;
    int64_t units;
    int64_t budget;    /* units that may start in a slot; INT64_MAX: any */
    const bool *green; /* start in these slots only; NULL: in any */
    int32_t slots;
    int32_t first; /* the first slot to start in, and the last */
    int32_t last;
    int32_t first_length; /* slots that a run takes which begins in the first one */
    int32_t length;       /* ... in another */
};

/* Whether a run may start in this slot, if there is room for it; and whether it may and
 * has. */
bool plan_search_may_start(const struct plan_search *search, int32_t slot);
bool plan_search_has(const struct plan_search *search, int32_t slot);

/* The slot found, or -1. `row` must be of the search's length. */
int32_t plan_search_earliest(const struct plan_search *search);
int32_t plan_search_latest(const struct plan_search *search);
int32_t plan_search_cheapest(const struct plan_search *search,
                             const struct plan_row *row);
/* ... were the pool empty. */
int32_t plan_search_ideal(const struct plan_search *search, const struct plan_row *row);

enum plan_mode {
    PLAN_MODE_EARLIEST,
    PLAN_MODE_GREEN_ENOUGH,
    PLAN_MODE_CHEAPEST,
};

/* What a job asks for, in slots. */
struct plan_wish {
    const struct plan_job *job;
    const struct policy *policy;
    enum plan_mode mode;
    struct resources need;
    instant now;
    instant from;  /* the first moment that it may start at */
    int32_t first; /* the slot of that; `slots` or more: beyond the horizon */
    int32_t last;  /* the last slot in which it is on time; below `first`: none */
    int32_t first_length;
    int32_t length;
};

struct plan_wish plan_wish_from(const struct plan *plan, const struct plan_job *job,
                                instant now);

/* A start that could be had. Tiers come before all else: 0 as wanted, 1 the way out of
 * a threshold that is not met, 2 where nothing is known of the grid. */
struct plan_option {
    int32_t pool; /* -1: none */
    int32_t slot;
    int32_t tier;
    burden cost; /* known only where there is a choice of pools */
};

#define PLAN_OPTION_NONE ((struct plan_option){-1, -1, 3, BURDEN_MAX})

/* The best start on time, within the ramp where that does not make the job late; else
 * the earliest after it; else none. The ideal start is found out if it is NULL. */
struct plan_option plan_choose(struct plan *plan, const struct plan_wish *wish,
                               const struct plan_option *known_ideal,
                               enum plan_reason *reason);

/* The best start on time, were all pools empty. */
struct plan_option plan_ideal(struct plan *plan, const struct plan_wish *wish);

/*
 * Why a job starts there and not at the ideal start; `held` if it did so before, and
 * was not just chosen.
 */
enum plan_reason plan_explain(const struct plan *plan, const struct plan_wish *wish,
                              const struct plan_option *option,
                              const struct plan_option *ideal, bool held);

/* How much of what could be had is looked at. */
enum plan_stage {
    PLAN_STAGE_IDEAL,     /* were all pools empty */
    PLAN_STAGE_FIRST,     /* the first start with room, within the ramp and headroom */
    PLAN_STAGE_ON_TIME,   /* on time, within the ramp and headroom */
    PLAN_STAGE_CROWDED,   /* on time, within the ramp */
    PLAN_STAGE_UNLIMITED, /* on time */
    PLAN_STAGE_LATE,      /* the earliest */
};

/* What a job that wishes so looks for in a pool. */
struct plan_search plan_search_from(const struct plan *plan,
                                    const struct plan_wish *wish, int32_t pool,
                                    enum plan_stage stage);

/* Whether a job can wait, so that it leaves headroom to those that cannot. */
bool plan_is_patient(const struct plan *plan, const struct plan_wish *wish);

/* Whether a start is to be had, within the ramp and the headroom. */
bool plan_has_start(const struct plan *plan, const struct plan_wish *wish,
                    const struct plan_option *option);

/* Whether it is known that there is no room at all, in no pool; and note that there was
 * none. */
bool plan_is_hopeless(const struct plan *plan, const struct plan_wish *wish);
void plan_note_failure(const struct plan *plan, const struct plan_wish *wish);

/* Cost of a start in a slot; BURDEN_MAX where there is no forecast. */
burden plan_cost(const struct plan *plan, const struct plan_wish *wish, int32_t pool,
                 int32_t slot);

/*
 * W times PUE in millionths, each held within 1 and its greatest, as what is weighed
 * must cost something and fit.
 */
int64_t plan_draw(int64_t watts, int64_t pue_ppm);

/* An area, times what the job draws in a pool. */
burden plan_weigh(const struct plan *plan, const struct plan_job *job, int32_t pool,
                  int64_t area);

/* Whether a job could ever run in a pool, now that it is as it is. */
bool plan_pool_suits(const struct plan *plan, const struct plan_job *job, int32_t pool);

struct reservation plan_reserve(struct plan *plan, const struct plan_wish *wish,
                                const struct plan_option *option,
                                enum plan_reason reason);

/* Take again what a reservation holds. */
void plan_hold(struct plan *plan, const struct plan_job *job,
               const struct reservation *reservation);

/* Jobs of a batch are 12 bytes each. What many have in common is a shape. */
struct plan_packed {
    uint32_t shape;
    int32_t time;
    int32_t latest; /* INT32_MAX: any time */
};

struct plan_before {
    int32_t start; /* INT32_MAX: none */
    uint8_t place; /* the pool and one; 0: none */
    uint8_t reason;
};

/*
 * Jobs in the order in which they were added, and then in that in which they are
 * placed, because drafts go through all of them again and again.
 */
struct plan_batch {
    instant now;
    instant begins; /* of slot 0 */
    duration slot;
    struct plan_job *shapes; /* jobs, of which id, time and latest mean nothing */
    size_t shape_count;
    size_t shape_room;
    struct shape_table {
        uint32_t *places; /* shape + 1; 0: nobody's */
        size_t room;      /* a power of two */
    } table;
    struct plan_packed *jobs;
    struct plan_before *before; /* and, once planned, after; NULL: none holds any */
    int32_t *ids;               /* from the first one's; NULL once in order */
    uint32_t *places;           /* where the i-th is now; NULL: at i */
    int64_t first_id;
    int32_t last_id;
    bool is_by_id;
    size_t count;
    size_t room;
};

/* The job at a place, but for its id. */
static inline struct plan_job plan_batch_unpack(const struct plan_batch *batch,
                                                size_t place)
{
    const struct plan_packed *packed = &batch->jobs[place];
    struct plan_job job = batch->shapes[packed->shape];

    job.time = packed->time;
    job.latest =
        packed->latest == INT32_MAX ? INSTANT_MAX : batch->begins + packed->latest;
    return job;
}

struct plan_before plan_before_from(const struct plan_batch *batch,
                                    const struct reservation *reservation);
struct reservation plan_batch_before(const struct plan_batch *batch, size_t place,
                                     const struct plan_job *job);

/* When what starts then ends, on a slot boundary; what is overdue starts now. */
instant plan_batch_ends(const struct plan_batch *batch, instant start, duration time);

/* Put the jobs in the order in which they are placed. */
void plan_batch_order(struct plan_batch *batch, const struct plan *plan);

/* That order as places, but those that are late in a draft and need not be first. */
struct plan_draft;
uint32_t *plan_batch_order_hasty(const struct plan_batch *batch,
                                 const struct plan *plan,
                                 const struct plan_draft *draft);

/* That of jobs outside a batch, as indices; the caller's to free. */
uint32_t *plan_order(const struct plan *plan, const struct plan_job *jobs, size_t count,
                     instant now);

/* What plan_run was asked. */
struct plan_round {
    struct plan *plan;
    const struct plan_batch *batch;
    const uint32_t *order; /* to go in, as places; NULL: the batch's */
};

/*
 * One answer to it: what each job has, in 4 bytes, and the pools' profiles that hold
 * that. A start that was kept is the one before; others are slots.
 */
struct plan_draft {
    uint32_t *words;
    struct profile *profiles[PLAN_POOLS_MAX];
};

#define PLAN_DRAFT_SLOT   17 /* bits */
#define PLAN_DRAFT_POOL   6
#define PLAN_DRAFT_REASON 4
#define PLAN_DRAFT_PLACED (1U << 27)
#define PLAN_DRAFT_KEPT   (1U << 28)
#define PLAN_DRAFT_LATE   (1U << 29)

static inline bool plan_draft_is(const struct plan_draft *draft, size_t place,
                                 uint32_t what)
{
    return (draft->words[place] & what) != 0;
}

struct reservation plan_draft_get(const struct plan_round *round,
                                  const struct plan_draft *draft, size_t place,
                                  const struct plan_job *job);
/* The same, as what a job has from now on. */
void plan_draft_settle(const struct plan_round *round, const struct plan_draft *draft,
                       size_t place, const struct plan_job *job,
                       struct plan_before *before);
void plan_draft_set(const struct plan_round *round, struct plan_draft *draft,
                    size_t place, const struct plan_job *job,
                    const struct reservation *reservation, bool kept);

/*
 * Write a draft, in the plan's own profiles. To mend is to keep what holds, place the
 * rest and then let single jobs move; true if anything was kept. To start over is to
 * keep but what is at hand.
 */
bool plan_mend(const struct plan_round *round, struct plan_draft *draft);
void plan_start_over(const struct plan_round *round, struct plan_draft *draft);

/*
 * What reservations are worth: the burden of jobs that wait for green power, and the
 * slots that the others wait, which carbon must not buy. Only plans in which the same
 * jobs are late compare.
 */
struct plan_score {
    burden cost;
    int64_t wait;
};

/* Of a batch that was planned. */
struct plan_score plan_score(const struct plan *plan, const struct plan_batch *batch);

bool plan_is_late(const struct plan_job *job, const struct reservation *reservation);

#endif

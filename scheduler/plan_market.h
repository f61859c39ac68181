/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_MARKET_H
#define SCHEDULER_PLAN_MARKET_H

#include "scheduler/plan_groups.h"

/*
 * The market of scheduler/plan_bound.h: slots of pools have prices, and jobs take what
 * is cheapest for them with these, heeding nobody.
 */
struct plan_market {
    struct plan *plan;
    const struct plan_groups *groups;
    size_t slots;
    size_t stride; /* only one of so many kinds is there, for all of them; 1: all */
    double scale;  /* how many units each unit of it stands for */
    int32_t pools[PLAN_POOLS_MAX]; /* those with prices */
    size_t pool_count;
    int32_t place[PLAN_POOLS_MAX]; /* of a pool in `pools`; -1: it has no prices */
    double *capacity;              /* pool by pool, by slot, as what follows */
    double *price_sums;            /* of the slots before; slots + 1 of a pool */
    double *load;                  /* units wanted, as changes from slot to slot */
    double *free_of_price;         /* as price_sums of one pool, all 0 */
    double *costs;                 /* of one unit of a kind, by slot to start in... */
    int32_t *where;                /* ... and the pool that has it */
    int32_t *stack;
    double *heap;        /* costs of slots of a span, the greatest first... */
    int32_t *heap_slots; /* ... and which they are */
};

void plan_market_init(struct plan_market *market, const struct plan_made *made,
                      const struct plan_groups *groups);
void plan_market_release(struct plan_market *market);

/* How many slots and groups one evaluation looks at, with all kinds there. */
int64_t plan_market_work(const struct plan_groups *groups);

/*
 * Let only one of so many kinds come, who then want as much as all do together: what
 * that evaluates to bounds nothing, but its prices are nearly those of all.
 */
void plan_market_thin(struct plan_market *market, size_t stride);

/*
 * For scheduler/ascent.h, with the market as context. Prices and what is wanted too
 * much are pool by pool, by slot.
 */
double plan_market_evaluate(const double *prices, double *excess, void *context);

/* W of a unit in a pool, with PUE in millionths: what the planner weighs, or less. */
double plan_market_weigh(const struct pool *shape, const struct plan_kind *kind);

/* The sums of the prices that a kind pays in a pool. */
const double *plan_market_sums(const struct plan_market *market,
                               const struct plan_kind *kind, int32_t pool);

/* Note that units of a kind are wanted in [begins, ends). */
void plan_market_want(struct plan_market *market, const struct plan_kind *kind,
                      int32_t pool, int32_t begins, int32_t ends, double units);

/* plan_market_span.c: let a span take its cheapest slots; what that costs. */
double plan_market_take(struct plan_market *market, const struct plan_span *span);

#endif

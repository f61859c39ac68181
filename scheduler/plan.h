/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_H
#define SCHEDULER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid/series.h"
#include "nodes/pool.h"
#include "scheduler/plan_band.h"
#include "scheduler/policy.h"

/*
 * A plan: a reservation for every waiting job, in pools of limited capacity, where and
 * when its carbon is cheapest by the forecast.
 *
 * Time is cut into slots, half-open, aligned to the epoch; slot 0 is the one that holds
 * `now`. For each pool the plan keeps what is free in each slot after running jobs and
 * reservations. A job that was placed on time is never moved past its latest start for
 * the sake of green power. Pure: the same calls give the same plan, on any thread.
 */
struct plan;

#define PLAN_SLOTS_MAX   69120         /* 96 h of 5 seconds */
#define PLAN_HORIZON_MAX (1152 * HOUR) /* of all slots together */
#define PLAN_ZONES_MAX   64
#define PLAN_POOLS_MAX   64
#define PLAN_CLASSES_MAX 64

struct plan_settings {
    duration slot; /* divides an hour */
    size_t slots;  /* the horizon, at most PLAN_HORIZON_MAX of them */
    int64_t hysteresis_ppm;
    int64_t ramp_ppm;     /* of a pool's GPUs (CPUs, where it has none) may start in one
                             slot, at least one job; 0: no limit */
    int64_t headroom_ppm; /* of a pool's are left to jobs that cannot wait, where that
                             makes no other late */
};

/* With less than this to wait, a job takes what is there. */
#define PLAN_URGENT_SLACK HOUR

/* What the planner needs to know of a waiting job. */
struct plan_job {
    int64_t id;     /* breaks ties: the lower one first */
    uint64_t pools; /* bit per pool that it may run in; never 0 */
    struct resources wanted;
    int64_t power;    /* W per GPU, 0: the pool's */
    duration time;    /* how long it is expected to run, at least 1 */
    instant earliest; /* not before; may be past */
    instant latest;   /* latest start; INSTANT_MAX: none. Before `now`: overdue */
    int32_t priority;
    uint8_t class; /* its policy */
    bool now;      /* does not wait for green power, whatever its policy */
};

enum plan_reason {
    PLAN_AT_ONCE,        /* its policy or the user wants no waiting */
    PLAN_URGENT,         /* its latest start leaves no choice */
    PLAN_GREEN,          /* waits for cleaner power */
    PLAN_GREEN_NOW,      /* now is as clean as it gets */
    PLAN_CAPACITY,       /* would start sooner or cleaner, if there were room */
    PLAN_RAMP,           /* its best slot has started enough jobs already */
    PLAN_NO_FORECAST,    /* nothing is known of the grid, so it does not wait */
    PLAN_SMALL_SAVING,   /* waiting would save less than min_saving */
    PLAN_LATE,           /* no room before its latest start: the earliest after it */
    PLAN_BEYOND_HORIZON, /* no room within the horizon: no start is planned yet */
    PLAN_NOT_BEFORE,     /* starts at its begin time */
    PLAN_REASONS
};

const char *plan_reason_name(enum plan_reason reason); /* "green", "capacity", ... */

struct reservation {
    instant start; /* INSTANT_MAX: none, see PLAN_BEYOND_HORIZON */
    instant ends;  /* what is reserved ends here, on a slot boundary */
    int32_t pool;  /* -1: none */
    enum plan_reason reason;
};

#define RESERVATION_NONE                                                               \
    ((struct reservation){INSTANT_MAX, INSTANT_MAX, -1, PLAN_BEYOND_HORIZON})

struct plan *plan_create(const struct plan_settings *settings, instant now);
struct plan *plan_copy(const struct plan *plan);
void plan_destroy(struct plan *plan);

/*
 * Say what a zone's power is expected to be: settings.slots levels from slot 0 on, NULL
 * when there is no forecast (its jobs then do not wait). `renewable` may be NULL.
 */
void plan_set_zone(struct plan *plan, int zone, const intensity *levels,
                   const share *renewable);

/* Say what a class of jobs is. Only after all zones are set; again when they change. */
void plan_set_class(struct plan *plan, int class, const struct policy *policy);

/* Say what a pool has, and in which zone it stands. A drained pool has no room. */
void plan_set_pool(struct plan *plan, int pool, int zone, const struct pool *shape);

/*
 * Take capacity from [begins, ends), for what runs; give the same back. What a job
 * held by its reservation is best taken by the reservation's own `start` and `ends`: a
 * start some seconds into its slot must not push away who follows it.
 */
void plan_occupy(struct plan *plan, int pool, instant begins, instant ends,
                 const struct resources *taken);
void plan_vacate(struct plan *plan, int pool, instant begins, instant ends,
                 const struct resources *taken);

/*
 * What is taken of all pools that are not drained in the next `span`, whole slots: GPUs
 * times seconds; CPUs, where no pool has GPUs.
 */
int64_t plan_count_taken(const struct plan *plan, duration span);

/*
 * Count a start that is a fact against the ramp of its slot, for a job that was started
 * and whose reservation was withdrawn. Forgotten when the slot has passed.
 */
void plan_count_start(struct plan *plan, int pool, instant start,
                      const struct resources *taken);

/*
 * Let time pass: slot 0 is now the one that holds `now`. Slots that come into the
 * horizon are free but for what was said to reach into them, and their levels repeat
 * the day before them. Nothing happens if the
 * slot is the same or `now` lies before slot 0.
 */
void plan_advance(struct plan *plan, instant now);

/*
 * Find and reserve the cheapest feasible start of a job, no sooner than `now`. Without
 * room before its latest start, the earliest after it (PLAN_LATE); without any in the
 * horizon RESERVATION_NONE. Cost of a start: watts x PUE x intensity over its run, and
 * patience for each hour waited.
 */
struct reservation plan_place(struct plan *plan, const struct plan_job *job,
                              instant now);

/* More GPUs that a job may have than its reservation holds. */
struct plan_wider {
    int64_t most;    /* GPUs that it may have in all */
    int32_t scaling; /* what they are worth: see job_scale_time() */
};

/*
 * How many GPUs a job that begins now had best have: as many as it wants, or more. The
 * plan holds its reservation, which is due. More are only those that are free of what
 * runs and of other reservations for all of the run, which is the shorter for them; so
 * nobody else's start moves. A job that does not wait for green power has as many as
 * that allows. Else they must leave the headroom free and keep to the ramp, and one
 * more must win: GPUs times the intensity over the run from now on must come to less
 * with it. The first that does not win ends it, for each is worth less than the one
 * before; without a forecast none wins. CarbonScaler's greedy rule (POMACS 2023), for
 * the one run.
 */
int32_t plan_find_width(const struct plan *plan, const struct plan_job *job,
                        const struct reservation *reservation,
                        const struct plan_wider *wider, instant begins);

/* Give a reservation back. Nothing happens for RESERVATION_NONE. */
void plan_withdraw(struct plan *plan, const struct plan_job *job,
                   const struct reservation *reservation);

/* Numbers behind a reservation. Milligrams are of CO2eq, by the forecast. */
struct plan_figures {
    bool has_forecast;
    intensity level_now;     /* of the slot that holds now, in the reservation's zone */
    intensity level_planned; /* mean over the planned run */
    int64_t milligrams_at_once; /* were it started at the first slot with room */
    int64_t milligrams_planned;
    instant first_room; /* the first start with room, whatever the grid does */
    instant cleanest;   /* the cheapest start, were there room everywhere */
    instant runner_up;  /* the cheapest other one with room, on time, in the same pool,
                           an  hour or more from that reserved; INSTANT_MAX: none */
    int64_t milligrams_runner_up;
    int32_t pool_at_once;  /* where the first room is; -1: there is none */
    struct plan_band band; /* unknown to the plan, which has levels only: see
                              engine_figure() */
};

/* The figures of a reservation that the plan holds. */
void plan_figure(const struct plan *plan, const struct plan_job *job,
                 const struct reservation *reservation, instant now,
                 struct plan_figures *figures);

#endif

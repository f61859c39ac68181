/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_INTERNAL_H
#define SCHEDULER_ENGINE_INTERNAL_H

#include "scheduler/engine.h"
#include "scheduler/engine_demand.h"
#include "scheduler/engine_table.h"
#include "scheduler/plan_split.h"

/* What the files of the engine share; nobody else includes this. */

/* What keeps a job that is due from starting, though there may be room. */
enum engine_limit {
    ENGINE_LIMIT_NONE,
    ENGINE_LIMIT_USER,  /* its user holds as many GPUs as the queue allows */
    ENGINE_LIMIT_ARRAY, /* as many of its array run as its owner wants */
    ENGINE_LIMITS
};

/* For how long the GPUs of an attempt are known to have stood idle, up to `seen`. */
struct idle_watch {
    int32_t attempt;
    instant seen;
    duration proven; /* since they last worked */
};

/* An open job in memory. */
struct engine_entry {
    struct job job; /* as it is stored */
    struct reservation
        reservation;           /* while it waits, and while it pauses: of its resume */
    struct plan_pieces *later; /* the pieces after that, or after the one that runs;
                                  NULL: none */
    size_t index;              /* in engine->entries */
    size_t heap_index;         /* HEAP_NONE: not in the heap */
    int32_t pool;              /* where it is active; -1 */
    uint8_t class;
    bool in_flight; /* an event of it is not stored yet */
    bool stalled;   /* due, but something is in its way */
    bool told_late;
    bool delegated;    /* another scheduler runs it */
    bool begun;        /* ... and began to without being asked; see engine_told.c */
    bool holds_resume; /* the task that is out plans around its reservation, and does
                          not plan the job; see engine_pause.c */
    bool keeps_share; /* paused: what its limits let it hold is its own until it resumes
                       */
    uint64_t user_hash; /* of the owner's name, see engine_hash_user() */
    uint8_t failed_starts;
    struct idle_watch idle;
    uint8_t use_errands;     /* of kind USE that are not taken up: one at most */
    int32_t idle_stop;       /* the attempt that was told to stop for it; 0: none */
    uint64_t pools;          /* where it may run */
    instant not_before;      /* after a start that failed */
    size_t stalled_index;    /* in engine->stalled, while stalled */
    enum engine_limit limit; /* due, and without a reservation until that allows it */
    size_t limited_index;    /* in engine->limited, while limit is not NONE */
    size_t active_index;     /* in engine->active, while pool >= 0 */
    instant occupied_until;  /* what it holds of the plan ends here */
    instant occupied_before; /* ... and did, before it was to pause */
    uint64_t lost_gpus;      /* of those that it holds: why it is being stopped */
    uint64_t plan_seen;      /* the last plan task that it was part of... */
    size_t plan_index;       /* ... and its place in it, among the... */
    bool plan_split;         /* ... splits of it */
    uint16_t moves;          /* by new plans */
    uint8_t moved_by;        /* enum engine_cause */
    uint64_t adopted;        /* the one that is being adopted, when it caught up */
    uint64_t run_seen;       /* the last one that knew it as one that runs */
    size_t after_open;       /* how many jobs it still waits for */
    int64_t *dependents;     /* ids of jobs that wait for it */
    size_t dependent_count;
    size_t dependent_room;
};

/* Somebody who waits for an answer. */
struct engine_request {
    engine_on_answer *on_answer; /* NULL: nobody does */
    void *context;
    int64_t first_id;
    size_t count;
    bool is_submission;
};

/* Something to do with a job, waiting for its turn. */
enum errand_kind {
    ERRAND_ACT,        /* a user's */
    ERRAND_REPORT,     /* an executor's */
    ERRAND_ELIGIBLE,   /* all that it came after has ended well */
    ERRAND_DEPENDENCY, /* something that it came after has not */
    ERRAND_LATE,       /* its reservation is past its latest start */
    ERRAND_USE,        /* its GPUs stand idle, or work again */
    ERRAND_TOLD,       /* another scheduler has done something with it */
};

struct errand {
    enum errand_kind kind;
    int64_t job_id;
    enum engine_verb verb;
    struct job_update update;
    int64_t actor;
    struct executor_report report;
    instant since;         /* of USE: they stand idle; 0: they do not */
    enum engine_fate fate; /* of TOLD; its report has but a text */
    struct engine_request request;
};

/* A change of a job that is being stored. */
struct change {
    int64_t job_id;
    struct job after;
    enum job_event_kind kind; /* the last event of it */
    struct errand errand;     /* what led to it; to be done again if storing fails */
    bool has_errand;
};

struct engine_zone {
    char name[ZONE_NAME_MAX + 1];
    struct forecast *forecast;
};

struct engine_pool {
    struct pool pool;
    int zone;
    struct executor *executor;
    char drain_reason[STORE_REASON_MAX + 1];
    int64_t usable_gpus;     /* as the plan and the store know it */
    struct engine_use *uses; /* of a delegated one: what others hold */
    size_t use_count;
};

/* Capacity taken or given back while a plan task is out, to be done to its plan too. */
struct occupation {
    int pool;
    bool vacate;
    bool is_resume; /* of a reservation: its start counts, too */
    instant begins;
    instant ends;
    struct resources taken;
};

struct engine_task {
    struct plan *plan;
    struct plan_batch *batch;
    struct plan_split *splits;
    size_t split_count;
    size_t split_room;
    instant now;
    uint64_t number;
    enum engine_cause cause;
    bool wants_bound;
    struct plan_bound bound; /* of no jobs: not known */
};

/* A pool that is to be drained or resumed when that is stored. */
struct drain_change {
    size_t pool;
    bool drained;
    char reason[STORE_REASON_MAX + 1];
    struct engine_request request;
};

struct changes {
    struct change *items;
    size_t count;
    size_t room;
    struct engine_request *submissions;
    size_t submission_count;
    size_t submission_room;
    struct drain_change *drains;
    size_t drain_count;
    size_t drain_room;
    struct engine_request *waiting; /* for what else is in the batch */
    size_t waiting_count;
    size_t waiting_room;
};

struct id_range {
    int64_t first;
    int64_t end;
};

/* A submission so large that it is written by itself. */
struct bulk {
    struct store_batch *batch;
    struct engine_request request;
};

struct engine {
    struct engine_settings settings;
    struct engine_ports ports;
    struct engine_zone zones[PLAN_ZONES_MAX];
    size_t zone_count;
    struct engine_pool pools[PLAN_POOLS_MAX];
    size_t pool_count;
    struct policy policies[PLAN_CLASSES_MAX];
    size_t policy_count;
    size_t policy_standard;

    struct id_map by_id;        /* id -> struct engine_entry * */
    struct id_map array_active; /* array id -> how many of it are active */
    struct id_map user_open;    /* user and queue -> how many open jobs */
    struct id_map user_gpus;    /* user and queue -> how many GPUs they hold */
    struct engine_entry **entries;
    size_t entry_count;
    size_t entry_room;
    struct start_heap heap;       /* waiting jobs by planned start */
    struct engine_entry **active; /* from the order to the stored end */
    size_t active_count;
    size_t active_room;
    struct engine_entry **stalled; /* due, but something is in the way */
    size_t stalled_count;
    size_t stalled_room;
    struct engine_entry **limited; /* due, but a limit is reached */
    size_t limited_count;
    size_t limited_room;
    int64_t last_id;

    struct errand *errands;
    size_t errand_count;
    size_t errand_room;
    int64_t *late; /* ids of jobs whose lateness is to be recorded, in no order */
    size_t late_count;
    size_t late_room;
    size_t late_next; /* where to look on */

    struct store_batch *batch; /* open */
    struct changes open;       /* what is in it */
    struct changes out;        /* what is being written */
    struct changes settled;    /* whose submitters are not answered yet */
    bool batch_is_out;
    struct id_range *unplaced; /* jobs of bulks that have no reservation yet */
    size_t unplaced_count;
    size_t unplaced_room;
    struct bulk *bulks; /* first come, first written */
    size_t bulk_count;
    size_t bulk_room;
    bool bulk_is_next;

    struct plan *plan;
    struct demand demand;
    instant gate_at; /* when that is next looked at */
    bool is_gated;   /* nobody waits for green power, see engine_demand.c */
    bool has_room;   /* something has ended before it was to: the next step lets others
                        have its place */
    bool wants_plan;
    enum engine_cause plan_cause; /* why, as far as is known */
    bool task_is_out;
    bool has_put_off; /* starts until the plan is done, see engine_width.h */
    size_t
        gather_max;   /* how many jobs one step gathers for a plan: some milliseconds */
    size_t adopt_max; /* ... lets have what it found */
    size_t withdraw_max;           /* ... looks at for what nobody took */
    struct engine_task *gathering; /* NULL, or its jobs are not all there yet */
    size_t gather_left;            /* of `entries`, from the begin */
    struct engine_task *adopting;  /* NULL, or its plan is in force, but not all know */
    size_t adopt_left;             /* the same */
    size_t withdraw_left;          /* ... of its batch */
    bool knows_more;               /* forecasts or policies are newer than the task */
    uint64_t task_number;
    instant planned_at;
    struct plan_bound bound; /* of the plan as it was made; of no jobs: not known */
    instant bound_at;        /* when that was */
    instant stepped_at; /* the last time; later than now if the clock was set back */
    instant replan_soonest;
    instant retry_at;               /* when what is stalled is tried again anyway */
    struct occupation *occupations; /* while a task is out */
    size_t occupation_count;
    size_t occupation_room;
};

/* engine.c */
struct engine_entry *engine_entry_find(const struct engine *engine, int64_t id);
struct engine_entry *engine_entry_add(struct engine *engine, const struct job *job,
                                      uint8_t class);
void engine_entry_remove(struct engine *engine, struct engine_entry *entry);
void engine_stall(struct engine *engine, struct engine_entry *entry);
void engine_unstall(struct engine *engine, struct engine_entry *entry);
instant engine_now(const struct engine *engine);
instant engine_next_slot(const struct engine *engine, instant now);
struct resources engine_wanted(const struct job *job);
bool engine_is_waiting(const struct engine_entry *entry);
void engine_add_submission(struct engine *engine, const struct engine_request *request,
                           struct store_batch *bulk);
void engine_add_errand(struct engine *engine, const struct errand *errand);

const char *engine_reason(const struct engine *engine,
                          const struct engine_entry *entry);

/* engine_drain.c */
void engine_settle_drains(struct engine *engine, struct changes *settled,
                          const struct error *failure);
int engine_load_drained(struct engine *engine, struct error *err);

/* engine_act.c */
uint64_t engine_hash_user(const char *user);

/* engine_match.c */
/* Where a job may run, by its words. */
struct engine_place {
    const char *pools; /* "a,b"; NULL: any; so for the next */
    const char *zones;
    bool delegated; /* a job that another scheduler runs */
};
/* Whether `pools` is the name of one pool, a delegated one. */
bool engine_is_delegated(const struct engine *engine, const char *pools);
uint64_t engine_match_pools(const struct engine *engine,
                            const struct engine_place *place,
                            const struct resources *wanted, struct error *err);
int64_t engine_share_memory(const struct engine *engine, const struct job_spec *spec,
                            const struct job *job);
int engine_find_policy(const struct engine *engine, const char *name,
                       struct error *err);

/* engine_after.c */
int engine_find_ended(const struct engine *engine, int64_t id, struct job *job,
                      struct error *err);
void engine_link_after(struct engine *engine, struct engine_entry *entry,
                       const int64_t *after, size_t count);
int engine_check_after(struct engine *engine, const int64_t *after, size_t count,
                       struct error *err);
void engine_tell_dependents(struct engine *engine, const struct engine_entry *ended,
                            bool well);

/* engine_plan.c */
struct plan_job engine_plan_job(const struct engine *engine,
                                const struct engine_entry *entry);
struct plan *engine_build_plan(struct engine *engine, instant now);
void engine_refresh_plan(struct engine *engine);
void engine_wish_plan(struct engine *engine, instant now);
void engine_place(struct engine *engine, struct engine_entry *entry, instant now);
void engine_place_later(struct engine *engine, int64_t first, int64_t end);
bool engine_place_some(struct engine *engine, instant now);
void engine_retry(struct engine *engine, struct engine_entry *entry);
void engine_retry_all(struct engine *engine, instant now);
void engine_fill_room(struct engine *engine, instant now);
void engine_put_in_heap(struct engine *engine, struct engine_entry *entry);
void engine_tell_if_late(struct engine *engine, struct engine_entry *entry);
struct plan_job engine_plan_as(const struct engine *engine,
                               const struct engine_entry *entry, const struct job *job);

/* engine_figure.c: those of a job that is not known yet, too. */
void engine_figure_as(const struct engine *engine, const struct engine_entry *entry,
                      const struct plan_job *job, struct plan_figures *figures);

/* engine_idle.c: jobs whose GPUs stand idle. */
int engine_record_use(struct engine *engine, const struct errand *errand,
                      struct job *after, enum job_event_kind *last, instant now,
                      struct error *err);
bool engine_was_stopped_idle(const struct engine_entry *entry);
void engine_stop_idle(struct engine *engine, struct engine_entry *entry);
bool engine_ends_idle(const struct engine *engine, const struct engine_entry *entry,
                      const struct executor_report *report);

/* engine_start.c */
bool engine_start_due(struct engine *engine, instant now);
void engine_activate(struct engine *engine, struct engine_entry *entry, int32_t pool);
void engine_deactivate(struct engine *engine, struct engine_entry *entry, instant now);
void engine_order(struct engine *engine, struct engine_entry *entry);

/* engine_gpu.c */
struct pool engine_shape_pool(const struct engine *engine, size_t pool);
/* Tell the plan of all pools. */
void engine_fit_plan(struct engine *engine);
/* What is usable of a pool may have changed: tell the plan and the store. */
void engine_refit_pool(struct engine *engine, size_t pool);
/* Stop what holds a lost GPU, if it can be stopped already. */
void engine_stop_lost(struct engine *engine, const struct engine_entry *entry);
/* Make the end of what held a lost GPU the loss that it is. */
void engine_blame_gpu(const struct engine *engine, const struct engine_entry *entry,
                      struct executor_report *report);

/* engine_told.c */
/* The pool of a delegated job. */
int32_t engine_delegated_pool(const struct engine *engine,
                              const struct engine_entry *entry);
/* Whether it is its scheduler's to find room for it: a start now needs none here. */
bool engine_is_handed_over(const struct engine_entry *entry);
/* When to start what waits: as reserved, but what is handed over once it may begin. */
instant engine_due(const struct engine_entry *entry);
int engine_record_told(struct engine *engine, const struct errand *errand,
                       struct engine_entry *entry, struct job *after,
                       enum job_event_kind *last, instant now, struct error *err);
void engine_hold_uses(const struct engine *engine, struct plan *plan, instant now);

/* engine_await.c: answer those who wait for the batch as a whole. */
void engine_settle_waiting(struct changes *settled, const struct error *failure);

/* engine_errand.c: take one errand up. False: not now, keep it. */
bool engine_run_errand(struct engine *engine, const struct errand *errand, instant now);
int engine_record(struct engine *engine, struct job *after,
                  const struct job_event *event, struct error *err);
void engine_record_done(struct engine *engine, struct engine_entry *entry,
                        const struct job *after, enum job_event_kind kind,
                        const struct errand *errand);
void engine_answer_one(const struct engine_request *request,
                       const struct error *failure);

#include "scheduler/engine_hold.h"
#include "scheduler/engine_limits.h"

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_H
#define SCHEDULER_ENGINE_H

#include "base/clock.h"
#include "base/error.h"
#include "grid/forecast.h"
#include "nodes/executor.h"
#include "nodes/pool.h"
#include "queue/job_json.h"
#include "queue/store.h"
#include "scheduler/plan_bound.h"
#include "scheduler/plan_split.h"
#include "scheduler/policy.h"
#include "scheduler/rest.h"

/*
 * The engine holds the open jobs and turns plans into events.
 *
 * It does nothing of its own accord and waits for nothing. Whatever happens, a
 * submission, a forecast, a job's end, is recorded by a call here; then its owner calls
 * engine_step() once for all of it, and again at the latest at the instant that the
 * step returned. What a step decides is gathered in a batch, which the owner writes, on
 * any thread, and then reports with engine_settle(). Only then does the engine's
 * state change, do executors act and are requests answered: store first, act second.
 *
 * Planning all jobs anew may take longer than a turn of a loop should. The owner takes
 * it as a task, runs it on any thread, and hands it back with engine_adopt_plan().
 */
struct engine;

#define ENGINE_STARTS_MAX                                                              \
    5 /* attempts that never ran, before a job has failed; but                         \
         not for want of what starts jobs */
#define ENGINE_OPEN_MAX 1000000 /* open jobs */

#define ENGINE_AUTO ((int64_t)-1)

struct engine_settings {
    struct plan_settings plan; /* its headroom is what the next says */
    /* ENGINE_AUTO: twice what jobs that cannot wait used in the last week, and 5 % at
     * least, if they were more than 1 % of what was asked for; else nothing. */
    int64_t headroom_ppm;
    /* When more than this of all pools was asked for in the last week, jobs do not
     * wait; 1000000: they always do. */
    int64_t load_gate_ppm;
    int64_t open_jobs_max;
    bool bounds_plan; /* find out how far each new plan is from the best possible one */
};

/* Something that has happened to a job, and is stored. Borrowed during the call. */
struct engine_event {
    enum job_event_kind kind;
    const struct job *job; /* as it is now */
    size_t count;          /* SUBMITTED: so many jobs, from this one on; else 1 */
    const char *pool;      /* where it runs or ran; "" nowhere */
    const char *zone;      /* the same */
    instant planned_start; /* of what waits; INSTANT_MAX: none */
    const struct executor_report *report; /* that told of it; NULL: none did */
};

/* What the engine works with. It owns none of it. */
struct engine_ports {
    const struct clock *clock;
    /* NULL: nothing is kept, as in a replay. Then batches are settled and dropped, jobs
     * are ordered without their words, come after nothing and say their time and
     * power. */
    struct store_reader *reader;
    /* For the log; may be NULL. It must not call the engine. */
    void (*on_event)(const struct engine_event *event, void *context);
    void *context;
};

struct engine *engine_create(const struct engine_settings *settings,
                             const struct engine_ports *ports);
void engine_destroy(struct engine *engine);

/*
 * Say what there is: all zones first, then pools, then policies, then engine_load().
 * The index of each is its place in the order of adding. At most PLAN_..._MAX of each.
 */
void engine_add_zone(struct engine *engine, const char *name);
int engine_add_pool(struct engine *engine, const struct pool *shape,
                    struct executor *executor, struct error *err);

/* Say, or say anew, what the queues allow, and which is meant when none is named. */
void engine_set_policies(struct engine *engine, const struct policy *policies,
                         size_t count, const char *standard);

/* The planner's figures and limits may change too. */
void engine_set_settings(struct engine *engine, const struct engine_settings *settings);

/*
 * Count a job of the last week that has ended among what was asked for: by that it is
 * judged how busy the pools are. After the pools, before engine_load().
 */
void engine_recall(struct engine *engine, const struct job *job);

/*
 * Load the open jobs from the store, and recall the others of the last week, once,
 * before the first step. Jobs that were starting or running are handed to their pool's
 * executor to be adopted.
 */
int engine_load(struct engine *engine, int64_t last_id, struct error *err);

/* Plan by this forecast of a zone from now on; copied. NULL: there is none. */
void engine_set_forecast(struct engine *engine, const char *zone,
                         const struct forecast *forecast);

/* Who asks. */
struct engine_actor {
    uint32_t uid;
    const char *user; /* borrowed during the call */
    bool admin;
    /* Whether the user is in the group of that name; NULL: in none. */
    bool (*is_in_group)(const struct engine_actor *actor, const char *group);
    void *groups; /* for is_in_group */
};

/* What came of a request: err.code is ERROR_NONE if all went well. */
struct engine_answer {
    struct error error;
    int64_t first_id; /* ids are first_id .. first_id + count - 1 */
    size_t count;
};

/* Called from engine_settle(), engine_answer() or engine_step(), exactly once. */
typedef void engine_on_answer(const struct engine_answer *answer, void *context);

/*
 * Submit jobs, all or none. Checks at once: -1 with an error, and then on_answer is not
 * called. Otherwise the submissions' words are taken over (release them all the same),
 * the jobs have ids and reservations, and on_answer follows when they are stored or
 * when that failed.
 */
int engine_submit(struct engine *engine, struct submission *submissions, size_t count,
                  const struct engine_actor *actor, engine_on_answer *on_answer,
                  void *context, struct error *err);

/* What a job would be told if it were submitted now. */
struct engine_offer {
    struct job job; /* id 0; defaults filled in */
    struct reservation reservation;
    struct plan_figures figures;
    const char *reason; /* as in docs/api.md */
    const struct policy *policy;
    bool may_pause;
};

/*
 * As engine_submit(), but take nothing: the offer for the first job of the submission.
 * One for a delegated pool alone is offered what it would get if its scheduler told of
 * it now.
 */
int engine_preview(struct engine *engine, const struct submission *submission,
                   const struct engine_actor *actor, struct engine_offer *offer,
                   struct error *err);

enum engine_verb { ENGINE_CANCEL, ENGINE_HOLD, ENGINE_RELEASE, ENGINE_UPDATE };

/*
 * Do something to a job. -1 at once with ERROR_MISSING, ERROR_FORBIDDEN or
 * ERROR_INVALID; else on_answer follows, and may bring ERROR_CONFLICT. `update` is for
 * ENGINE_UPDATE.
 */
int engine_act(struct engine *engine, enum engine_verb verb, int64_t id,
               const struct job_update *update, const struct engine_actor *actor,
               engine_on_answer *on_answer, void *context, struct error *err);

/* An executor's report; the on_report callback of executors, with the engine as
 * context. */
void engine_report(const struct executor_report *report, void *engine);

/*
 * What the GPUs of a pool were used since the last call, in per cent of the time, by
 * their places in the pool; GPU_UNKNOWN (nodes/gpu.h) where that is not known. To be
 * called every few seconds; of what lies between calls more than a real minute apart
 * nothing is assumed. A running job all of whose GPUs stay below its queue's idle_below
 * for longer than idle_after gets the event IDLE, and is stopped if the queue wants
 * that; BUSY follows when one of them works again. Step after this.
 */
void engine_watch_use(struct engine *engine, size_t pool, const int64_t *utilisation,
                      size_t count);

/* Let nothing new start in a pool, or let it again. */
struct engine_drain {
    const char *pool;
    bool drained;
    const char *reason; /* "" when an administrator wants it */
};

/*
 * -1 at once with ERROR_MISSING if there is no such pool; else on_answer, which may be
 * NULL, follows when it is stored, and from then on it counts, for later daemons too.
 * What runs in the pool goes on.
 */
int engine_drain(struct engine *engine, const struct engine_drain *what,
                 engine_on_answer *on_answer, void *context, struct error *err);

/* Why a pool is drained; "" if an administrator wanted it or it is not. */
const char *engine_drain_reason(const struct engine *engine, size_t pool);

/* What the scheduler of a delegated pool has done with a job of its own accord. */
enum engine_fate {
    ENGINE_FATE_HELD, /* somebody keeps it from starting; we are not to plan it */
    ENGINE_FATE_RELEASED,
    ENGINE_FATE_BEGUN,     /* it runs, unasked: an attempt that its executor adopts */
    ENGINE_FATE_CANCELLED, /* of one that runs, its executor will tell the end */
    ENGINE_FATE_LOST,      /* nobody there knows it any more; it did not run */
    ENGINE_FATE_DROPPED,   /* it is none of ours any more; it did not run */
    ENGINE_FATE_CHANGED,   /* its times there are others, as the update says */
};

struct engine_told {
    enum engine_fate fate;
    int64_t actor;    /* uid of who did it, or JOB_ACTOR_DAEMON */
    const char *text; /* for people; cut to fit; borrowed during the call */
    const struct job_update *update; /* of CHANGED; the same */
};

/*
 * Record it, if it can follow what is known of the job, and else pass it over. Step
 * after this.
 */
void engine_tell(struct engine *engine, int64_t id, const struct engine_told *told);

/* What jobs that are not ours hold of a delegated pool for a time. */
struct engine_use {
    instant begins;
    instant ends;
    struct resources taken;
};

#define ENGINE_USES_MAX 4096

/*
 * Say what a delegated pool has, and what others hold of it: this replaces what was
 * said before. Jobs that its scheduler has taken are kept whatever it has. Step after
 * this.
 */
void engine_set_use(struct engine *engine, size_t pool,
                    const struct resources *capacity, const struct engine_use *uses,
                    size_t count);

/* Say whether a pool's machines are on. Nothing starts there unless they are. */
void engine_set_sleep(struct engine *engine, size_t pool, enum pool_sleep sleep);

/* What is to come in a pool up to `until`; later starts count as none. */
struct rest_outlook engine_find_outlook(const struct engine *engine, size_t pool,
                                        instant until);

/*
 * Say which GPUs of a pool cannot be had for now and which are lost, as masks of the
 * pool's own GPUs (nodes/pool.h). Such GPUs are given to nobody and planned without,
 * and the change of what is usable is stored for the ledger; jobs are still taken if
 * they fit into the pool as it is when all is well. A job that holds a GPU which has
 * become lost is stopped, and whatever its end, it is recorded as lost; what somebody
 * else does on a job's GPU is the job's to bear.
 */
void engine_set_gpus(struct engine *engine, size_t pool, uint64_t foreign,
                     uint64_t lost);

/* The job that holds a GPU of a pool, by the pool's own index; 0: none. */
int64_t engine_find_holder(const struct engine *engine, size_t pool, int gpu);

#define ENGINE_IDLE INSTANT_MAX

/* Decide what is to be decided now. Returns when to step again, or ENGINE_IDLE. */
instant engine_step(struct engine *engine);

/* What is to be written, now the caller's; NULL if there is nothing or a batch is out
 * already. */
struct store_batch *engine_take_batch(struct engine *engine);

/*
 * The batch was written, or why not; its owner destroys it. Those who submitted what is
 * in it are not answered before engine_answer(), so that the next batch can be taken
 * first: answers to ten thousand jobs take a while. Step again after this.
 */
void engine_settle(struct engine *engine, const struct error *failure);
void engine_answer(struct engine *engine, const struct error *failure);

/* The open batch, for the owner to add what is no job's: forecasts and the like. */
struct store_batch *engine_batch(struct engine *engine);

/* Be told when what was added to it is stored, or why not. Add something first. */
void engine_await(struct engine *engine, engine_on_answer *on_answer, void *context);

/* Planning all jobs anew. */
struct engine_task;

/* A task, or NULL if there is no need for one or one is out. */
struct engine_task *engine_take_plan(struct engine *engine);
void engine_task_run(struct engine_task *task);
void engine_adopt_plan(struct engine *engine, struct engine_task *task_taken);

/* Why plans are made anew; of several reasons the last of these counts. */
enum engine_cause { ENGINE_CAUSE_JOBS, ENGINE_CAUSE_CAPACITY, ENGINE_CAUSE_FORECAST };

const char *engine_cause_name(enum engine_cause cause); /* "jobs", "capacity", ... */

/* What is known of an open job. Borrowed until the engine changes. */
struct engine_job {
    const struct job *job;
    const struct reservation *reservation; /* of one that pauses: its resume */
    const struct plan_pieces *later; /* its pieces after that, or after the one that
                                        runs; NULL: none */
    const char *queue;
    int32_t pool;       /* where it is active, or is planned to be; -1: nowhere */
    int32_t home;       /* the only pool of a delegated one; else -1 */
    const char *reason; /* as in docs/api.md; "" for one that is active */
    const char *limit;  /* "user-limit" or "array-limit", if that is reached now */
    instant latest;     /* latest start, or resume; INSTANT_MAX: none */
    duration time;      /* how long its attempt, or the next one, is expected to run */
    bool may_pause;     /* it is of those that may be paused */
    bool late;          /* it is past its latest start, or its limit ends past its
                           deadline, by the plan as it is now */
    int moves; /* how often a new plan has moved it by a slot or more, or to another
                  pool, since the daemon started */
    enum engine_cause moved_by; /* the last time */
};

/* Whether the pools are so busy that nobody waits for green power: `load_gate`. */
bool engine_is_gated(const struct engine *engine);

bool engine_find(const struct engine *engine, int64_t id, struct engine_job *found);

/*
 * The most GPUs that any one of the pools that an open job may run in has, without
 * those that cannot be used now; 0 if there is no such job or pool.
 */
int64_t engine_usable_gpus(const struct engine *engine, int64_t id);

/* The numbers behind the reservation of a job that waits or pauses, and of all pieces
 * that follow, with their band as far as forecasts have one. False if it has none. */
bool engine_figure(const struct engine *engine, int64_t id,
                   struct plan_figures *figures);

/*
 * Up to `limit` open jobs in the order of the plan: active ones by start, then waiting
 * ones by planned start. Returns how many.
 */
size_t engine_list_plan(const struct engine *engine, struct engine_job *jobs,
                        size_t limit);

size_t engine_zone_count(const struct engine *engine);
const char *engine_zone_name(const struct engine *engine, size_t zone);
const struct forecast *engine_zone_forecast(const struct engine *engine, size_t zone);
size_t engine_pool_count(const struct engine *engine);
const struct pool *engine_pool(const struct engine *engine, size_t pool);
size_t engine_open_count(const struct engine *engine);
size_t engine_late_count(const struct engine *engine);
size_t engine_planned_count(const struct engine *engine); /* waiting, with a start */
size_t engine_beyond_count(const struct engine *engine);  /* waiting, without one */
instant
engine_planned_at(const struct engine *engine); /* when the plan was last made */

/*
 * How far the last plan was from the best possible one for its forecast, and when that
 * was. False if it is not known: settings.bounds_plan is not set, nobody waited for
 * green power then, or forecasts or queues have changed since.
 */
bool engine_find_bound(const struct engine *engine, struct plan_bound *bound,
                       instant *made);

#endif

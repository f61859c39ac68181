/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_STORE_H
#define QUEUE_STORE_H

#include <stddef.h>

#include "base/error.h"
#include "queue/job.h"

struct forecast;
struct actuals;
struct resources;

/*
 * The queue on disk: every job submitted, every event that befell it, and what the grid
 * archive keeps. One SQLite database in WAL mode with synchronous=FULL.
 *
 * Writing: changes are gathered in a batch by the loop, and the batch is written as one
 * transaction by whoever owns the store, which is one thread. Reading: any number of
 * readers, each with a read-only connection of its own and used by one thread at a
 * time; a reader sees what was committed. Nothing here keeps jobs in memory.
 */
struct store;

/* What the database remembers of how it is run. */
struct store_identity {
    int64_t clock_rate;  /* 1: real time. A database is bound to its rate. */
    instant clock_start; /* of a fast clock; so for the two below */
    int64_t clock_anchor_ms;
    char boot_id[40]; /* in which boot the anchor was taken */
};

/*
 * Open the database file in a directory ("penstock.db" in `directory`), creating it or
 * bringing it up to the current schema (after copying an older one to
 * "penstock.db.VERSION.bak"). ERROR_CONFLICT, and the file untouched, if it is of a
 * newer schema or bound to another clock rate, or if another process has the store open
 * (a lock on "penstock.lock"; the text names its pid). ERROR_INVALID on a network file
 * system. `identity`: with its rate what to create the database with; on return what it
 * holds.
 */
struct store *store_open(const char *directory, struct store_identity *identity,
                         struct error *err);
void store_close(struct store *store);

/* The largest job id ever given out; 0 in a new store. Ids are never used again. */
int64_t store_last_id(const struct store *store);

/* Changes that will be written together. */
struct store_batch;

struct store_batch *store_batch_create(void);
void store_batch_destroy(struct store_batch *batch);

size_t store_batch_count(const struct store_batch *batch);

/*
 * Add a new job, whose id is larger than any before, with its SUBMITTED event by its
 * owner at job->submitted. Its state is 0, and then the batch lets SUBMITTED happen to
 * its copy, or JOB_WAITING, if that was done. The spec is given away.
 */
void store_batch_add_job(struct store_batch *batch, const struct job *job,
                         struct job_spec *spec_taken);

/* The same for jobs that share all their words, as those of an array do: kept once. */
void store_batch_add_jobs(struct store_batch *batch, const struct job *jobs,
                          size_t count, struct job_spec *spec_taken);

/*
 * Add an event. `job` is the job as it is before the event; the batch applies the event
 * to a copy, and the job's row becomes that copy. ERROR_CONFLICT, and nothing added, if
 * the event cannot follow. At most one event of a job belongs in a batch, save that a
 * job added in the same batch may have events after it.
 */
int store_batch_add_event(struct store_batch *batch, const struct job *job,
                          const struct job_event *event, struct error *err);

/* Remember a forecast or actuals; they are copied. Known actuals are revised; a
 * forecast that is known in full is not stored twice. */
void store_batch_add_forecast(struct store_batch *batch,
                              const struct forecast *forecast);
void store_batch_add_actuals(struct store_batch *batch, const struct actuals *actuals);

/* Remember that from `at` on the pool has this capacity (nodes/pool.h). */
void store_batch_add_capacity(struct store_batch *batch, const char *pool, instant at,
                              const struct resources *capacity);

#define JOB_ENERGY_UNKNOWN ((int64_t)-1)

/* What an attempt took, in joules at the machine, without PUE. */
struct job_energy {
    int64_t job_id;
    int32_t attempt;
    char pool[JOB_PLACE_NAME_MAX + 1];
    instant begins;
    instant ends;
    int64_t gpu_joules; /* JOB_ENERGY_UNKNOWN: not measured; so for the next */
    int64_t cpu_joules;
    int64_t idle_joules; /* of the GPUs' part, what they would have drawn anyhow */
};

/*
 * Remember what an attempt took: to be added to the batch that its end is in. The job
 * is in the store, or comes in this batch. What was remembered of the attempt before is
 * replaced.
 */
void store_batch_add_energy(struct store_batch *batch, const struct job_energy *energy);

/*
 * What a pool's GPUs drew in an hour while no job had them: added to what is known of
 * that hour. `at` is any moment of it.
 */
void store_batch_add_idle_energy(struct store_batch *batch, const char *pool,
                                 instant at, int64_t joules);

/*
 * Remember that a pool is drained, and why, or that it no longer is. The reason is cut
 * to STORE_REASON_MAX bytes.
 */
#define STORE_REASON_MAX 159
void store_batch_set_drained(struct store_batch *batch, const char *pool, bool drained,
                             const char *reason);

/*
 * Write a batch as one transaction: durable when this returns 0. ERROR_UNAVAILABLE if
 * the disk is full or the database read-only, ERROR_IO for any other failure; then
 * nothing of it was written, and it may be tried again. Safe to call from a thread of
 * its own.
 */
int store_write(struct store *store, const struct store_batch *batch,
                struct error *err);

/*
 * Whether it is time for a checkpoint: true once for every 64 MiB by which the log of
 * what was written grows. To be asked by the thread that writes.
 */
bool store_wants_checkpoint(struct store *store);

/*
 * Move what was written, and is durable, from the log into the database file. It takes
 * a while and holds up nobody: one at a time, on any thread, also while another one
 * writes. What fails is left to the next one.
 */
int store_checkpoint(struct store *store, struct error *err);

/*
 * Delete at most `limit` ended jobs (with events, energy and texts that nobody else
 * uses) that ended before `jobs_before`, save those that an open job comes after, and
 * forecasts, actuals and hours of idle energy of before `grid_before`. `*deleted` tells
 * how many rows went; call again while it is `limit`.
 */
int store_prune(struct store *store, instant jobs_before, instant grid_before,
                size_t limit, size_t *deleted, struct error *err);

/*
 * Thin out forecasts, the newest of each stretch being kept: all of the last 7 days,
 * one an hour up to 60 days, one in six hours beyond. So a source has at most 7 x 1440
 * + 53 x 24 + (keep_forecasts - 60 d) x 4 of them, if it is asked each minute. At most
 * `limit` go; `*deleted` tells how many did.
 */
#define STORE_THIN_HOURLY (7 * DAY)
#define STORE_THIN_COARSE (60 * DAY)
int store_thin(struct store *store, instant now, size_t limit, size_t *deleted,
               struct error *err);

/* A read-only connection to the database in that directory. */
struct store_reader;

struct store_reader *store_reader_open(const char *directory, struct error *err);
void store_reader_close(struct store_reader *reader);

/* What comes with a job from the store; strings borrowed during the call. */
struct job_row {
    struct job job;
    const char *name;
    const char *user;
    const char *project;
    const char *queue;
    const char *pools; /* NULL: any */
    const char *zones;
    const char *reference; /* NULL: ours to run */
    const char *pool;      /* where it runs or ran; "" when it never started */
};

/*
 * Call on_row for every open job, in order of id. Returns -1 if the store fails or
 * on_row returns -1 (then it has set err).
 */
int store_load_open(struct store_reader *reader,
                    int (*on_row)(const struct job_row *row, void *context,
                                  struct error *err),
                    void *context, struct error *err);

/* The ids that an open job still comes after (those that have not ended). */
int store_load_after(struct store_reader *reader, int64_t id,
                     int64_t after[JOB_AFTER_MAX], size_t *count, struct error *err);

/* Which jobs to list. */
struct job_filter {
    unsigned states;  /* bit per state (1 << JOB_DONE); 0: all */
    int64_t uid;      /* -1: all */
    const char *user; /* NULL: all */
    int64_t below;    /* only ids below this; 0: from the newest. Keyset paging. */
    size_t limit;
    /* Only those whose reference begins in one of these ways, and if several do, as
     * that of the newest job; NULL: all, the second also none. Then of an array this
     * task only; -1: all. */
    const char *referred[2];
    int32_t task;
};

#define LIST_LIMIT_MAX 1000

/* Rows that match, newest id first. */
int store_list(struct store_reader *reader, const struct job_filter *filter,
               int (*on_row)(const struct job_row *row, void *context,
                             struct error *err),
               void *context, struct error *err);

/*
 * Call on_row for the jobs with that reference, newest id first: all of an array.
 */
int store_load_referred(struct store_reader *reader, const char *reference,
                        int (*on_row)(const struct job_row *row, void *context,
                                      struct error *err),
                        void *context, struct error *err);

/* One job with all its words. ERROR_MISSING if there is none. The caller releases. */
int store_find_job(struct store_reader *reader, int64_t id, struct job *job,
                   struct job_spec *spec, char pool[33], struct error *err);

/* Its events, oldest first. */
int store_load_events(struct store_reader *reader, int64_t id,
                      int (*on_event)(const struct job_event *event, void *context,
                                      struct error *err),
                      void *context, struct error *err);

/*
 * The median run time of the last 20 successful runs of this user, name and GPU count;
 * 0 if there are fewer than three.
 */
int store_median_time(struct store_reader *reader, uint32_t uid, const char *name,
                      int32_t gpus, duration *median, struct error *err);

/*
 * The median draw per GPU, in watts, of the last 20 successful runs of this user, name
 * and GPU count whose GPUs were measured; 0 if there are fewer than three. Runs without
 * GPUs have none.
 */
int store_median_power(struct store_reader *reader, uint32_t uid, const char *name,
                       int32_t gpus, int64_t *watts, struct error *err);

/* What is known of the attempts of one job, in their order. */
int store_load_energy(struct store_reader *reader, int64_t id,
                      int (*on_energy)(const struct job_energy *energy, void *context,
                                       struct error *err),
                      void *context, struct error *err);

/* The same of all jobs of store_load_period(), in order of id and attempt. */
int store_load_period_energy(struct store_reader *reader, instant begins, instant ends,
                             int (*on_energy)(const struct job_energy *energy,
                                              void *context, struct error *err),
                             void *context, struct error *err);

/* What GPUs without a job drew in the hours that begin in [begins, ends), by pool. */
int store_load_idle_energy(struct store_reader *reader, instant begins, instant ends,
                           int (*on_hour)(const char *pool, instant begins,
                                          int64_t joules, void *context,
                                          struct error *err),
                           void *context, struct error *err);

/* How many jobs are in each state. */
int store_count_states(struct store_reader *reader, int64_t counts[JOB_STATES],
                       struct error *err);

/*
 * Every job that was open at some time in [begins, ends) and has been started or may
 * yet be, in order of submission: what the ledger needs. Rows as in store_load_open.
 */
int store_load_period(struct store_reader *reader, instant begins, instant ends,
                      int (*on_row)(const struct job_row *row, void *context,
                                    struct error *err),
                      void *context, struct error *err);

/*
 * The events of those of them that have had more than one attempt, or whose only one
 * was not the last that became of them, in order of id, each job's oldest first.
 */
int store_load_period_events(struct store_reader *reader, instant begins, instant ends,
                             int (*on_event)(const struct job_event *event,
                                             void *context, struct error *err),
                             void *context, struct error *err);

/*
 * What the jobs that were started and have ended since a moment asked for: of each its
 * times, GPUs, CPUs and `now`, and nothing else. In no order.
 */
int store_load_asked(struct store_reader *reader, instant since,
                     void (*on_job)(const struct job *job, void *context),
                     void *context, struct error *err);

/*
 * Of the last `limit` jobs that another scheduler has started in a pool: how long it
 * took from the order to the start, newest first, `limit` at most. Those that it
 * started without an order, or requeued, have none; those of a dry run are no such
 * jobs.
 */
int store_load_start_waits(struct store_reader *reader, const char *pool, size_t limit,
                           void (*on_wait)(duration wait, void *context), void *context,
                           struct error *err);

/* The history of a pool's capacity, oldest first. */
int store_load_capacity(struct store_reader *reader, const char *pool,
                        int (*on_change)(instant at, const struct resources *capacity,
                                         void *context),
                        void *context, struct error *err);

/* The pools that are drained, by name. -1 if the store fails. */
int store_load_drained(struct store_reader *reader,
                       void (*on_pool)(const char *pool, const char *reason,
                                       void *context),
                       void *context, struct error *err);

/* A time in which a job left its GPUs idle. */
struct store_idle {
    int64_t job_id;
    uint32_t uid;
    int32_t gpus;
    instant since;
    instant until; /* it worked again, or ended */
};

/* Those of jobs that ended in [begins, ends), by job, oldest first. */
int store_load_idle(struct store_reader *reader, instant begins, instant ends,
                    void (*on_idle)(const struct store_idle *idle, void *context),
                    void *context, struct error *err);

/* A consistent copy of the database while others write it. The file must not exist. */
int store_backup(struct store_reader *reader, const char *path, struct error *err);

#endif

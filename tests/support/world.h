/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "scheduler/engine.h"
#include "tests/support/fakes.h"

/*
 * A small world for the engine: a clock that stands still, a real store in a directory
 * of its own, an executor that runs nothing, one zone "GB" and one pool "lab" of 4 GPUs
 * and 16 CPUs. Queues: "green" (cleanest, the standard, may wait 24 h), "urgent", and
 * "split": cleanest, of 10 h, with pauses from 8 h on and restarts that cost 5 minutes.
 */
#define WORLD_POLICIES 3

struct world {
    struct virtual_clock clock;
    struct fake_executor *executor;
    char directory[64];
    struct store *store;
    struct store_reader *reader;
    struct engine *engine;
    struct engine_answer answer; /* the last one */
    size_t answers;
    bool disk_is_full; /* every write fails */
    uint32_t uid;      /* who submits; 0 is an administrator */
    const char *group; /* the only one that who submits is in; "": none */
    struct policy policies[WORLD_POLICIES]; /* as above, for the next start */
    bool has_cluster;
};

#define WORLD_START ((instant)1767225600) /* 2026-01-01T00:00:00Z */

/* A job as it is submitted, with more members: WORLD_JOB(", \"gpus\": 1"). */
#define WORLD_JOB(members)                                                             \
    "{\"command\": [\"true\"], \"directory\": \"/tmp\"" members "}"

struct world *world_create(void);
void world_destroy(struct world *world);

/* Setup and teardown of cmocka: `*state` is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);

/*
 * The same, and pool 1 is "cluster": delegated, in zone "GB", with the executor of
 * "lab"; what it has is for engine_set_use() to say.
 */
int world_setup_cluster(void **state);

/* Submit, as another scheduler's, a job of one GPU and an hour to "cluster", submitted
 * then (0: now), that may wait for six hours; run, and return its id. */
int64_t world_take_reference(struct world *world, const char *reference,
                             instant submitted);

/* Let the daemon die and start again on what is stored. */
void world_restart(struct world *world);

/* The same, but nothing that was decided since the last commit is written. */
void world_crash(struct world *world);

/* Step, write, settle and plan until nothing more happens. Returns when to wake. */
instant world_run(struct world *world);

/* Step, write and settle once, and make no plan. */
void world_step(struct world *world);

/* Let world->policies count from now on, as a reload of the config would. */
void world_set_policies(struct world *world);

/* Move the clock and run. */
instant world_wait(struct world *world, duration length);

/* 400 g/kWh, but 100 from `clean` to the end of the third hour after; two days long. */
void world_set_forecast(struct world *world, instant clean);

/* So many hours of these g/kWh, from the one that holds now on; at most 96. */
void world_set_levels(struct world *world, const int *levels, size_t count);

/* Who submits: user world->uid, "ada", in world->group. */
struct engine_actor world_actor(struct world *world);

/* Submit JSON as user world->uid, 1000 at first; -1 with err if refused. Does not run
 * the world. */
int world_submit(struct world *world, const char *json, struct error *err);

/* Submit, run, and fail the test if it was not taken. Returns the first id. */
int64_t world_take(struct world *world, const char *json);

int world_act(struct world *world, enum engine_verb verb, int64_t id, uint32_t uid,
              struct error *err);

/* Report an outcome for the last attempt of a job, now; and run. */
void world_report(struct world *world, int64_t id, enum executor_outcome outcome,
                  int32_t status);

/* The job as the store has it. Fails the test if there is none. */
struct job world_job(struct world *world, int64_t id);
size_t world_count_events(struct world *world, int64_t id, enum job_event_kind kind);
size_t world_count_orders(const struct world *world, int64_t id);

#endif

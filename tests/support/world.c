/* SPDX-License-Identifier: MIT */
#include "tests/support/world.h"

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/stores.h"

static const struct engine_settings settings = {
    .plan = {.slot = 5 * MINUTE,
             .slots = 1152,
             .hysteresis_ppm = 20000,
             .ramp_ppm = 1000000},
    .load_gate_ppm = 1000000,
    .open_jobs_max = 100000,
};

static const struct policy policies[WORLD_POLICIES] = {
    {.name = "green",
     .kind = POLICY_CLEANEST,
     .time = HOUR,
     .max_wait = DAY,
     .memory = 1024,
     .max_intensity = POLICY_NOT_SET,
     .below_percentile = POLICY_NOT_SET,
     .min_renewable = POLICY_NOT_SET,
     .max_jobs_per_user = POLICY_NOT_SET,
     .max_gpus_per_user = POLICY_NOT_SET,
     .idle_after = POLICY_NOT_SET,
     .min_saving_ppm = 20000,
     .patience_ppm = 2000,
     .allow_now = true},
    {.name = "urgent",
     .kind = POLICY_IMMEDIATE,
     .time = HOUR,
     .max_wait = DAY,
     .memory = 1024,
     .max_intensity = POLICY_NOT_SET,
     .below_percentile = POLICY_NOT_SET,
     .min_renewable = POLICY_NOT_SET,
     .max_jobs_per_user = POLICY_NOT_SET,
     .max_gpus_per_user = POLICY_NOT_SET,
     .idle_after = POLICY_NOT_SET},
    {.name = "split",
     .kind = POLICY_CLEANEST,
     .time = 10 * HOUR,
     .max_wait = DAY,
     .memory = 1024,
     .max_intensity = POLICY_NOT_SET,
     .below_percentile = POLICY_NOT_SET,
     .min_renewable = POLICY_NOT_SET,
     .min_saving_ppm = 20000,
     .patience_ppm = 2000,
     .allow_now = true,
     .interruptible_after = 8 * HOUR,
     .restart_cost = 5 * MINUTE,
     .max_jobs_per_user = POLICY_NOT_SET,
     .max_gpus_per_user = POLICY_NOT_SET,
     .idle_after = POLICY_NOT_SET},
};

static void open_world(struct world *world)
{
    const struct pool lab = {
        .name = "lab",
        .zone = "GB",
        .capacity = {4, 16, 65536},
        .idle_power = 60,
        .gpu_power = 300,
        .cpu_power = 10,
        .pue_ppm = 1000000,
    };
    const struct pool cluster = {
        .name = "cluster",
        .zone = "GB",
        .idle_power = 60,
        .gpu_power = 300,
        .cpu_power = 10,
        .pue_ppm = 1000000,
        .delegated = true,
    };
    struct store_identity identity = {.clock_rate = 1};
    struct engine_ports ports;
    struct error err;

    world->store = store_open(world->directory, &identity, &err);
    if (!world->store)
        fail_msg("%s", err.text);
    world->reader = store_reader_open(world->directory, &err);
    if (!world->reader)
        fail_msg("%s", err.text);
    ports = (struct engine_ports){&world->clock.clock, world->reader, NULL, NULL};
    world->engine = engine_create(&settings, &ports);
    engine_add_zone(world->engine, "GB");
    engine_set_policies(world->engine, world->policies, WORLD_POLICIES, "green");
    engine_add_pool(world->engine, &lab, &world->executor->executor, NULL);
    if (world->has_cluster)
        engine_add_pool(world->engine, &cluster, &world->executor->executor, NULL);
    if (engine_load(world->engine, store_last_id(world->store), &err) < 0)
        fail_msg("%s", err.text);
}

static void close_world(struct world *world)
{
    engine_destroy(world->engine);
    store_reader_close(world->reader);
    store_close(world->store);
}

struct world *world_create(void)
{
    struct world *world = xcalloc(1, sizeof(*world));
    const char *temporary = getenv("TMPDIR");

    world->clock = virtual_clock_at(WORLD_START);
    world->uid = 1000;
    world->group = "";
    memcpy(world->policies, policies, sizeof(policies));
    world->executor = fake_executor_create();
    snprintf(world->directory, sizeof(world->directory), "%.40s/penstock-XXXXXX",
             temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(world->directory));
    open_world(world);
    return world;
}

void world_destroy(struct world *world)
{
    close_world(world);
    stores_remove_directory(world->directory);
    free(world->executor);
    free(world);
}

int world_setup(void **state)
{
    *state = world_create();
    return 0;
}

int world_setup_cluster(void **state)
{
    struct world *world = world_create();

    world->has_cluster = true;
    world_crash(world);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    world_destroy(*state);
    return 0;
}

void world_crash(struct world *world)
{
    close_world(world);
    open_world(world);
}

void world_restart(struct world *world)
{
    world_run(world);
    world_crash(world);
}

void world_set_policies(struct world *world)
{
    engine_set_policies(world->engine, world->policies, WORLD_POLICIES, "green");
    world_run(world);
}

/* Step and write; false when there was nothing to write. */
static bool step(struct world *world, instant *wake)
{
    const struct error full = {ERROR_UNAVAILABLE, "", "the disk is full"};
    struct error err = {.code = ERROR_NONE};
    struct store_batch *batch;

    *wake = engine_step(world->engine);
    batch = engine_take_batch(world->engine);
    if (!batch)
        return false;
    if (world->disk_is_full)
        err = full;
    else if (store_write(world->store, batch, &err) < 0)
        fail_msg("%s", err.text);
    store_batch_destroy(batch);
    engine_settle(world->engine, err.code ? &err : NULL);
    engine_answer(world->engine, err.code ? &err : NULL);
    return !world->disk_is_full;
}

void world_step(struct world *world)
{
    instant wake;

    step(world, &wake);
}

/* One turn of what the daemon's driver does; false when nothing was left to do. */
static bool turn(struct world *world, instant *wake)
{
    bool done = step(world, wake);
    struct engine_task *task = engine_take_plan(world->engine);

    if (!task)
        return done;
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    return true;
}

instant world_run(struct world *world)
{
    instant wake;
    int turns = 0;

    while (turn(world, &wake) || wake <= world->clock.time)
        if (++turns > 1000)
            fail_msg("the engine does not come to rest");
    return wake;
}

instant world_wait(struct world *world, duration length)
{
    instant until = world->clock.time + length;
    instant wake = world_run(world);

    while (wake < until) {
        world->clock.time = wake > world->clock.time ? wake : world->clock.time + 1;
        wake = world_run(world);
    }
    world->clock.time = until;
    return world_run(world);
}

static void on_answer(const struct engine_answer *answer, void *context)
{
    struct world *world = context;

    world->answer = *answer;
    world->answers++;
}

static bool is_in_group(const struct engine_actor *actor, const char *group)
{
    const struct world *world = actor->groups;

    return strcmp(world->group, group) == 0;
}

struct engine_actor world_actor(struct world *world)
{
    return (struct engine_actor){
        .uid = world->uid,
        .user = "ada",
        .admin = world->uid == 0,
        .is_in_group = is_in_group,
        .groups = world,
    };
}

int world_submit(struct world *world, const char *json, struct error *err)
{
    const struct engine_actor actor = world_actor(world);
    struct submission *submissions;
    size_t count;
    bool is_array;
    int result;

    if (submissions_parse(json, strlen(json), &submissions, &count, &is_array, err) < 0)
        return -1;
    result =
        engine_submit(world->engine, submissions, count, &actor, on_answer, world, err);
    for (size_t i = 0; i < count; i++)
        submission_release(&submissions[i]);
    free(submissions);
    return result;
}

int64_t world_take(struct world *world, const char *json)
{
    size_t before = world->answers;
    struct error err;

    if (world_submit(world, json, &err) < 0)
        fail_msg("%s: %s", json, err.text);
    world_run(world);
    assert_int_equal(before + 1, world->answers);
    if (world->answer.error.code)
        fail_msg("%s", world->answer.error.text);
    return world->answer.first_id;
}

int64_t world_take_reference(struct world *world, const char *reference,
                             instant submitted)
{
    const struct engine_actor actor = world_actor(world);
    struct submission submission = {
        .job = {.gpus = 1,
                .gpus_max = 1,
                .cpus = 1,
                .time = HOUR,
                .time_limit = HOUR,
                .max_wait = 6 * HOUR,
                .signal = 15,
                .submitted = submitted},
        .spec = {.name = xstrdup("train"), .reference = xstrdup(reference)},
        .given = {.time = true, .time_limit = true, .max_wait = true, .memory = true},
        .array_first = 1,
    };
    struct error err;

    submission.spec.pools = xstrdup("cluster");
    if (engine_submit(world->engine, &submission, 1, &actor, on_answer, world, &err)
        < 0)
        fail_msg("%s", err.text);
    submission_release(&submission);
    world_run(world);
    return world->answer.first_id;
}

int world_act(struct world *world, enum engine_verb verb, int64_t id, uint32_t uid,
              struct error *err)
{
    const struct engine_actor actor = {.uid = uid, .user = "ada", .admin = uid == 0};

    return engine_act(world->engine, verb, id, NULL, &actor, on_answer, world, err);
}

void world_report(struct world *world, int64_t id, enum executor_outcome outcome,
                  int32_t status)
{
    struct engine_job found;
    struct executor_report report = {
        .job_id = id,
        .outcome = outcome,
        .at = world->clock.time,
        .status = status,
    };

    assert_true(engine_find(world->engine, id, &found));
    report.attempt = found.job->attempt;
    engine_report(&report, world->engine);
    world_run(world);
}

struct job world_job(struct world *world, int64_t id)
{
    struct job_spec spec = {0};
    struct job job;
    struct error err;
    char pool[33];

    if (store_find_job(world->reader, id, &job, &spec, pool, &err) < 0)
        fail_msg("%s", err.text);
    job_spec_release(&spec);
    return job;
}

struct counting {
    enum job_event_kind kind;
    size_t count;
};

static int count_event(const struct job_event *event, void *context, struct error *err)
{
    struct counting *counting = context;

    (void)err;
    counting->count += event->kind == counting->kind;
    return 0;
}

size_t world_count_events(struct world *world, int64_t id, enum job_event_kind kind)
{
    struct counting counting = {kind, 0};

    assert_int_equal(
        0, store_load_events(world->reader, id, count_event, &counting, NULL));
    return counting.count;
}

size_t world_count_orders(const struct world *world, int64_t id)
{
    size_t count = 0;

    for (size_t i = 0; i < world->executor->order_count; i++)
        count += world->executor->orders[i].job_id == id;
    return count;
}

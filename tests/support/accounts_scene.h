/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ACCOUNTS_SCENE_H
#define TESTS_SUPPORT_ACCOUNTS_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/accounts.h"
#include "grid/forecast.h"
#include "tests/support/cmocka.h"

#define START ((instant)1767225600) /* 2026-01-01T00:00:00Z */

/* A store of its own, with a pool of one GPU in each of two zones. */
struct scene {
    char directory[64];
    struct store *store;
    struct store_reader *reader;
    struct store_batch *batch;
    struct pool pools[2];
    struct accounts_zone zones[2];
    struct accounts_question question;
    int64_t last_id;
    duration progress; /* what ends and pauses say that they got done */
};

static inline void scene_make_pool(struct pool *pool, const char *name,
                                   const char *zone)
{
    *pool = (struct pool){
        .capacity = {1, 4, 0}, .gpu_power = 1000, .cpu_power = 10, .pue_ppm = 1500000};
    assert_true(text_copy(pool->name, sizeof(pool->name), name));
    assert_true(text_copy(pool->zone, sizeof(pool->zone), zone));
}

static inline int scene_set_up(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));
    struct store_identity identity = {.clock_rate = 1};

    snprintf(scene->directory, sizeof(scene->directory), "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    scene->store = store_open(scene->directory, &identity, NULL);
    assert_non_null(scene->store);
    scene->reader = store_reader_open(scene->directory, NULL);
    assert_non_null(scene->reader);
    scene->batch = store_batch_create();
    scene_make_pool(&scene->pools[0], "lab", "GB");
    scene_make_pool(&scene->pools[1], "far", "DE");
    scene->zones[0] = (struct accounts_zone){"GB", "neso", 2 * DAY};
    scene->zones[1] = (struct accounts_zone){"DE", "", 2 * DAY};
    scene->question = (struct accounts_question){
        .pools = scene->pools,
        .pool_count = 2,
        .zones = scene->zones,
        .zone_count = 2,
        .from = START,
        .to = START + DAY,
        .now = START + 10 * DAY,
        .by = REPORT_BY_USER,
        .uid = -1,
    };
    *state = scene;
    return 0;
}

static inline int scene_tear_down(void **state)
{
    static const char *const files[] = {"penstock.db", "penstock.db-wal",
                                        "penstock.db-shm", "penstock.lock"};
    struct scene *scene = *state;
    char path[128];

    store_batch_destroy(scene->batch);
    store_reader_close(scene->reader);
    store_close(scene->store);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", scene->directory, files[i]);
        unlink(path);
    }
    rmdir(scene->directory);
    free(scene);
    return 0;
}

static inline void scene_happen(struct scene *scene, struct job *job,
                                enum job_event_kind kind, instant at, const char *pool)
{
    struct job_event event = {
        .job_id = job->id, .kind = kind, .at = at, .actor = JOB_ACTOR_DAEMON};

    if (kind != JOB_EVENT_HELD) {
        event.attempt = job->attempt + (kind == JOB_EVENT_STARTING);
        event.cause = kind == JOB_EVENT_FINISHED ? JOB_CAUSE_EXIT : JOB_CAUSE_NONE;
        event.value = kind == JOB_EVENT_STARTING ? 1 : scene->progress;
    }
    assert_true(text_copy(event.pool, sizeof(event.pool), pool));
    assert_int_equal(store_batch_add_event(scene->batch, job, &event, NULL), 0);
    assert_int_equal(job_apply(job, &event, NULL), 0);
}

/* Add a job of one GPU; `started` and `ended` may be 0. */
static inline int64_t scene_add_job(struct scene *scene, const char *user,
                                    const char *pool, instant submitted,
                                    instant started, instant ended)
{
    static const char arguments[] = "true";
    struct job job = {
        .id = ++scene->last_id,
        .uid = strcmp(user, "ada") == 0 ? 1000 : 1001,
        .state = JOB_WAITING,
        .gpus = 1,
        .gpus_min = 1,
        .gpus_max = 1,
        .cpus = 1,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = DAY,
        .submitted = submitted,
        .eligible = submitted,
        .grace = 30,
    };
    struct job_spec spec = {
        .name = xstrdup("train"),
        .user = xstrdup(user),
        .queue = xstrdup("green"),
        .arguments = xmemdup(arguments, sizeof(arguments)),
        .arguments_size = sizeof(arguments),
        .directory = xstrdup("/tmp"),
    };

    store_batch_add_job(scene->batch, &job, &spec);
    if (started) {
        scene_happen(scene, &job, JOB_EVENT_STARTING, started, pool);
        scene_happen(scene, &job, JOB_EVENT_STARTED, started, pool);
    }
    if (ended)
        scene_happen(scene, &job, JOB_EVENT_FINISHED, ended, pool);
    return job.id;
}

/* Hourly actuals: `high` g/kWh, and `low` from the sixth hour of each day on. */
static inline void scene_add_actuals(struct scene *scene, const char *zone,
                                     enum signal signal, int high, int low)
{
    struct actual items[72];
    struct actuals actuals = {.signal = signal, .items = items, .count = 72};

    for (size_t i = 0; i < 72; i++) {
        items[i].begins = START + (instant)i * HOUR;
        items[i].ends = items[i].begins + HOUR;
        items[i].level = G_PER_KWH(i % 24 < 6 ? high : low);
    }
    assert_true(text_copy(actuals.zone, sizeof(actuals.zone), zone));
    assert_true(text_copy(actuals.provider, sizeof(actuals.provider), "neso"));
    store_batch_add_actuals(scene->batch, &actuals);
}

static inline void scene_add_forecast(struct scene *scene, instant issued, int level)
{
    struct series_sample sample = {issued, G_PER_KWH(level)};
    struct forecast forecast = {
        .zone = "GB", .provider = "neso", .issued = issued, .fetched = issued};

    forecast.intensity =
        series_create(&sample, 1, issued + 2 * DAY, INTENSITY_MAX, NULL);
    store_batch_add_forecast(scene->batch, &forecast);
    series_destroy(forecast.intensity);
}

/* Write what was added, and make the account. */
static inline void scene_make(struct scene *scene, struct accounts *accounts)
{
    struct error err = {ERROR_NONE, "", ""};

    assert_int_equal(store_write(scene->store, scene->batch, &err), 0);
    assert_int_equal(accounts_make(&scene->question, scene->reader, accounts, &err), 0);
}

#define SCENE_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

#endif

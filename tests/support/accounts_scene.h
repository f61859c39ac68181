/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ACCOUNTS_SCENE_H
#define TESTS_SUPPORT_ACCOUNTS_SCENE_H

#include "daemon/accounts.h"
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
};

/* Setup and teardown of cmocka: `*state` is a struct scene. */
int scene_set_up(void **state);
int scene_tear_down(void **state);

#define SCENE_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

/* Let something happen to a job; all is written by scene_make(). */
void scene_happen(struct scene *scene, struct job *job, enum job_event_kind kind,
                  instant at, const char *pool);

/* Add a job of one GPU; `started` and `ended` may be 0. */
int64_t scene_add_job(struct scene *scene, const char *user, const char *pool,
                      instant submitted, instant started, instant ended);

/* Hourly actuals: `high` g/kWh, and `low` from the sixth hour of each day on. */
void scene_add_actuals(struct scene *scene, const char *zone, enum signal signal,
                       int high, int low);

void scene_add_forecast(struct scene *scene, instant issued, int level);

/* Write what was added, and make the account. */
void scene_make(struct scene *scene, struct accounts *accounts);

#endif

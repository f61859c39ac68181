/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/support/cmocka.h"

/* A door to accounting that answers when the test says so. */
struct scene {
    struct slurm_backend backend; /* first */
    struct slurm_past *past;
    int asked;
    char target[SLURM_TARGET_MAX + 1];
    slurm_on_jobs *on_jobs;
    void *context;
    int64_t ended; /* our job that has ended here */
    int told;
    int64_t told_id; /* the last one; so for the next */
    struct slurm_job record;
};

static void list_ended(struct slurm_backend *backend, const char *target,
                       slurm_on_jobs *on_jobs, void *context)
{
    struct scene *scene = (struct scene *)backend;

    scene->asked++;
    assert_true(text_copy(scene->target, sizeof(scene->target), target));
    scene->on_jobs = on_jobs;
    scene->context = context;
}

static bool is_open(int64_t job_id, void *context)
{
    const struct scene *scene = context;

    return job_id != scene->ended;
}

static int setup(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));

    scene->backend.list_ended = list_ended;
    scene->past = slurm_past_create(is_open, scene);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    slurm_past_destroy(scene->past);
    free(scene);
    return 0;
}

static bool expect(const struct scene *scene, int64_t job_id, int64_t id, int32_t task)
{
    const struct slurm_identity identity = {job_id, id, task, 1000, false};

    return slurm_past_expect(&identity, scene->past);
}

static void ask(struct scene *scene)
{
    slurm_past_ask(scene->past, &scene->backend);
}

/* Unit 17 has failed, and nothing else is known. */
static void answer(const struct scene *scene)
{
    struct slurm_job job = {
        .job_id = 17,
        .array_task = -1,
        .state = SLURM_FAILED,
        .submitted = 1000,
        .started = 2000,
        .ended = 3000,
    };
    const struct slurm_listing listing = {&job, 1};

    scene->on_jobs(&listing, NULL, scene->context);
}

static void on_record(int64_t job_id, const struct slurm_job *record, void *context)
{
    struct scene *scene = context;

    scene->told++;
    scene->told_id = job_id;
    scene->record = *record;
}

static int tell(struct scene *scene)
{
    scene->told = 0;
    slurm_past_tell(scene->past, on_record, scene);
    return scene->told;
}

static void jobs_are_asked_for_together_and_once(void **state)
{
    struct scene *scene = *state;

    ask(scene);
    assert_int_equal(scene->asked, 0);
    assert_true(expect(scene, 1, 17, -1));
    assert_true(expect(scene, 2, 18, 3));
    assert_true(expect(scene, 4, 18, 5));
    ask(scene);
    assert_int_equal(scene->asked, 1);
    assert_string_equal(scene->target, "17,18");
    assert_true(expect(scene, 1, 17, -1));
    assert_true(expect(scene, 3, 19, -1));
    ask(scene);
    assert_int_equal(scene->asked, 1);
    assert_int_equal(tell(scene), 0);
    answer(scene);
    ask(scene);
    assert_int_equal(scene->asked, 2);
    assert_string_equal(scene->target, "19");
}

static void what_is_known_is_told_until_the_job_has_ended_here(void **state)
{
    struct scene *scene = *state;

    expect(scene, 1, 17, -1);
    ask(scene);
    answer(scene);
    assert_true(expect(scene, 1, 17, -1));
    for (int i = 0; i < 3; i++)
        assert_int_equal(tell(scene), 1);
    assert_int_equal(scene->told_id, 1);
    assert_int_equal(scene->record.state, SLURM_FAILED);
    assert_int_equal(scene->record.ended, 3000);
    scene->ended = 1;
    assert_int_equal(tell(scene), 0);
    assert_false(expect(scene, 1, 17, -1));
}

static void what_is_not_known_is_lost(void **state)
{
    struct scene *scene = *state;

    expect(scene, 2, 18, -1);
    ask(scene);
    answer(scene);
    assert_false(expect(scene, 2, 18, -1));
    assert_int_equal(tell(scene), 0);
    assert_false(expect(scene, 2, 18, -1));
    ask(scene);
    assert_int_equal(scene->asked, 1);
}

static void where_there_is_no_accounting_all_is_lost(void **state)
{
    struct scene *scene = *state;
    struct error failure;

    expect(scene, 1, 17, -1);
    ask(scene);
    error_set(&failure, ERROR_IO, "sacct: Slurm accounting storage is disabled");
    scene->on_jobs(NULL, &failure, scene->context);
    assert_false(expect(scene, 1, 17, -1));
}

static void what_has_ended_here_or_is_not_known_there_is_not_asked_for(void **state)
{
    struct scene *scene = *state;

    scene->ended = 1;
    assert_false(expect(scene, 1, 17, -1));
    assert_false(expect(scene, 2, 0, -1));
    ask(scene);
    assert_int_equal(scene->asked, 0);
}

static void what_never_ends_here_is_not_told_for_ever(void **state)
{
    struct scene *scene = *state;
    int told = 0;

    expect(scene, 1, 17, -1);
    ask(scene);
    answer(scene);
    for (int i = 0; i < 100; i++)
        told += tell(scene);
    assert_int_equal(told, 10);
    assert_false(expect(scene, 1, 17, -1));
}

static void many_are_asked_for_in_turn(void **state)
{
    struct scene *scene = *state;

    for (int64_t id = 1; id <= 1000; id++)
        assert_true(expect(scene, id, INT32_MAX + id, INT32_MAX));
    ask(scene);
    assert_true(strlen(scene->target) <= SLURM_TARGET_MAX);
    for (int i = 2; i <= 5; i++) {
        answer(scene);
        ask(scene);
    }
    assert_true(expect(scene, 1000, INT32_MAX + INT64_C(1000), INT32_MAX));
    assert_false(expect(scene, 1, INT32_MAX + INT64_C(1), INT32_MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_are_asked_for_together_and_once),
        TEST(what_is_known_is_told_until_the_job_has_ended_here),
        TEST(what_is_not_known_is_lost),
        TEST(where_there_is_no_accounting_all_is_lost),
        TEST(what_has_ended_here_or_is_not_known_there_is_not_asked_for),
        TEST(what_never_ends_here_is_not_told_for_ever),
        TEST(many_are_asked_for_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

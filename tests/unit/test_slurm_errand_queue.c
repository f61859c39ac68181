/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "nodes/slurm/errand_queue.h"

#define JOBS    "{\"jobs\": [{\"job_id\": 1}]}"
#define THREADS 16 /* more than the pool has */

/* A queue of errands that are read in a pool whose threads the test holds up. */
struct scene {
    uv_loop_t loop;
    struct errand_queue queue;
    uv_work_t blockers[THREADS];
    uv_sem_t gate;
    size_t begun;
    size_t answers;
    size_t frees;
};

static void on_block(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static void on_unblocked(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
}

static void on_read(struct errand *errand)
{
    struct scene *scene = errand->owner;

    errand_queue_finish(&scene->queue, errand);
}

static void begin(struct errand *errand)
{
    struct scene *scene = errand->owner;

    scene->begun++;
    errand_read(errand, &scene->loop, ERRAND_DOCUMENT_JOBS, JOBS, sizeof(JOBS) - 1,
                on_read);
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct scene *scene = context;

    assert_null(failure);
    assert_int_equal(1, listing->count);
    scene->answers++;
}

static void abandon(struct errand *errand)
{
    (void)errand;
    fail_msg("what is being read is waited for");
}

static void on_free(void *owner)
{
    struct scene *scene = owner;

    scene->frees++;
}

static void open_scene(struct scene *scene)
{
    *scene = (struct scene){0};
    uv_loop_init(&scene->loop);
    uv_sem_init(&scene->gate, 0);
    for (size_t i = 0; i < THREADS; i++) {
        scene->blockers[i].data = &scene->gate;
        uv_queue_work(&scene->loop, &scene->blockers[i], on_block, on_unblocked);
    }
    errand_queue_init(&scene->queue, &scene->loop, begin);
    for (int i = 0; i < ERRANDS_AT_ONCE + 2; i++) {
        struct errand *errand = errand_create(scene, ERRAND_JOBS, scene);

        errand->on_jobs = on_jobs;
        errand_queue_add(&scene->queue, errand);
    }
    assert_int_equal(0, scene->begun);
    while (scene->begun == 0)
        uv_run(&scene->loop, UV_RUN_NOWAIT);
    assert_int_equal(ERRANDS_AT_ONCE, scene->begun);
}

static void let_go(struct scene *scene)
{
    for (size_t i = 0; i < THREADS; i++)
        uv_sem_post(&scene->gate);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
}

static void close_scene(struct scene *scene)
{
    assert_int_equal(1, scene->frees);
    uv_sem_destroy(&scene->gate);
    assert_int_equal(0, uv_loop_close(&scene->loop));
}

static void all_are_answered_in_the_end(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene);
    let_go(&scene);
    assert_int_equal(ERRANDS_AT_ONCE + 2, scene.answers);
    errand_queue_close(&scene.queue, abandon, on_free, &scene);
    assert_int_equal(0, scene.frees);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    close_scene(&scene);
}

static void what_is_read_while_the_queue_closes_is_not_told(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene);
    errand_queue_close(&scene.queue, abandon, on_free, &scene);
    uv_run(&scene.loop, UV_RUN_NOWAIT);
    assert_int_equal(0, scene.frees);
    let_go(&scene);
    assert_int_equal(0, scene.answers);
    assert_int_equal(ERRANDS_AT_ONCE, scene.begun);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_answered_in_the_end),
        cmocka_unit_test(what_is_read_while_the_queue_closes_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_margins.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/slurm/margin.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

#define ENOUGH MARGIN_LEAST

static const char text[] = "[zone GB]\n"
                           "providers = none\n"
                           "[pool gpu]\n"
                           "executor = slurm\n"
                           "zone = GB\n"
                           "[pool here]\n"
                           "zone = GB\n"
                           "[pool cpu]\n"
                           "executor = slurm\n"
                           "zone = GB\n"
                           "start_margin = 2m\n"
                           "[queue training]\n"
                           "policy = cleanest\n";

enum { GPU, HERE, CPU };

struct scene {
    struct stores *stores;
    struct config *config;
    struct slurm_margins margins;
    int64_t jobs;
};

static int setup(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));
    struct config_faults faults;

    stores_setup((void **)&scene->stores);
    scene->config = config_parse(text, sizeof(text) - 1, &faults);
    assert_non_null(scene->config);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    config_destroy(scene->config);
    stores_teardown((void **)&scene->stores);
    free(scene);
    return 0;
}

static struct job submit(struct scene *scene, const char *reference)
{
    struct store_batch *batch = store_batch_create();
    int64_t id = ++scene->jobs;
    struct job job = stores_job(id, 1000, DAY * id);
    struct job_spec spec = stores_spec("ada", "train");
    const struct job_event event = {
        .job_id = job.id, .kind = JOB_EVENT_SUBMITTED, .at = job.submitted};

    if (reference)
        spec.reference = xstrdup(reference);
    job.requeue = true;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    store_batch_add_job(batch, &job, &spec);
    stores_write(scene->stores, batch);
    return job;
}

/* The next attempt: ordered, or begun by Slurm with a text, and started after that. */
static void start(struct scene *scene, struct job *job, const char *pool,
                  const char *begun, duration wait)
{
    struct job_event event = {
        .job_id = job->id,
        .kind = JOB_EVENT_STARTING,
        .at = job->submitted + (instant)100 * job->attempt,
        .attempt = job->attempt + 1,
    };

    text_copy(event.pool, sizeof(event.pool), pool);
    text_copy(event.text, sizeof(event.text), begun);
    stores_apply(scene->stores, job, &event);
    event.kind = JOB_EVENT_STARTED;
    event.at += wait;
    event.text[0] = '\0';
    stores_apply(scene->stores, job, &event);
}

static void run(struct scene *scene, const char *pool, int count, duration wait)
{
    for (int i = 0; i < count; i++) {
        struct job job = submit(scene, "slurm/17@500");

        start(scene, &job, pool, "", wait);
    }
}

static duration learn(struct scene *scene, int64_t rate, size_t pool)
{
    assert_int_equal(slurm_margins_load(&scene->margins, scene->config,
                                        scene->stores->reader, rate, NULL),
                     0);
    return scene->margins.of[pool];
}

static void each_pool_has_what_its_own_jobs_have_waited(void **state)
{
    struct scene *scene = *state;

    run(scene, "gpu", ENOUGH, 40);
    run(scene, "cpu", ENOUGH, 900);
    assert_int_equal(learn(scene, 1, GPU), 40);
    assert_int_equal(learn(scene, 1, CPU), 900);
    assert_int_equal(learn(scene, 1, HERE), 0);
}

static void what_is_configured_is_the_least(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(learn(scene, 1, GPU), MARGIN_STANDARD);
    assert_int_equal(learn(scene, 1, CPU), 120);
    run(scene, "cpu", ENOUGH, 7);
    assert_int_equal(learn(scene, 1, CPU), 120);
}

static void
what_slurm_started_by_itself_or_only_seems_to_run_teaches_nothing(void **state)
{
    struct scene *scene = *state;

    run(scene, "gpu", ENOUGH - 1, 40);
    for (int i = 0; i < ENOUGH; i++) {
        struct job begun = submit(scene, "slurm/18@500");
        struct job ours = submit(scene, NULL);
        struct job dry = submit(scene, "dry-run/slurm/19@500");

        start(scene, &begun, "gpu", "Slurm has started it by itself", 7);
        start(scene, &ours, "gpu", "", 7);
        start(scene, &dry, "gpu", "", 7);
    }
    assert_int_equal(learn(scene, 1, GPU), MARGIN_STANDARD);
    run(scene, "gpu", 1, 40);
    assert_int_equal(learn(scene, 1, GPU), 40);
}

static void how_long_slurm_lets_wait_what_it_requeued_teaches_nothing(void **state)
{
    struct scene *scene = *state;

    for (int i = 0; i < ENOUGH; i++) {
        struct job job = submit(scene, "slurm/17@500");
        struct job_event lost = {.job_id = job.id,
                                 .kind = JOB_EVENT_REQUEUED,
                                 .at = job.submitted + 60,
                                 .attempt = 1,
                                 .cause = JOB_CAUSE_LOST};

        start(scene, &job, "gpu", "", 40);
        stores_apply(scene->stores, &job, &lost);
        start(scene, &job, "gpu", "", 150);
    }
    assert_int_equal(learn(scene, 1, GPU), 40);
}

static void only_the_last_starts_count_by_real_time(void **state)
{
    struct scene *scene = *state;

    run(scene, "gpu", ENOUGH, 9000);
    run(scene, "gpu", MARGIN_KEPT, 6000);
    assert_int_equal(learn(scene, 60, GPU), 100);
}

static void the_pools_are_learnt_anew_in_turn(void **state)
{
    struct scene *scene = *state;
    struct store_reader *reader = scene->stores->reader;

    learn(scene, 1, GPU);
    run(scene, "gpu", ENOUGH, 40);
    run(scene, "cpu", ENOUGH, 900);
    assert_int_equal(
        slurm_margins_renew(&scene->margins, scene->config, reader, 1, NULL), 0);
    assert_int_equal(scene->margins.of[GPU], 40);
    assert_int_equal(scene->margins.of[CPU], 120);
    assert_int_equal(
        slurm_margins_renew(&scene->margins, scene->config, reader, 1, NULL), 0);
    assert_int_equal(scene->margins.of[CPU], 900);
    run(scene, "gpu", ENOUGH, 50);
    assert_int_equal(
        slurm_margins_renew(&scene->margins, scene->config, reader, 1, NULL), 0);
    assert_int_equal(scene->margins.of[GPU], 50);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(each_pool_has_what_its_own_jobs_have_waited),
        WITH_SCENE(what_is_configured_is_the_least),
        WITH_SCENE(what_slurm_started_by_itself_or_only_seems_to_run_teaches_nothing),
        WITH_SCENE(how_long_slurm_lets_wait_what_it_requeued_teaches_nothing),
        WITH_SCENE(only_the_last_starts_count_by_real_time),
        WITH_SCENE(the_pools_are_learnt_anew_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

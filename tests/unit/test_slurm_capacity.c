/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "daemon/slurm_capacity.h"
#include "tests/support/slurm_scene.h"

#define ASKED    ((instant)10000)
#define ASKED_MS INT64_C(500000)
#define INTERVAL 30

/* Of a daemon without pools: what there is to be told is nodes/slurm/outlook's. */
struct stage {
    struct config config;
    struct daemon daemon;
    struct slurm_scene scene;
    struct slurm_capacity capacity;
};

static int setup(void **state)
{
    struct stage *stage = xcalloc(1, sizeof(*stage));

    stage->config.slurm.interval = INTERVAL;
    stage->daemon.config = &stage->config;
    slurm_capacity_init(&stage->capacity, &stage->daemon);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    scene_release(&stage->scene);
    slurm_capacity_release(&stage->capacity);
    free(stage);
    return 0;
}

static bool is_due(const struct stage *stage, int64_t seconds)
{
    return slurm_capacity_is_due(&stage->capacity, ASKED_MS + seconds * 1000);
}

static bool is_ours(const struct slurm_unit *unit, void *context)
{
    (void)unit;
    (void)context;
    return false;
}

static void list_jobs(struct stage *stage)
{
    slurm_capacity_see(&stage->capacity, scene_list(&stage->scene), ASKED + 60, is_ours,
                       NULL);
}

static void nodes_are_listed_first_and_then_every_fifth_time(void **state)
{
    struct stage *stage = *state;

    assert_true(is_due(stage, 0));
    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    for (int64_t listing = 0; listing < SLURM_NODES_INTERVALS; listing++)
        assert_false(is_due(stage, listing * INTERVAL));
    assert_true(is_due(stage, (int64_t)SLURM_NODES_INTERVALS * INTERVAL));
    /* Listings that come a little early are not one too few. */
    assert_true(is_due(stage, (int64_t)SLURM_NODES_INTERVALS * INTERVAL - 2));
}

static void in_doubt_they_are_listed_next(void **state)
{
    struct stage *stage = *state;

    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    slurm_capacity_doubt(&stage->capacity);
    assert_true(is_due(stage, 1));
    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    assert_false(is_due(stage, 1));
}

static void doubt_while_they_are_listed_is_not_lost(void **state)
{
    struct stage *stage = *state;
    struct slurm_nodes nodes = {.items = NULL};

    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    slurm_capacity_doubt(&stage->capacity);
    slurm_capacity_take(&stage->capacity, &nodes);
    list_jobs(stage);
    assert_true(is_due(stage, 1));
}

static void a_job_that_is_lost_with_its_node_is_doubt(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 1);

    scene_run(record, ASKED - 60);
    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    list_jobs(stage);
    assert_false(is_due(stage, 1));
    record->state = SLURM_NODE_FAIL;
    record->ended = ASKED - 1;
    list_jobs(stage);
    assert_false(is_due(stage, 1));
    record->ended = ASKED + 1;
    list_jobs(stage);
    assert_true(is_due(stage, 1));
    slurm_capacity_ask(&stage->capacity, ASKED + 30, ASKED_MS);
    list_jobs(stage);
    assert_false(is_due(stage, 1));
}

static void a_job_that_was_requeued_is_doubt(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 1);

    slurm_capacity_ask(&stage->capacity, ASKED, ASKED_MS);
    record->submitted = ASKED + 1;
    list_jobs(stage);
    assert_false(is_due(stage, 1));
    record->restarts = 1;
    list_jobs(stage);
    assert_true(is_due(stage, 1));
}

static void take(struct stage *stage, const char *partitions)
{
    struct slurm_nodes nodes = {.items = xcalloc(1, sizeof(*nodes.items)), .count = 1};

    nodes.items[0] = (struct slurm_node){
        .name = xstrdup("cn1"),
        .partitions = xstrdup(partitions),
        .reason = xstrdup(""),
    };
    slurm_capacity_take(&stage->capacity, &nodes);
}

static void a_partition_that_slurm_does_not_have_is_told(void **state)
{
    struct config_pool pools[] = {
        {.name = "lab", .executor = "local"},
        {.name = "cluster", .executor = "slurm", .partition = "gpu"},
    };
    struct stage *stage = *state;

    stage->config.pools = pools;
    stage->config.pool_count = 2;
    take(stage, "main,gpu-old");
    assert_string_equal("pool cluster: Slurm has no partition gpu, or no nodes in it",
                        stage->capacity.trouble);
    assert_false(stage->capacity.is_missing[0]);
    assert_true(stage->capacity.is_missing[1]);
    take(stage, "main,gpu");
    assert_string_equal("", stage->capacity.trouble);
    assert_false(stage->capacity.is_missing[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_partition_that_slurm_does_not_have_is_told),
        TEST(nodes_are_listed_first_and_then_every_fifth_time),
        TEST(in_doubt_they_are_listed_next),
        TEST(doubt_while_they_are_listed_is_not_lost),
        TEST(a_job_that_is_lost_with_its_node_is_doubt),
        TEST(a_job_that_was_requeued_is_doubt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/* The world's pool has 4 GPUs, 16 CPUs and 64 GiB. */

static void a_job_that_asks_for_no_memory_has_its_share_of_the_pool(void **state)
{
    static const struct {
        const char *job;
        int64_t memory;
    } rows[] = {
        {WORLD_JOB(", \"held\": true, \"gpus\": 1"), 16384},
        {WORLD_JOB(", \"held\": true, \"gpus\": 4, \"cpus\": 2"), 65536},
        {WORLD_JOB(", \"held\": true, \"gpus\": 1, \"cpus\": 8"), 32768},
        {WORLD_JOB(", \"held\": true, \"cpus\": 1"), 4096},
        {WORLD_JOB(", \"held\": true, \"gpus\": 4, \"memory\": 1048576"), 1},
    };
    struct world *world = *state;

    world->policies[0].memory = POLICY_NOT_SET;
    world_set_policies(world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t id = world_take(world, rows[i].job);

        assert_int_equal(rows[i].memory, world_job(world, id).memory);
    }
}

static void jobs_that_fill_the_gpus_of_a_pool_fit_with_their_shares(void **state)
{
    struct world *world = *state;

    world->policies[1].memory = POLICY_NOT_SET;
    world_set_policies(world);
    for (int i = 0; i < 4; i++)
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1"));
    assert_int_equal(4, world->executor->order_count);
}

static void what_the_queue_says_comes_before_a_share(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"held\": true, \"gpus\": 4"));

    assert_int_equal(1024, world_job(world, id).memory);
}

static void a_place_that_is_not_there_is_named_as_it_was_asked_for(void **state)
{
    static const struct {
        const char *job, *field, *says;
    } rows[] = {
        {WORLD_JOB(", \"pools\": [\"nope\"]"), "pools", "there is no pool 'nope'"},
        {WORLD_JOB(", \"zones\": [\"XX\"]"), "zones", "there is no pool in zone 'XX'"},
        {WORLD_JOB(", \"pools\": [\"lab\"], \"zones\": [\"XX\"]"), "pools",
         "there is no pool 'lab' in zone 'XX'"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct error err;

        assert_int_equal(-1, world_submit(world, rows[i].job, &err));
        assert_string_equal(rows[i].says, err.text);
        assert_string_equal(rows[i].field, err.field);
    }
}

#define WORLD_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_job_that_asks_for_no_memory_has_its_share_of_the_pool),
        WORLD_TEST(jobs_that_fill_the_gpus_of_a_pool_fit_with_their_shares),
        WORLD_TEST(what_the_queue_says_comes_before_a_share),
        WORLD_TEST(a_place_that_is_not_there_is_named_as_it_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

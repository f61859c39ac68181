/* SPDX-License-Identifier: MIT */
#include "daemon/gpu_tick.h"

#include "tests/support/api.h"

/* Four GPUs that are well. */
static struct gpu_sample samples[4];

static void make_samples(void)
{
    for (int i = 0; i < 4; i++) {
        samples[i] = (struct gpu_sample){
            .model = "Made up",
            .memory = 81920,
            .power_limit = 400,
            .power_mw = 50000 + 1000 * i,
            .energy_mj = GPU_UNKNOWN,
            .utilisation = 3,
        };
        snprintf(samples[i].uuid, sizeof(samples[i].uuid), "GPU-%d", i);
    }
}

static int set_up(void **state)
{
    struct api *api;

    api_set_up(state);
    api = *state;
    make_samples();
    gpu_tick_start(&api->daemon, samples, 4);
    return 0;
}

static int tear_down(void **state)
{
    struct api *api = *state;

    /* The client is not to be closed before it is connected. */
    assert_int_equal(api_ask(api, "GET", "/v1/nodes", ""), 200);
    gpu_tick_destroy(api->daemon.gpus);
    api->daemon.gpus = NULL;
    return api_tear_down(state);
}

/* The next samples, which were taken then. */
static const struct pool *tick(struct api *api, int64_t at_ms)
{
    for (int i = 0; i < 4; i++)
        samples[i].at_ms = at_ms;
    gpu_tick_on_samples(samples, 4, &api->daemon);
    return engine_pool(api->daemon.engine, 0);
}

static void set_health(int gpu, enum gpu_health health)
{
    samples[gpu].health = health;
    snprintf(samples[gpu].trouble, sizeof(samples[gpu].trouble), "%s",
             health == GPU_WELL ? "" : "so says the test");
}

static void one_bad_sample_blocks_and_the_second_drains(void **state)
{
    struct api *api = *state;
    const struct pool *pool;

    set_health(2, GPU_LOST);
    pool = tick(api, 2000);
    assert_int_equal(pool->foreign_gpus, 0x4);
    assert_int_equal(pool->lost_gpus, 0);
    set_health(2, GPU_WELL);
    tick(api, 4000);
    assert_int_equal(pool->foreign_gpus, 0);
    set_health(2, GPU_BROKEN);
    tick(api, 6000);
    tick(api, 8000);
    assert_int_equal(pool->foreign_gpus, 0);
    assert_int_equal(pool->lost_gpus, 0x4);
}

static void a_drained_gpu_must_be_well_for_a_minute(void **state)
{
    struct api *api = *state;
    const struct pool *pool;

    set_health(0, GPU_LOST);
    tick(api, 2000);
    tick(api, 4000);
    set_health(0, GPU_WELL);
    pool = tick(api, 6000);
    tick(api, 6000 + GPU_TICK_WELL_MS - 1);
    assert_int_equal(pool->lost_gpus, 0x1);
    /* What fails once more begins anew. */
    set_health(0, GPU_LOST);
    tick(api, 70000);
    set_health(0, GPU_WELL);
    tick(api, 72000);
    tick(api, 72000 + GPU_TICK_WELL_MS - 1);
    assert_int_equal(pool->lost_gpus, 0x1);
    tick(api, 72000 + GPU_TICK_WELL_MS);
    assert_int_equal(pool->lost_gpus, 0);
}

static void a_resumed_pool_takes_back_what_is_well(void **state)
{
    struct api *api = *state;
    const struct pool *pool;

    set_health(0, GPU_LOST);
    set_health(1, GPU_LOST);
    tick(api, 2000);
    tick(api, 4000);
    set_health(0, GPU_WELL);
    pool = tick(api, 6000);
    assert_int_equal(pool->lost_gpus, 0x3);
    assert_int_equal(api_ask(api, "POST", "/v1/pools/lab/resume", ""), 200);
    assert_int_equal(pool->lost_gpus, 0x2);
}

static void silence_blocks_and_drains_nothing(void **state)
{
    struct api *api = *state;
    const struct pool *pool;

    for (int i = 0; i < 4; i++)
        set_health(i, GPU_SILENT);
    for (int i = 1; i < 6; i++)
        pool = tick(api, INT64_C(2000) * i);
    assert_int_equal(pool->foreign_gpus, 0xf);
    assert_int_equal(pool->lost_gpus, 0);
    make_samples();
    tick(api, 12000);
    assert_int_equal(pool->foreign_gpus, 0);
}

static void who_is_on_a_gpu_must_be_gone_from_two_samples(void **state)
{
    struct api *api = *state;
    const struct pool *pool;

    samples[3].has_foreign = true;
    samples[3].process_count = 1;
    samples[3].processes[0] = (struct gpu_process){1, 0, GPU_UNKNOWN, false, true};
    pool = tick(api, 2000);
    assert_int_equal(pool->foreign_gpus, 0x8);
    samples[3].has_foreign = false;
    samples[3].process_count = 0;
    tick(api, 4000);
    assert_int_equal(pool->foreign_gpus, 0x8);
    tick(api, 6000);
    assert_int_equal(pool->foreign_gpus, 0);
}

static void a_gpu_is_shown_with_its_trouble_and_its_guests(void **state)
{
    struct api *api = *state;

    samples[1].has_foreign = true;
    samples[1].process_count = 1;
    samples[1].processes[0] = (struct gpu_process){4242, 0, GPU_UNKNOWN, false, true};
    set_health(2, GPU_BROKEN);
    tick(api, 2000);
    tick(api, 4000);
    assert_int_equal(api_ask(api, "GET", "/v1/nodes", ""), 200);
    assert_string_equal(api_text(api, "pools.0.gpu.0.uuid"), "GPU-0");
    assert_string_equal(api_text(api, "pools.0.gpu.0.health"), "well");
    assert_true(json_is_null(api_at(api, "pools.0.gpu.0.trouble")));
    assert_int_equal(api_number(api, "pools.0.gpu.1.processes.0.pid"), 4242);
    assert_string_equal(api_text(api, "pools.0.gpu.1.processes.0.user"), "root");
    assert_true(json_is_null(api_at(api, "pools.0.gpu.1.processes.0.memory")));
    assert_true(json_is_true(api_at(api, "pools.0.gpu.2.drained")));
    assert_string_equal(api_text(api, "pools.0.gpu.2.trouble"),
                        "broken: so says the test");
    assert_int_equal(api_number(api, "pools.0.gpus"), 4);
    assert_int_equal(api_number(api, "pools.0.gpus_usable"), 2);
    assert_string_equal(api_text(api, "pools.0.power"), "measured");
    assert_true(json_real_value(api_at(api, "pools.0.watts")) == 206.0);
    assert_int_equal(api_number(api, "pools.0.gpus_idle"), 3);
    assert_true(json_real_value(api_at(api, "pools.0.watts_idle")) == 155.0);
    /* One that does not say what it draws makes an estimate of all. */
    samples[0].power_mw = GPU_UNKNOWN;
    tick(api, 6000);
    api_ask(api, "GET", "/v1/nodes", "");
    assert_string_equal(api_text(api, "pools.0.power"), "estimated");
    assert_true(json_is_null(api_at(api, "pools.0.gpu.0.watts")));
    assert_true(json_is_null(api_at(api, "pools.0.gpus_idle")));
}

static void what_is_unknown_is_shown_as_null(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "GET", "/v1/nodes", ""), 200);
    assert_true(json_is_null(api_at(api, "driver")));
    assert_true(json_is_null(api_at(api, "pools.0.gpu.0.health")));
    assert_true(json_is_null(api_at(api, "pools.0.gpu.0.uuid")));
    assert_int_equal(json_array_size(api_at(api, "pools.0.gpu.0.processes")), 0);
    assert_string_equal(api_text(api, "pools.0.power"), "estimated");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_bad_sample_blocks_and_the_second_drains),
        TEST(a_drained_gpu_must_be_well_for_a_minute),
        TEST(a_resumed_pool_takes_back_what_is_well),
        TEST(silence_blocks_and_drains_nothing),
        TEST(who_is_on_a_gpu_must_be_gone_from_two_samples),
        TEST(a_gpu_is_shown_with_its_trouble_and_its_guests),
        API_TEST(what_is_unknown_is_shown_as_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/routes.h"

#include <signal.h>

#include "daemon/routes_nodes.h"
#include "scheduler/engine_internal.h"
#include "tests/support/api.h"

static void what_runs_is_shown_with_its_place_and_energy(void **state)
{
    struct api *api = *state;
    struct executor_report report = {.job_id = 1, .attempt = 1};

    assert_int_equal(api_ask(api, "POST", "/v1/jobs",
                             API_JOB(", \"queue\": \"urgent\", \"gpus\": 2")),
                     201);
    while (api->world->executor->order_count == 0)
        uv_run(&api->daemon.loop, UV_RUN_ONCE);
    report.at = api->world->clock.time;
    report.outcome = EXECUTOR_STARTED;
    daemon_on_report(&report, &api->daemon);
    do
        assert_int_equal(api_ask(api, "GET", "/v1/jobs/1", ""), 200);
    while (strcmp(api_text(api, "state"), "running") != 0);
    api->world->clock.time += HOUR;

    assert_int_equal(api_ask(api, "GET", "/v1/jobs/1", ""), 200);
    assert_true(json_is_null(api_at(api, "plan")));
    assert_string_equal(api_text(api, "pool"), "lab");
    assert_true(json_real_value(api_at(api, "energy.kwh")) == 0.6);
    assert_int_equal(api_ask(api, "GET", "/v1/nodes", ""), 200);
    assert_string_equal(api_text(api, "pools.0.pool"), "lab");
    assert_int_equal(api_number(api, "pools.0.gpus_taken"), 2);
    assert_int_equal(api_number(api, "pools.0.gpu.0.job"), 1);
    assert_true(json_is_null(api_at(api, "pools.0.gpu.2.job")));
    assert_int_equal(api_number(api, "pools.0.jobs.0.id"), 1);
    assert_true(json_real_value(api_at(api, "pools.0.watts")) == 720.0);
    assert_int_equal(api_ask(api, "GET", "/v1/plan", ""), 200);
    assert_string_equal(api_text(api, "jobs.0.state"), "running");
    assert_string_equal(api_text(api, "jobs.0.name"), "echo");
}

static void a_pool_is_drained_and_resumed(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "POST", "/v1/pools/lab/drain", ""), 200);
    api_ask(api, "GET", "/v1/nodes", "");
    assert_true(json_is_true(api_at(api, "pools.0.drained")));
    api_ask(api, "GET", "/v1/status", "");
    assert_true(json_is_true(api_at(api, "pools.0.drained")));
    assert_string_equal("awake", api_text(api, "pools.0.sleep"));
    assert_int_equal(api_ask(api, "POST", "/v1/pools/lab/resume", ""), 200);
    api_ask(api, "GET", "/v1/nodes", "");
    assert_true(json_is_false(api_at(api, "pools.0.drained")));
    assert_int_equal(api_ask(api, "POST", "/v1/pools/nowhere/drain", ""), 404);
}

static void a_pool_that_sleeps_draws_nothing(void **state)
{
    struct api *api = *state;

    api_ask(api, "GET", "/v1/nodes", "");
    assert_true(json_real_value(api_at(api, "pools.0.watts")) == 240.0);
    engine_set_sleep(api->daemon.engine, 0, POOL_ASLEEP);
    api_ask(api, "GET", "/v1/nodes", "");
    assert_true(json_real_value(api_at(api, "pools.0.watts")) == 0.0);
    engine_set_sleep(api->daemon.engine, 0, POOL_WAKING);
    api_ask(api, "GET", "/v1/nodes", "");
    assert_string_equal("waking", api_text(api, "pools.0.sleep"));
    assert_true(json_is_null(api_at(api, "pools.0.sleep_trouble")));
}

static void the_grid_is_shown_as_it_is_known(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "GET", "/v1/zones", ""), 200);
    assert_string_equal(api_text(api, "zones.0.zone"), "GB");
    assert_string_equal(api_text(api, "zones.0.sources.0.provider"), "made");
    /* Until the first forecast is there, the mean of a year is told. */
    while (api_ask(api, "GET", "/v1/zones/GB/forecast?hours=3", "") == 200
           && strcmp(api_text(api, "rung"), "yearly") == 0)
        uv_run(&api->daemon.loop, UV_RUN_ONCE);
    assert_string_equal(api_text(api, "provider"), "made");
    assert_string_equal(api_text(api, "unit"), "gCO2eq/kWh");
    assert_true(json_is_true(api_at(api, "synthetic")));
    assert_true(json_array_size(api_at(api, "points")) >= 3);
    assert_string_equal(api_text(api, "points.0.begins"), "2026-01-01T00:00:00Z");
    assert_non_null(api_at(api, "cleanest.begins"));
    assert_int_equal(api_ask(api, "GET", "/v1/zones", ""), 200);
    assert_string_equal(api_text(api, "zones.0.kind"), "synthetic");
}

static void the_daemon_tells_how_it_does(void **state)
{
    struct api *api = *state;

    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"name\": \"secret\", \"held\": true"));
    assert_int_equal(api_ask(api, "GET", "/v1/status", ""), 200);
    assert_int_equal(api_number(api, "jobs.held"), 1);
    assert_true(json_is_true(api_at(api, "store.writable")));
    assert_int_equal(api_number(api, "pid"), getpid());
    assert_string_equal(api_text(api, "zones.0.zone"), "GB");

    assert_int_equal(api_ask(api, "GET", "/metrics?x=y", ""), 200);
    assert_non_null(strstr(api->body.bytes, "\npenstock_jobs{state=\"held\"} 1\n"));
    assert_non_null(strstr(
        api->body.bytes, "\npenstock_pool_capacity{pool=\"lab\",resource=\"gpus\"} 4"));
    assert_null(strstr(api->body.bytes, "secret"));
}

/* Ask with a bound at hand, until no plan that was made meanwhile has taken it away. */
static void ask_with_bound(struct api *api, const char *path)
{
    struct engine *engine = api->daemon.engine;

    do {
        engine->bound = (struct plan_bound){.jobs = 3, .gap = 1028312};
        engine->bound_at = WORLD_START;
        assert_int_equal(api_ask(api, "GET", path, ""), 200);
    } while (engine->bound.jobs == 0);
}

static void a_plan_says_how_far_it_may_be_from_the_best(void **state)
{
    struct api *api = *state;

    api_ask(api, "GET", "/v1/plan", "");
    assert_true(json_is_null(api_at(api, "bound")));
    api_ask(api, "GET", "/metrics", "");
    assert_null(strstr(api->body.bytes, "plan_gap_ratio"));

    ask_with_bound(api, "/v1/plan");
    assert_string_equal(api_text(api, "bound.made"), "2026-01-01T00:00:00Z");
    assert_int_equal(api_number(api, "bound.jobs"), 3);
    assert_true(json_real_value(api_at(api, "bound.gap_percent")) == 102.8312);
    ask_with_bound(api, "/metrics");
    assert_non_null(strstr(api->body.bytes, "\npenstock_plan_gap_ratio 1.028312\n"));
}

/* Run one job of two GPUs, and ask until it is in that state. */
static void report_until(struct api *api, enum executor_outcome outcome,
                         const char *state)
{
    const struct executor_report report = {
        .job_id = 1,
        .attempt = 1,
        .at = api->world->clock.time,
        .outcome = outcome,
    };

    daemon_on_report(&report, &api->daemon);
    do
        assert_int_equal(api_ask(api, "GET", "/v1/jobs/1", ""), 200);
    while (strcmp(api_text(api, "state"), state) != 0);
}

static void gpus_that_a_job_left_idle_are_told_of(void **state)
{
    struct api *api = *state;
    struct world *world = api->world;
    const int64_t use[2] = {0, 0};

    world->policies[1].idle_below = 5;
    world->policies[1].idle_after = MINUTE;
    world_set_policies(world);
    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"queue\": \"urgent\", \"gpus\": 2"));
    while (world->executor->order_count == 0)
        uv_run(&api->daemon.loop, UV_RUN_ONCE);
    report_until(api, EXECUTOR_STARTED, "running");
    assert_true(json_is_null(api_at(api, "idle_since")));
    for (int i = 0; i < 5; i++) {
        world->clock.time += 30;
        engine_watch_use(api->daemon.engine, 0, use, 2);
    }
    daemon_poke(&api->daemon);
    do
        assert_int_equal(api_ask(api, "GET", "/v1/jobs/1", ""), 200);
    while (json_is_null(api_at(api, "idle_since")));
    assert_string_equal(api_text(api, "idle_since"), "2026-01-01T00:00:00Z");

    world->clock.time = WORLD_START + HOUR;
    report_until(api, EXECUTOR_ENDED, "done");
    assert_true(json_is_null(api_at(api, "idle_since")));
    world->clock.time += HOUR;
    assert_int_equal(api_ask(api, "GET", "/v1/report", ""), 200);
    assert_int_equal(api_number(api, "idle_jobs.jobs"), 1);
    assert_int_equal(api_number(api, "idle_jobs.gpus"), 2);
    assert_true(json_real_value(api_at(api, "idle_jobs.gpu_hours")) == 2.0);
}

static void the_end_of_a_lost_job_has_no_exit_status(void **state)
{
    struct api *api = *state;

    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"queue\": \"urgent\""));
    while (api->world->executor->order_count == 0)
        uv_run(&api->daemon.loop, UV_RUN_ONCE);
    report_until(api, EXECUTOR_STARTED, "running");
    report_until(api, EXECUTOR_LOST, "failed");
    assert_string_equal(api_text(api, "events.3.event"), "broke");
    assert_string_equal(api_text(api, "events.3.cause"), "lost");
    assert_true(json_is_null(api_at(api, "events.3.exit_status")));
    assert_true(json_is_null(api_at(api, "exit_status")));
}

static void a_report_is_made_on_request(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "GET",
                             "/v1/report?by=user&from=2025-12-01T00:00:00Z"
                             "&to=2026-01-01T00:00:00Z",
                             ""),
                     200);
    assert_string_equal(api_text(api, "from"), "2025-12-01T00:00:00Z");
    assert_string_equal(api_text(api, "by"), "user");
    assert_true(json_is_array(api_at(api, "parts")));
    assert_true(json_is_array(api_at(api, "forecasts")));
    assert_int_equal(api_ask(api, "GET", "/v1/report", ""), 200);
}

static void a_backup_is_a_database(void **state)
{
    struct api *api = *state;

    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"held\": true"));
    assert_int_equal(api_ask(api, "GET", "/v1/backup", ""), 200);
    assert_true(api->body.length > 4096);
    assert_memory_equal(api->body.bytes, "SQLite format 3", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(what_runs_is_shown_with_its_place_and_energy),
        API_TEST(gpus_that_a_job_left_idle_are_told_of),
        API_TEST(a_pool_that_sleeps_draws_nothing),
        API_TEST(a_pool_is_drained_and_resumed),
        API_TEST(the_grid_is_shown_as_it_is_known),
        API_TEST(the_daemon_tells_how_it_does),
        API_TEST(a_plan_says_how_far_it_may_be_from_the_best),
        API_TEST(the_end_of_a_lost_job_has_no_exit_status),
        API_TEST(a_report_is_made_on_request),
        API_TEST(a_backup_is_a_database),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

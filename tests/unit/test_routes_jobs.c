/* SPDX-License-Identifier: MIT */
#include "daemon/routes_jobs.h"

#include <signal.h>

#include "tests/support/api.h"

static void a_job_is_taken_and_shown(void **state)
{
    struct api *api = *state;

    assert_int_equal(
        api_ask(api, "POST", "/v1/jobs",
                API_JOB(", \"name\": \"train\", \"held\": true, \"gpus\": 2, "
                        "\"output\": \"out-%j.txt\", \"pools\": [\"lab\"]")),
        201);
    assert_int_equal(api_number(api, "id"), 1);
    assert_string_equal(api_text(api, "name"), "train");
    assert_string_equal(api_text(api, "state"), "held");
    assert_string_equal(api_text(api, "queue"), "green");
    assert_string_equal(api_text(api, "reason"), "held");
    assert_true(json_is_null(api_at(api, "planned_start")));

    assert_int_equal(api_ask(api, "GET", "/v1/jobs/1", ""), 200);
    assert_string_equal(api_text(api, "command.1"), "hi");
    assert_string_equal(api_text(api, "output"), "/tmp/out-1.txt");
    assert_string_equal(api_text(api, "pools.0"), "lab");
    assert_int_equal(api_number(api, "grace"), 30);
    assert_string_equal(api_text(api, "plan.reason"), "held");
    assert_int_equal(api_number(api, "plan.gpus_usable"), 4);
    assert_string_equal(api_text(api, "events.0.event"), "submitted");
    assert_string_equal(api_text(api, "submitted"), "2026-01-01T00:00:00Z");
    assert_true(json_is_null(api_at(api, "energy")));
    assert_true(json_is_null(api_at(api, "script")));
    assert_int_equal(api_ask(api, "GET", "/v1/jobs/1/events", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "events")), 2);
    assert_string_equal(api_text(api, "events.1.event"), "held");
}

static void an_array_is_answered_as_many_jobs(void **state)
{
    struct api *api = *state;

    assert_int_equal(
        api_ask(
            api, "POST", "/v1/jobs",
            "[" API_JOB(
                ", \"array\": \"0-2\", \"name\": \"a\", "
                "\"held\": true") "," API_JOB(", \"name\": \"b\", \"held\": true") "]"),
        201);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 4);
    assert_int_equal(api_number(api, "jobs.2.id"), 3);
    assert_string_equal(api_text(api, "jobs.2.name"), "a");
    assert_string_equal(api_text(api, "jobs.3.name"), "b");
    assert_int_equal(api_ask(api, "GET", "/v1/jobs/3", ""), 200);
    assert_int_equal(api_number(api, "array_id"), 1);
    assert_int_equal(api_number(api, "array_index"), 2);
}

static void a_large_body_is_taken_too(void **state)
{
    struct api *api = *state;
    struct text body = TEXT_EMPTY;

    text_add(&body, "[");
    for (int i = 0; i < 4000; i++)
        text_add_format(&body, "%s" API_JOB(", \"held\": true, \"name\": \"job-%d\""),
                        i ? ",\n" : "", i);
    text_add(&body, "]");
    assert_true(body.length > 256 << 10);
    assert_int_equal(api_ask(api, "POST", "/v1/jobs", body.bytes), 201);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 4000);
    assert_string_equal(api_text(api, "jobs.3999.name"), "job-3999");
    text_release(&body);
}

static void a_dry_run_takes_nothing(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "POST", "/v1/jobs?dry_run=1", API_JOB("")), 200);
    assert_true(json_is_null(api_at(api, "id")));
    assert_string_equal(api_text(api, "state"), "waiting");
    assert_int_equal(
        api_ask(api, "POST", "/v1/jobs?dry_run=1", API_JOB(", \"array\": \"1-3\"")),
        200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 3);
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?state=all", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 0);
}

static void a_long_dry_run_lets_others_be_answered(void **state)
{
    struct api *api = *state;
    struct text body = TEXT_EMPTY;

    text_add(&body, "[");
    for (int i = 0; i < 3000; i++)
        text_add_format(&body, "%s" API_JOB(""), i ? "," : "");
    text_add(&body, "]");
    assert_int_equal(api_ask(api, "POST", "/v1/jobs?dry_run=1", body.bytes), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 3000);
    text_release(&body);
}

static void what_is_wrong_with_a_submission_is_named(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *field;
    } cases[] = {
        {API_JOB(", \"gpus\": -1"), 400, "gpus"},
        {API_JOB(", \"queue\": \"none\""), 400, "queue"},
        {API_JOB(", \"unheard\": 1"), 400, "unheard"},
        {"{", 400, NULL},
        {"", 400, NULL},
        {"[]", 400, NULL},
    };
    struct api *api = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(api_ask(api, "POST", "/v1/jobs", cases[i].body),
                         cases[i].status);
        assert_string_equal(api_text(api, "error.code"), "invalid");
        if (cases[i].field)
            assert_string_equal(api_text(api, "error.field"), cases[i].field);
    }
    assert_int_equal(api_ask(api, "POST", "/v1/jobs?dry_run=2", API_JOB("")), 400);
    assert_string_equal(api_text(api, "error.field"), "dry_run");
}

static void jobs_of_others_are_not_taken(void **state)
{
    struct api *api = *state;

    api->daemon.serves_uid = getuid() + 1;
    assert_int_equal(api_ask(api, "POST", "/v1/jobs", API_JOB("")), 403);
    assert_string_equal(api_text(api, "error.code"), "forbidden");
    assert_string_equal(api_text(api, "error.message"),
                        "this daemon serves nobody else");
}

static void lists_come_in_pages_newest_first(void **state)
{
    struct api *api = *state;

    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"array\": \"1-5\", \"held\": true"));
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?limit=2", ""), 200);
    assert_int_equal(api_number(api, "jobs.0.id"), 5);
    assert_int_equal(api_number(api, "next"), 4);
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?limit=3&after=4", ""), 200);
    assert_int_equal(api_number(api, "jobs.0.id"), 3);
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?limit=3&after=2", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 1);
    assert_true(json_is_null(api_at(api, "next")));
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?state=ended", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 0);
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?slurm=1&state=all", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 0);
    assert_int_equal(api_ask(api, "GET", "/v1/jobs?user=nobody-here", ""), 200);
    assert_int_equal(json_array_size(api_at(api, "jobs")), 0);
}

static void values_that_make_no_sense_are_refused_by_name(void **state)
{
    static const struct {
        const char *target;
        const char *field;
    } cases[] = {
        {"/v1/jobs?limit=0", "limit"},
        {"/v1/jobs?limit=1001", "limit"},
        {"/v1/jobs?state=happy", "state"},
        {"/v1/jobs?after=x", "after"},
        {"/v1/jobs?slurm=", "slurm"},
        {"/v1/jobs?slurm=x", "slurm"},
        {"/v1/jobs?slurm=0", "slurm"},
        {"/v1/jobs?slurm=17_", "slurm"},
        {"/v1/jobs?slurm=17_-1", "slurm"},
        {"/v1/jobs?slurm=17_2147483648", "slurm"},
        {"/v1/jobs?slurm=123456789012345678901234567890", "slurm"},
        {"/v1/jobs?limits=1", "limits"},
        {"/v1/plan?limit=x", "limit"},
        {"/v1/report?by=moon", "by"},
        {"/v1/report?from=never", "from"},
        {"/v1/report?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"},
        {"/v1/zones/GB/forecast?hours=0", "hours"},
    };
    struct api *api = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(api_ask(api, "GET", cases[i].target, ""), 400);
        assert_string_equal(api_text(api, "error.code"), "invalid");
        assert_string_equal(api_text(api, "error.field"), cases[i].field);
    }
}

static void jobs_are_held_released_changed_and_cancelled(void **state)
{
    struct api *api = *state;

    api_ask(api, "POST", "/v1/jobs", API_JOB(", \"begin\": \"2026-01-02T00:00:00Z\""));
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/1/hold", ""), 200);
    assert_string_equal(api_text(api, "state"), "held");
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/1/hold", ""), 409);
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/1/release", ""), 200);
    assert_string_equal(api_text(api, "state"), "waiting");
    assert_int_equal(api_ask(api, "PATCH", "/v1/jobs/1", "{\"priority\": -5}"), 200);
    assert_int_equal(api_number(api, "priority"), -5);
    assert_int_equal(api_ask(api, "PATCH", "/v1/jobs/1", "{\"priority\": \"x\"}"), 400);
    assert_string_equal(api_text(api, "error.field"), "priority");
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/1/cancel", ""), 200);
    assert_string_equal(api_text(api, "state"), "cancelled");
    assert_int_not_equal(api_ask(api, "POST", "/v1/jobs/1/cancel", ""), 200);
}

static void on_taken(const struct engine_answer *answer, void *context)
{
    (void)context;
    assert_int_equal(answer->error.code, ERROR_NONE);
}

static void take_from_slurm(struct api *api, const char *reference)
{
    const struct engine_actor actor = {.uid = getuid()};
    const struct pool cluster = {
        .name = "cluster", .zone = "GB", .pue_ppm = 1000000, .delegated = true};
    struct submission submission = {
        .job = {.gpus = 1,
                .gpus_max = 1,
                .cpus = 1,
                .time = HOUR,
                .time_limit = HOUR,
                .max_wait = 6 * HOUR,
                .signal = 15},
        .spec = {.name = xstrdup("train"),
                 .pools = xstrdup("cluster"),
                 .reference = xstrdup(reference)},
        .given = {.time = true, .time_limit = true, .max_wait = true, .memory = true},
        .array_first = 1,
    };
    struct error err;

    engine_add_pool(api->daemon.engine, &cluster, &api->world->executor->executor,
                    NULL);
    if (engine_submit(api->daemon.engine, &submission, 1, &actor, on_taken, NULL, &err)
        < 0)
        fail_msg("%s", err.text);
    submission_release(&submission);
    daemon_poke(&api->daemon);
    while (api_ask(api, "GET", "/v1/jobs/1", "") != 200)
        continue;
    assert_string_equal(api_text(api, "slurm"), "17");
}

static void a_job_of_slurm_is_named_by_its_number_there_too(void **state)
{
    struct api *api = *state;

    take_from_slurm(api, "slurm/17@1000");
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/1/hold", ""), 409);
    assert_string_equal("job 1 (slurm/17) is not ours to hold or release: tell the "
                        "scheduler that runs it, as by \"scontrol hold 17\"",
                        api_text(api, "error.message"));
    api_ask(api, "POST", "/v1/jobs/1/release", "");
    assert_non_null(strstr(api_text(api, "error.message"), "\"scontrol release 17\""));
    assert_int_equal(
        api_ask(api, "PATCH", "/v1/jobs/1", "{\"deadline\": \"2030-01-01T00:00:00Z\"}"),
        409);
    assert_string_equal(api_text(api, "error.field"), "deadline");
    assert_non_null(
        strstr(api_text(api, "error.message"), "job 1 (slurm/17) was given"));
}

static void what_is_not_there_is_missing(void **state)
{
    static const char *const targets[] = {
        "/",
        "/v1",
        "/v1/jobs/",
        "/v1/jobs/7",
        "/v1/jobs/x",
        "/v1/jobs/0",
        "/v1/zone",
        "/v1/zones/XX/forecast",
        "/v1/jobs/7/events",
    };
    struct api *api = *state;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_int_equal(api_ask(api, "GET", targets[i], ""), 404);
        assert_string_equal(api_text(api, "error.code"), "missing");
    }
    assert_int_equal(api_ask(api, "POST", "/v1/jobs/7/cancel", ""), 404);
    assert_int_equal(api_ask(api, "POST", "/v1/pools/none/drain", ""), 404);
}

static void a_wrong_method_is_not_allowed(void **state)
{
    struct api *api = *state;

    assert_int_equal(api_ask(api, "DELETE", "/v1/jobs", ""), 405);
    assert_string_equal(api_text(api, "error.message"), "there is only GET, POST here");
    assert_int_equal(api_ask(api, "GET", "/v1/jobs/1/cancel", ""), 405);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(a_job_is_taken_and_shown),
        API_TEST(an_array_is_answered_as_many_jobs),
        API_TEST(a_large_body_is_taken_too),
        API_TEST(a_dry_run_takes_nothing),
        API_TEST(a_long_dry_run_lets_others_be_answered),
        API_TEST(what_is_wrong_with_a_submission_is_named),
        API_TEST(jobs_of_others_are_not_taken),
        API_TEST(lists_come_in_pages_newest_first),
        API_TEST(values_that_make_no_sense_are_refused_by_name),
        API_TEST(jobs_are_held_released_changed_and_cancelled),
        API_TEST(a_job_of_slurm_is_named_by_its_number_there_too),
        API_TEST(what_is_not_there_is_missing),
        API_TEST(a_wrong_method_is_not_allowed),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/slurm/rest_text.h"

static void the_newest_version_that_is_known_is_found(void **state)
{
    static const struct {
        const char *openapi;
        int version;
    } rows[] = {
        {"", 0},
        {"{\"paths\": {}}", 0},
        {"{\"paths\": {\"\\/slurm\\/v0.0.36\\/jobs\": {}, "
         "\"\\/slurm\\/v0.0.38\\/jobs\": "
         "{}, \"\\/slurm\\/v0.0.37\\/jobs\": {}}}",
         38},
        {"\"/slurm/v0.0.40/jobs/\", \"/slurmdb/v0.0.41/jobs/\", \"v0.0.42\"", 40},
        {"\"/slurm/v0.0.35/jobs/\", \"/slurm/v0.0.46/jobs/\"", 0},
        {"\"/slurm/v0.0.45/jobs/\", \"/slurm/v0.0.46/jobs/\"", 45},
        {"\"/slurm/v0.0.400/jobs/\", \"/slurm/v0.0.4/\"", 0},
        {"/slurm/v0.0.4", 0},
        {"/slurm/v0.0.", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rows[i].version,
                         rest_version_find(rows[i].openapi, strlen(rows[i].openapi)));
}

static void an_order_becomes_a_request_of_its_version(void **state)
{
    static const struct {
        struct slurm_order order;
        int version;
        const char *method;
        const char *path;
        const char *body;
    } rows[] = {
        {{.verb = SLURM_RELEASE, .target = "12"},
         38,
         "POST",
         "/slurm/v0.0.38/job/12",
         "{\"begin_time\": \"now\"}"},
        {{.verb = SLURM_RELEASE, .target = "12"},
         40,
         "POST",
         "/slurm/v0.0.40/job/12",
         "{\"begin_time\": {\"set\": true, \"infinite\": false, \"number\": 1}}"},
        {{.verb = SLURM_DEFER, .target = "12_[1-3,7]", .begin = 1795860000},
         38,
         "POST",
         "/slurm/v0.0.38/job/12_%5B1-3%2C7%5D",
         "{\"begin_time\": \"uts1795860000\"}"},
        {{.verb = SLURM_DEFER, .target = "12", .begin = 1795860000},
         45,
         "POST",
         "/slurm/v0.0.45/job/12",
         "{\"begin_time\": {\"set\": true, \"infinite\": false, \"number\": "
         "1795860000}}"},
        {{.verb = SLURM_CANCEL, .target = "12_3"},
         36,
         "DELETE",
         "/slurm/v0.0.36/job/12_3",
         ""},
        {{.verb = SLURM_SIGNAL, .target = "12", .signal = 10},
         39,
         "DELETE",
         "/slurm/v0.0.39/job/12?signal=10",
         ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest_order rest;

        assert_int_equal(
            0, rest_order_format(&rows[i].order, rows[i].version, &rest, NULL));
        assert_string_equal(rows[i].method, rest.method);
        assert_string_equal(rows[i].path, rest.path);
        assert_string_equal(rows[i].body, rest.body);
    }
}

/* In 23.02 and later a path with a task would move, or end, the whole array. */
static void what_a_version_cannot_is_told(void **state)
{
    static const struct {
        struct slurm_order order;
        int version;
        enum error_code code;
    } rows[] = {
        {{.verb = SLURM_REQUEUE, .target = "12"}, 38, ERROR_CONFLICT},
        {{.verb = SLURM_RELEASE, .target = "12_3"}, 39, ERROR_CONFLICT},
        {{.verb = SLURM_CANCEL, .target = "12_[3-4]"}, 45, ERROR_CONFLICT},
        {{.verb = SLURM_CANCEL, .target = "12/../13"}, 38, ERROR_INVALID},
        {{.verb = SLURM_CANCEL, .target = "12?signal=9"}, 38, ERROR_INVALID},
        {{.verb = SLURM_DEFER, .target = "12"}, 38, ERROR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest_order rest;
        struct error err = {0};

        assert_int_equal(
            -1, rest_order_format(&rows[i].order, rows[i].version, &rest, &err));
        assert_int_equal(rows[i].code, err.code);
    }
}

static void the_longest_target_fits(void **state)
{
    char target[SLURM_TARGET_MAX + 1] = "1_";
    const struct slurm_order order = {SLURM_SIGNAL, target, 0, 64};
    struct rest_order rest;

    (void)state;
    memset(target + 2, ',', SLURM_TARGET_MAX - 2);
    target[SLURM_TARGET_MAX] = '\0';
    assert_int_equal(0, rest_order_format(&order, 38, &rest, NULL));
    assert_non_null(strstr(rest.path, "%2C?signal=64"));
}

static void an_answer_is_judged_by_its_errors_and_its_status(void **state)
{
    static const struct {
        const char *answer;
        int status;
        enum error_code code; /* ERROR_NONE: it went well */
    } rows[] = {
        {"{\"errors\": []}", 200, ERROR_NONE},
        {"", 204, ERROR_NONE},
        /* 22.05, of an array that went well. */
        {"{\"errors\": [{\"description\": \"job array update from x failed\", "
         "\"source\": \"_parse_job_list\"}]}",
         200, ERROR_NONE},
        {"{\"errors\": [{\"description\": \"job update from x failed\", "
         "\"error_number\": 2017, \"error\": \"Invalid job id specified\"}]}",
         500, ERROR_MISSING},
        {"{\"errors\": [{\"error\": \"Access/permission denied\"}]}", 500,
         ERROR_FORBIDDEN},
        /* With status 200 all the same. */
        {"{\"errors\": [{\"error\": \"Unable to parse time\", \"error_code\": 2054}]}",
         200, ERROR_IO},
        {"{\"errors\": [{\"error_number\": 9}]}", 200, ERROR_IO},
        {"Authentication failure", 401, ERROR_FORBIDDEN},
        {"Unable find requested URL", 404, ERROR_UNAVAILABLE},
        {"", 500, ERROR_UNAVAILABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = {0};
        int status = rest_answer_check(rows[i].answer, strlen(rows[i].answer),
                                       rows[i].status, &err);

        assert_int_equal(rows[i].code == ERROR_NONE ? 0 : -1, status);
        assert_int_equal(rows[i].code, err.code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_version_that_is_known_is_found),
        cmocka_unit_test(an_order_becomes_a_request_of_its_version),
        cmocka_unit_test(what_a_version_cannot_is_told),
        cmocka_unit_test(the_longest_target_fits),
        cmocka_unit_test(an_answer_is_judged_by_its_errors_and_its_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

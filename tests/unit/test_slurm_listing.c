/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "nodes/slurm/record.h"

#define DATA "tests/data/slurm/"

static struct slurm_listing listing_of(const char *json)
{
    struct slurm_listing listing = {0};
    struct error err = {0};

    if (slurm_listing_parse(json, strlen(json), &listing, &err) < 0)
        fail_msg("%s", err.text);
    return listing;
}

static struct slurm_listing load(const char *path)
{
    struct text text = TEXT_EMPTY;
    struct slurm_listing listing;

    assert_int_equal(0, file_load(path, 1 << 20, &text, NULL));
    listing = listing_of(text.bytes);
    text_release(&text);
    return listing;
}

static const struct slurm_job *job_of(const struct slurm_listing *listing, int64_t id)
{
    for (size_t i = 0; i < listing->count; i++)
        if (listing->jobs[i].job_id == id)
            return &listing->jobs[i];
    fail_msg("no job %d", (int)id);
    return NULL;
}

static void check_wanted(const struct slurm_job *job, int64_t gpus, int64_t cpus,
                         int64_t memory)
{
    assert_int_equal(gpus, job->wanted.gpus);
    assert_int_equal(cpus, job->wanted.cpus);
    assert_int_equal(memory, job->wanted.memory);
}

static void a_recorded_listing_of_22_05_is_read(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");
    const struct slurm_job *job = job_of(&listing, 8);

    (void)state;
    assert_int_equal(18, listing.count);
    assert_string_equal("ada", job->user);
    assert_int_equal(1000, job->uid);
    assert_string_equal("lab", job->account);
    assert_string_equal("normal", job->qos);
    assert_int_equal(SLURM_PENDING, job->state);
    assert_int_equal(SLURM_REASON_BEGIN_TIME, job->reason);
    assert_int_equal(1795816427, job->submitted);
    assert_int_equal(1795816427 + 2 * HOUR, job->begin);
    assert_int_equal(0, job->started);
    assert_int_equal(90 * MINUTE, job->limit);
    assert_true(job->requeue);
    check_wanted(job, 1, 1, 1000);
    assert_int_equal(3, job_of(&listing, 6)->status);
    assert_int_equal(0, job_of(&listing, 6)->signal);
    assert_int_equal(9, job_of(&listing, 7)->signal);
    assert_int_equal(1795834428, job_of(&listing, 15)->deadline);
    assert_int_equal(0, job_of(&listing, 18)->limit);
    assert_false(job_of(&listing, 19)->requeue);
    assert_string_equal("main,green", job_of(&listing, 19)->partition);
    assert_int_equal(1, job_of(&listing, 11)->restarts);
    assert_int_equal(20, job_of(&listing, 21)->het_id);
    assert_int_equal(1, job_of(&listing, 21)->het_offset);
    assert_int_equal(SLURM_REASON_HELD_USER, job_of(&listing, 13)->reason);
    assert_int_equal(SLURM_REASON_HELD_ADMIN, job_of(&listing, 14)->reason);
    assert_int_equal(SLURM_REASON_DEPENDENCY_NEVER, job_of(&listing, 17)->reason);
    slurm_listing_release(&listing);
}

static void an_array_is_one_record_that_waits_and_one_for_each_task(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");
    const struct slurm_job *waits = job_of(&listing, 12);
    const struct slurm_job *runs = job_of(&listing, 22);

    (void)state;
    assert_int_equal(SLURM_REASON_ARRAY_LIMIT, waits->reason);
    assert_int_equal(0, waits->begin);
    assert_int_equal(12, waits->array_id);
    assert_int_equal(-1, waits->array_task);
    assert_string_equal("2-5%2", waits->array_tasks);
    assert_int_equal(12, runs->array_id);
    assert_int_equal(0, runs->array_task);
    assert_string_equal("", runs->array_tasks);
    assert_int_equal(1795816428, runs->started);
    assert_int_equal(0, runs->ended); /* though Slurm says when its limit ends */
    assert_int_equal(-1, job_of(&listing, 8)->array_task);
    slurm_listing_release(&listing);
}

/* When Slurm expects to start a job is no begin time, though it shows it as a start. */
static void a_job_that_may_start_is_told_by_when_it_became_eligible(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");
    const struct slurm_job *job = job_of(&listing, 18);

    (void)state;
    assert_int_equal(SLURM_PENDING, job->state);
    assert_int_equal(1795816576, job->begin);
    assert_int_equal(0, job->started);
    slurm_listing_release(&listing);
}

static void a_job_that_was_cancelled_before_its_start_never_started(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");
    const struct slurm_job *job = job_of(&listing, 2);

    (void)state;
    assert_int_equal(SLURM_CANCELLED, job->state);
    assert_int_equal(0, job->started);
    assert_int_equal(1795816427, job->ended);
    slurm_listing_release(&listing);
}

static void what_users_write_stays_where_it_belongs(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");

    (void)state;
    assert_string_equal("x\n99999 \"q\\", job_of(&listing, 8)->name);
    assert_string_equal("penstock:0f\n99|root|\"; DROP", job_of(&listing, 8)->comment);
    /* Bytes that are not UTF-8 do not make the listing unreadable. */
    assert_string_equal("?name", job_of(&listing, 9)->name);
    assert_string_equal("?? caf? \xc3\xa9", job_of(&listing, 9)->comment);
    slurm_listing_release(&listing);
}

static void gpus_are_counted_however_they_were_asked_for(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-22.05.json");

    (void)state;
    check_wanted(job_of(&listing, 13), 3, 2, 2000); /* --gpus */
    check_wanted(job_of(&listing, 14), 2, 2, 1000); /* --gpus-per-task */
    check_wanted(job_of(&listing, 15), 2, 2, 2000); /* --gpus-per-socket */
    slurm_listing_release(&listing);
    listing = load(DATA "jobs-23.02.json");
    check_wanted(job_of(&listing, 70), 4, 16, 8000);
    slurm_listing_release(&listing);
    listing = load(DATA "jobs-24.11.json");
    check_wanted(job_of(&listing, 80), 3, 8, 15872);
    check_wanted(job_of(&listing, 81), 3, 0, 0);
    check_wanted(job_of(&listing, 85), 12, 12, 3 << 20);
    slurm_listing_release(&listing);
}

static void objects_for_numbers_and_lists_of_states_are_read(void **state)
{
    struct slurm_listing listing = load(DATA "jobs-23.02.json");
    const struct slurm_job *job = job_of(&listing, 70);

    (void)state;
    assert_int_equal(0, job->array_id);
    assert_int_equal(1800003600, job->begin);
    assert_int_equal(1800020000, job->deadline);
    assert_int_equal(HOUR, job->limit);
    assert_int_equal(0, job_of(&listing, 71)->limit);
    assert_int_equal(3, job_of(&listing, 71)->status);
    assert_int_equal(1799990100, job_of(&listing, 71)->ended);
    assert_int_equal(15, job_of(&listing, 72)->signal);
    slurm_listing_release(&listing);

    listing = load(DATA "jobs-24.11.json");
    assert_int_equal(SLURM_RUNNING, job_of(&listing, 80)->state);
    assert_int_equal(79, job_of(&listing, 80)->array_id);
    assert_int_equal(4, job_of(&listing, 80)->array_task);
    assert_int_equal(1800000000, job_of(&listing, 80)->started);
    assert_int_equal(SLURM_PENDING, job_of(&listing, 81)->state);
    assert_int_equal(SLURM_COMPLETING, job_of(&listing, 82)->state);
    assert_int_equal(SLURM_OUT_OF_MEMORY, job_of(&listing, 83)->state);
    assert_int_equal(9, job_of(&listing, 83)->signal);
    assert_int_equal(SLURM_STATE_UNKNOWN, job_of(&listing, 84)->state);
    assert_false(slurm_state_has_ended(SLURM_STATE_UNKNOWN));
    slurm_listing_release(&listing);
}

static void numbers_that_make_no_sense_say_nothing(void **state)
{
    struct slurm_listing listing = listing_of(
        "{\"jobs\": [{\"job_id\": 1, \"job_state\": \"PENDING\", \"submit_time\": -5,"
        " \"eligible_time\": 99999999999999999999, \"time_limit\": 4294967295,"
        " \"deadline\": 1e300, \"cpus\": 4294967294, \"exit_code\": -1,"
        " \"tres_per_node\": \"gres:gpu:99999999999\", \"restart_cnt\": \"2\"},"
        " {\"job_id\": 4294967294}, {\"job_id\": null}, {}, 7, \"x\","
        " {\"job_id\": 2, \"job_state\": null, \"name\": 7, \"node_count\": 1000000000,"
        " \"tres_per_node\": \"gpu:1000000000\", \"exit_code\": []}]}");

    (void)state;
    assert_int_equal(2, listing.count);
    assert_int_equal(0, listing.jobs[0].submitted);
    assert_int_equal(0, listing.jobs[0].begin);
    assert_int_equal(0, listing.jobs[0].limit);
    assert_int_equal(0, listing.jobs[0].deadline);
    check_wanted(&listing.jobs[0], 0, 0, 0);
    assert_int_equal(SLURM_STATE_UNKNOWN, listing.jobs[1].state);
    assert_string_equal("", listing.jobs[1].name);
    check_wanted(&listing.jobs[1], SLURM_AMOUNT_MAX, 0, 0);
    slurm_listing_release(&listing);
}

static void a_long_comment_is_cut_between_two_characters(void **state)
{
    char json[4000] = "{\"jobs\": [{\"job_id\": 1, \"comment\": \"";
    struct slurm_listing listing;

    (void)state;
    for (int i = 0; i < SLURM_COMMENT_MAX - 1; i++)
        strncat(json, "a", 1);
    strncat(json, "\xc3\xa9zzz\"}]}", 20);
    listing = listing_of(json);
    assert_int_equal(SLURM_COMMENT_MAX - 1, strlen(listing.jobs[0].comment));
    slurm_listing_release(&listing);
}

static void what_is_no_listing_is_refused(void **state)
{
    static const struct {
        const char *json;
        enum error_code code;
    } rows[] = {
        {"", ERROR_INVALID},
        {"squeue: error", ERROR_INVALID},
        {"{}", ERROR_INVALID},
        {"{\"jobs\": null}", ERROR_INVALID},
        {"{\"jobs\": [", ERROR_INVALID},
        {"{\"jobs\": [{\"job_id\": 1}", ERROR_INVALID},
        {"{\"jobs\": []} {}", ERROR_INVALID},
        {"{\"jobs\": [{\"job_id\": 1}], \"errors\": [{\"error\": \"Unable to contact "
         "slurm controller (connect failure)\"}]}",
         ERROR_UNAVAILABLE},
        {"{\"errors\": [{\"description\": \"Access\\n/permission\", \"error\": \"\"}]}",
         ERROR_UNAVAILABLE},
        {"{\"errors\": [{\"error\": \"Access/permission denied\"}], \"jobs\": []}",
         ERROR_FORBIDDEN},
        {"{\"errors\": [{\"error_number\": 5}], \"jobs\": []}", ERROR_UNAVAILABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slurm_listing listing = {NULL, 77};
        struct error err = {0};

        assert_int_equal(-1, slurm_listing_parse(rows[i].json, strlen(rows[i].json),
                                                 &listing, &err));
        assert_int_equal(rows[i].code, err.code);
        assert_int_equal(77, listing.count);
    }
}

static void a_fault_says_who_does_not_answer(void **state)
{
    static const char *const rows[][2] = {
        {"{\"errors\": [{\"error\": \"Unspecified error\", \"errno\": -1}]}",
         "slurmctld does not answer (Unspecified error)"},
        {"{\"errors\": [{\"description\": \"Failed while looking for jobs\", "
         "\"error\": \"Unspecified error\"}]}",
         "slurmctld does not answer (Unspecified error)"},
        {"{\"errors\": [{\"error\": \"Unable to contact slurm controller\"}]}",
         "Slurm: Unable to contact slurm controller"},
        {"{\"errors\": [{\"description\": \"no jobs\", \"error\": \"broken\"}]}",
         "Slurm: no jobs: broken"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slurm_listing listing = {0};
        struct error err = {0};

        assert_int_equal(
            -1, slurm_listing_parse(rows[i][0], strlen(rows[i][0]), &listing, &err));
        assert_int_equal(ERROR_UNAVAILABLE, err.code);
        assert_string_equal(rows[i][1], err.text);
    }
}

static void more_jobs_than_the_limit_are_refused(void **state)
{
    struct text json = TEXT_EMPTY;
    struct slurm_listing listing = {0};
    struct error err = {0};

    (void)state;
    text_add(&json, "{\"jobs\": [{}");
    for (int i = 1; i < SLURM_JOBS_MAX; i++)
        text_add(&json, ",{}");
    text_add(&json, "]}");
    assert_int_equal(0, slurm_listing_parse(json.bytes, json.length, &listing, &err));
    json.length -= 2;
    text_add(&json, ",{}]}");
    assert_int_equal(-1, slurm_listing_parse(json.bytes, json.length, &listing, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    text_release(&json);
}

static void on_task(int32_t task, void *context)
{
    text_add_format(context, "%d ", (int)task);
}

static void tasks_are_told_in_order(void **state)
{
    static const struct {
        const char *tasks;
        const char *told; /* NULL: refused */
    } rows[] = {
        {"3", "3 "},
        {"0-3,7%2", "0 1 2 3 7 "},
        {"1-9:4,20", "1 5 9 20 "},
        {"", NULL},
        {"3-1", NULL},
        {"1,1", NULL},
        {"5,3", NULL},
        {"1-", NULL},
        {"1,...", NULL},
        {"1%", NULL},
        {"1-9:0", NULL},
        {"-1", NULL},
        {"9999999999", NULL},
        {"1 2", NULL},
        {"1,", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text told = TEXT_EMPTY;
        struct error err = {0};
        int status = slurm_tasks_parse(rows[i].tasks, on_task, &told, &err);

        assert_int_equal(rows[i].told ? 0 : -1, status);
        if (rows[i].told)
            assert_string_equal(rows[i].told, told.bytes);
        else
            assert_int_equal(ERROR_INVALID, err.code);
        text_release(&told);
    }
}

static void an_array_of_too_many_tasks_is_refused(void **state)
{
    struct text told = TEXT_EMPTY;
    struct error err = {0};

    (void)state;
    assert_int_equal(0, slurm_tasks_parse("0-9999", on_task, &told, &err));
    assert_int_equal(-1, slurm_tasks_parse("0-10000", on_task, &told, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    text_release(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_listing_of_22_05_is_read),
        cmocka_unit_test(an_array_is_one_record_that_waits_and_one_for_each_task),
        cmocka_unit_test(a_job_that_may_start_is_told_by_when_it_became_eligible),
        cmocka_unit_test(a_job_that_was_cancelled_before_its_start_never_started),
        cmocka_unit_test(what_users_write_stays_where_it_belongs),
        cmocka_unit_test(gpus_are_counted_however_they_were_asked_for),
        cmocka_unit_test(objects_for_numbers_and_lists_of_states_are_read),
        cmocka_unit_test(numbers_that_make_no_sense_say_nothing),
        cmocka_unit_test(a_long_comment_is_cut_between_two_characters),
        cmocka_unit_test(what_is_no_listing_is_refused),
        cmocka_unit_test(a_fault_says_who_does_not_answer),
        cmocka_unit_test(more_jobs_than_the_limit_are_refused),
        cmocka_unit_test(tasks_are_told_in_order),
        cmocka_unit_test(an_array_of_too_many_tasks_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

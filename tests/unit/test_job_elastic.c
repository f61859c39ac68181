/* SPDX-License-Identifier: MIT */
#include "queue/job.h"
#include "tests/support/cmocka.h"

static struct job waiting_job(void)
{
    return (struct job){
        .id = 7,
        .state = JOB_WAITING,
        .gpus = 1,
        .gpus_min = 1,
        .gpus_max = 1,
        .cpus = 1,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = JOB_NO_WAIT_LIMIT,
        .submitted = 1000,
        .eligible = 1000,
    };
}

static void apply(struct job *job, enum job_event_kind kind)
{
    const struct job_event event = {.job_id = 7, .kind = kind, .at = 3000};

    assert_int_equal(job_apply(job, &event, NULL), 0);
}

/* A start with so many GPUs. */
static void start(struct job *job, int32_t gpus)
{
    const struct job_event starting = {.job_id = 7,
                                       .kind = JOB_EVENT_STARTING,
                                       .at = 2000,
                                       .attempt = job->attempt + 1,
                                       .status = gpus};

    assert_int_equal(job_apply(job, &starting, NULL), 0);
    apply(job, JOB_EVENT_STARTED);
}

static void an_attempt_has_what_it_was_given_and_waits_with_the_least(void **state)
{
    struct job job = waiting_job();

    (void)state;
    job.gpus = job.gpus_min = 2;
    job.gpus_max = 8;
    start(&job, 6);
    assert_int_equal(job.gpus, 6);
    apply(&job, JOB_EVENT_REQUEUED);
    assert_int_equal(job.gpus, 2);
    start(&job, 3);
    apply(&job, JOB_EVENT_FINISHED);
    assert_int_equal(job.gpus, 3);
}

static void more_gpus_shorten_a_run_by_its_scaling(void **state)
{
    static const struct {
        duration time;
        int32_t from, to, scaling;
        duration scaled;
    } rows[] = {
        {HOUR, 2, 2, 90, HOUR},      {HOUR, 2, 8, 100, HOUR / 4},
        {HOUR, 2, 4, 90, 1930},      {HOUR, 4, 2, 90, 6718},
        {HOUR, 2, 8, 50, HOUR / 2},  {HOUR, 1, 8, 0, HOUR},
        {1, 1, 4096, 100, 1},        {JOB_TIME_MAX, 4096, 1, 100, JOB_TIME_MAX},
        {HOUR + 1, 1, 2, 100, 1801},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rows[i].scaled, job_scale_time(rows[i].time, rows[i].from,
                                                        rows[i].to, rows[i].scaling));
}

static void only_an_elastic_job_is_expected_to_take_other_than_its_time(void **state)
{
    struct job job = waiting_job();

    (void)state;
    job.gpus = 2;
    job.scaling = 100;
    assert_int_equal(job_expected_time(&job), HOUR);
    job.gpus_max = 4;
    assert_int_equal(job_expected_time(&job), HOUR / 2);
    assert_int_equal(job_time_left(&job, MINUTE), HOUR / 2);
    assert_int_equal(job_limit_left(&job, MINUTE), 2 * HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_has_what_it_was_given_and_waits_with_the_least),
        cmocka_unit_test(more_gpus_shorten_a_run_by_its_scaling),
        cmocka_unit_test(only_an_elastic_job_is_expected_to_take_other_than_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

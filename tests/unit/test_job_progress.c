/* SPDX-License-Identifier: MIT */
#include "queue/job.h"

#include "tests/support/cmocka.h"

/* A job of 10 h, at most 12, that runs its first attempt since 2000. */
static struct job running(void)
{
    return (struct job){
        .id = 7,
        .state = JOB_RUNNING,
        .attempt = 1,
        .time = 10 * HOUR,
        .time_limit = 12 * HOUR,
        .max_wait = DAY,
        .submitted = 1000,
        .eligible = 1000,
        .started = 2000,
        .idle_since = 2500,
        .interruptible = true,
    };
}

static void apply(struct job *job, enum job_event_kind kind, int64_t value)
{
    const struct job_event event = {
        .job_id = 7,
        .kind = kind,
        .at = 50000,
        .attempt = kind == JOB_EVENT_STARTING ? job->attempt + 1 : 0,
        .status = 9,
        .value = value,
    };

    assert_int_equal(0, job_apply(job, &event, NULL));
}

static void run_again(struct job *job)
{
    apply(job, JOB_EVENT_STARTING, 1);
    apply(job, JOB_EVENT_STARTED, 0);
    apply(job, JOB_EVENT_PAUSING, 400000);
}

static void what_was_done_before_each_pause_adds_up(void **state)
{
    struct job job = running();

    (void)state;
    apply(&job, JOB_EVENT_PAUSING, 400000);
    assert_int_equal(job.ran, 0);
    apply(&job, JOB_EVENT_PAUSED, 3 * HOUR);
    assert_int_equal(job.ran, 3 * HOUR);
    assert_int_equal(job.started, 0);
    assert_int_equal(job.idle_since, 0);
    assert_int_equal(job.exit_status, 0);
    run_again(&job);
    apply(&job, JOB_EVENT_BROKE, 2 * HOUR);
    assert_int_equal(job.state, JOB_PAUSED);
    assert_int_equal(job.ran, 5 * HOUR);
    run_again(&job);
    apply(&job, JOB_EVENT_FINISHED, 4 * HOUR);
    assert_int_equal(job.state, JOB_DONE);
    assert_int_equal(job.ran, 9 * HOUR);
}

static void progress_is_never_negative_nor_above_the_limit(void **state)
{
    struct job job = running();

    (void)state;
    apply(&job, JOB_EVENT_PAUSING, 400000);
    apply(&job, JOB_EVENT_PAUSED, -HOUR);
    assert_int_equal(job.ran, 0);
    run_again(&job);
    apply(&job, JOB_EVENT_PAUSED, INT64_MAX);
    assert_int_equal(job.ran, 12 * HOUR);
    run_again(&job);
    apply(&job, JOB_EVENT_PAUSED, INT64_MAX);
    assert_int_equal(job.ran, 12 * HOUR);
    run_again(&job);
    apply(&job, JOB_EVENT_FINISHED, INT64_MAX);
    assert_true(job.ran <= JOB_TIME_MAX + JOB_GRACE_MAX);
}

static void what_a_lost_attempt_did_since_the_pause_is_lost(void **state)
{
    struct job job = running();

    (void)state;
    apply(&job, JOB_EVENT_PAUSING, 400000);
    apply(&job, JOB_EVENT_PAUSED, 3 * HOUR);
    apply(&job, JOB_EVENT_STARTING, 1);
    apply(&job, JOB_EVENT_STARTED, 0);
    apply(&job, JOB_EVENT_REQUEUED, 2 * HOUR);
    assert_int_equal(job.ran, 3 * HOUR);
    assert_int_equal(job.state, JOB_WAITING);
}

static void what_is_left_is_time_and_limit_without_what_was_done(void **state)
{
    static const struct {
        duration ran, cost, time_left, limit_left;
    } cases[] = {
        {0, 5 * MINUTE, 10 * HOUR, 12 * HOUR},
        {3 * HOUR, 0, 7 * HOUR, 9 * HOUR},
        {3 * HOUR, 5 * MINUTE, 7 * HOUR + 5 * MINUTE, 9 * HOUR + 5 * MINUTE},
        {11 * HOUR, 5 * MINUTE, 6 * MINUTE, HOUR + 5 * MINUTE},
        {12 * HOUR, 0, JOB_TIME_LEFT_MIN, JOB_TIME_LEFT_MIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = running();

        job.ran = cases[i].ran;
        assert_int_equal(cases[i].time_left, job_time_left(&job, cases[i].cost));
        assert_int_equal(cases[i].limit_left, job_limit_left(&job, cases[i].cost));
    }
}

static void a_resume_at_the_latest_still_ends_by_the_deadline(void **state)
{
    static const duration done[] = {0, MINUTE, HOUR, 5 * HOUR, 11 * HOUR};
    struct job job = running();

    (void)state;
    job.max_wait = JOB_NO_WAIT_LIMIT;
    job.deadline = 2000 + 40 * HOUR;
    for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++) {
        job.ran = done[i];
        assert_int_equal(job.deadline, job_latest_resume(&job, 5 * MINUTE)
                                           + job_limit_left(&job, 5 * MINUTE));
    }
}

static void the_latest_resume_follows_from_wait_and_progress(void **state)
{
    struct job job = running();

    (void)state;
    assert_int_equal(1000 + DAY, job_latest_resume(&job, 5 * MINUTE));
    job.ran = 3 * HOUR;
    assert_int_equal(1000 + DAY + 3 * HOUR - 300, job_latest_resume(&job, 300));
    assert_int_equal(1000 + DAY, job_latest_start(&job));
    job.max_wait = 0;
    job.ran = MINUTE;
    assert_int_equal(1000, job_latest_resume(&job, HOUR));
    job.max_wait = JOB_NO_WAIT_LIMIT;
    assert_int_equal(INSTANT_MAX, job_latest_resume(&job, HOUR));
}

static void a_paused_job_can_be_hurried_but_not_held(void **state)
{
    struct job job = running();

    (void)state;
    job.state = JOB_PAUSED;
    assert_false(job_allows(&job, JOB_EVENT_HELD));
    apply(&job, JOB_EVENT_NOW_SET, 1);
    assert_true(job.now);
    assert_int_equal(job.state, JOB_PAUSED);
    apply(&job, JOB_EVENT_DEADLINE_SET, 90000);
    apply(&job, JOB_EVENT_MAX_WAIT_SET, HOUR);
    assert_int_equal(job.state, JOB_PAUSED);
    assert_int_equal(job.max_wait, HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_done_before_each_pause_adds_up),
        cmocka_unit_test(progress_is_never_negative_nor_above_the_limit),
        cmocka_unit_test(what_a_lost_attempt_did_since_the_pause_is_lost),
        cmocka_unit_test(what_is_left_is_time_and_limit_without_what_was_done),
        cmocka_unit_test(a_resume_at_the_latest_still_ends_by_the_deadline),
        cmocka_unit_test(the_latest_resume_follows_from_wait_and_progress),
        cmocka_unit_test(a_paused_job_can_be_hurried_but_not_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

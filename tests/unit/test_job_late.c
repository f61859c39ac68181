/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "queue/job.h"

/* A job of an hour, submitted at 5000, that waits for an hour. */
static struct job make_job(instant deadline)
{
    return (struct job){
        .id = 1,
        .state = JOB_STARTING,
        .attempt = 1,
        .time_limit = HOUR,
        .submitted = 5000,
        .eligible = 5000,
        .max_wait = HOUR,
        .deadline = deadline,
    };
}

static void apply(struct job *job, enum job_event_kind kind, instant at)
{
    const struct job_event event = {.job_id = 1, .kind = kind, .at = at, .attempt = 1};

    assert_int_equal(0, job_apply(job, &event, NULL));
}

static void what_was_told_to_be_late_is_not_if_it_starts_in_time(void **state)
{
    static const struct {
        instant deadline, started;
        bool late;
    } cases[] = {
        {0, 5000 + HOUR, false},
        {0, 5000 + HOUR + 1, true},
        {5000 + 2 * HOUR, 5000 + HOUR, false},
        {5000 + 2 * HOUR, 5000 + HOUR + 1, true},
        {5000 + HOUR - 1, 5000, true}, /* its earliest start */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = make_job(cases[i].deadline);

        apply(&job, JOB_EVENT_LATE, 5000);
        assert_true(job_stays_late(&job, cases[i].started) == cases[i].late);
        apply(&job, JOB_EVENT_STARTED, cases[i].started);
        assert_true(job.late == cases[i].late);
    }
}

static void who_was_told_nothing_is_not_late(void **state)
{
    struct job job = make_job(0);

    (void)state;
    assert_false(job_stays_late(&job, 5000 + DAY));
    apply(&job, JOB_EVENT_STARTED, 5000 + DAY);
    assert_false(job.late);
}

static void what_is_done_already_counts_for_the_deadline(void **state)
{
    struct job job = make_job(5000 + HOUR);

    (void)state;
    assert_false(job_misses_deadline(&job, 5000));
    assert_true(job_misses_deadline(&job, 5001));
    job.ran = 1;
    assert_false(job_misses_deadline(&job, 5001));
    job.deadline = 0;
    assert_false(job_misses_deadline(&job, 5000 + DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_to_be_late_is_not_if_it_starts_in_time),
        cmocka_unit_test(who_was_told_nothing_is_not_late),
        cmocka_unit_test(what_is_done_already_counts_for_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

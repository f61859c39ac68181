/* SPDX-License-Identifier: MIT */
#include "queue/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

/*
 * The life of a job, drawn a second time: a row per state, a letter per event in
 * the order of enum job_event_kind. A letter is the state that follows, '-' what cannot
 * happen.
 */
static const char *const moves[JOB_STATES] = {
    /*               submitted held released eligible starting started start-failed
                     pausing paused finished broke requeued cancel-asked cancelled
                     priority time-limit deadline max-wait now late idle busy */
    [0] = "W---------------------",
    [JOB_WAITING] = "-H-WS--------CWWWWWW--",
    [JOB_HELD] = "--WH---------CHHHHHH--",
    [JOB_STARTING] = "-----RW---F-SCS----S--",
    [JOB_RUNNING] = "-------p-DFWRCR----RRR",
    [JOB_PAUSING] = "--------PDP-pCp----p--",
    [JOB_PAUSED] = "----S--------CPPPPPP--",
    [JOB_DONE] = "----------------------",
    [JOB_FAILED] = "----------------------",
    [JOB_CANCELLED] = "----------------------",
};

static const char letters[JOB_STATES + 1] = "-WHSRpPDFC";

static struct job job_in(enum job_state state)
{
    return (struct job){
        .id = 7,
        .state = state,
        .attempt = 3,
        .gpus = 1,
        .gpus_min = 1,
        .gpus_max = 1,
        .cpus = 1,
        .gpu_mask = 5,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = JOB_NO_WAIT_LIMIT,
        .submitted = 1000,
        .eligible = 1000,
        .started = 2000,
    };
}

static struct job_event event_of(enum job_event_kind kind, instant at)
{
    return (struct job_event){.job_id = 7, .kind = kind, .at = at};
}

static void apply(struct job *job, enum job_event_kind kind, instant at)
{
    struct job_event event = event_of(kind, at);

    if (kind == JOB_EVENT_STARTING)
        event.attempt = job->attempt + 1;
    assert_int_equal(job_apply(job, &event, NULL), 0);
}

static void every_event_moves_every_state_as_drawn(void **state)
{
    (void)state;
    for (unsigned from = 0; from < JOB_STATES; from++) {
        assert_int_equal(strlen(moves[from]), JOB_EVENTS);
        for (unsigned kind = 0; kind < JOB_EVENTS; kind++) {
            struct job job = job_in((enum job_state)from);
            struct job before = job;
            struct job_event event = event_of((enum job_event_kind)kind, 5000);
            struct error err = {0};
            char expected = moves[from][kind];
            int result;

            if (kind == JOB_EVENT_STARTING)
                event.attempt = 4;
            assert_int_equal(job_allows(&job, event.kind), expected != '-');
            result = job_apply(&job, &event, &err);
            if (expected == '-') {
                assert_int_equal(result, -1);
                assert_int_equal(err.code, ERROR_CONFLICT);
                assert_memory_equal(&job, &before, sizeof(job));
            } else if (letters[job.state] != expected) {
                fail_msg("state %u, event %u: %c instead of %c", from, kind,
                         letters[job.state], expected);
            }
            if (job.ended != (job_is_open(&job) || expected == '-' ? 0 : 5000))
                fail_msg("state %u, event %u: wrong end", from, kind);
            if (!job_is_active(&job) && expected != '-')
                assert_int_equal(job.gpu_mask, 0);
        }
    }
}

static void a_life_from_submission_to_its_end_sets_what_it_should(void **state)
{
    struct job job = job_in(0);
    struct job_event event;

    (void)state;
    job.attempt = 0;
    job.started = job.eligible = 0;
    job.gpu_mask = 0;
    job.begin = 4000;
    apply(&job, JOB_EVENT_SUBMITTED, 3000);
    assert_int_equal(job.submitted, 3000);
    assert_int_equal(job.eligible, 4000);
    event = event_of(JOB_EVENT_STARTING, 5000);
    event.attempt = 1;
    event.value = (int64_t)0x8000000000000003;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    assert_int_equal(job.attempt, 1);
    assert_true(job.gpu_mask == 0x8000000000000003);
    assert_int_equal(job.started, 0);
    apply(&job, JOB_EVENT_STARTED, 5003);
    assert_int_equal(job.started, 5003);
    event = event_of(JOB_EVENT_BROKE, 6000);
    event.cause = JOB_CAUSE_TIME_LIMIT;
    event.status = 3;
    event.signal = 9;
    event.attempt = 1;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    assert_int_equal(job.state, JOB_FAILED);
    assert_int_equal(job.ended, 6000);
    assert_int_equal(job.cause, JOB_CAUSE_TIME_LIMIT);
    assert_int_equal(job.exit_status, 3);
    assert_int_equal(job.exit_signal, 9);
    assert_int_equal(job.gpu_mask, 0);
    assert_int_equal(job.started, 5003);
}

static void a_job_with_dependencies_is_eligible_once_they_ended(void **state)
{
    struct job job = job_in(0);

    (void)state;
    job.after_pending = true;
    job.eligible = 0;
    job.begin = 9000;
    apply(&job, JOB_EVENT_SUBMITTED, 3000);
    assert_int_equal(job.eligible, 0);
    apply(&job, JOB_EVENT_HELD, 3001);
    apply(&job, JOB_EVENT_ELIGIBLE, 8000);
    assert_int_equal(job.eligible, 9000);
    assert_false(job.after_pending);
}

static void a_running_job_is_idle_until_it_works_again_or_stops(void **state)
{
    struct job job = job_in(JOB_RUNNING);
    struct job_event idle = event_of(JOB_EVENT_IDLE, 5000);

    (void)state;
    idle.value = 3000;
    assert_int_equal(job_apply(&job, &idle, NULL), 0);
    assert_int_equal(job.idle_since, 3000);
    apply(&job, JOB_EVENT_BUSY, 6000);
    assert_int_equal(job.idle_since, 0);
    assert_int_equal(job_apply(&job, &idle, NULL), 0);
    apply(&job, JOB_EVENT_REQUEUED, 7000);
    assert_int_equal(job.idle_since, 0);
}

static void a_requeued_job_forgets_its_attempt_but_for_its_number(void **state)
{
    struct job job = job_in(JOB_RUNNING);
    struct job_event event = event_of(JOB_EVENT_REQUEUED, 5000);

    (void)state;
    job.exit_status = 4;
    job.exit_signal = 9;
    event.cause = JOB_CAUSE_LOST;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    assert_int_equal(job.started, 0);
    assert_int_equal(job.gpu_mask, 0);
    assert_int_equal(job.exit_status, 0);
    assert_int_equal(job.exit_signal, 0);
    assert_int_equal(job.attempt, 3);
    assert_int_equal(job.ended, 0);
}

static void news_of_an_earlier_attempt_change_nothing(void **state)
{
    static const struct {
        enum job_state state;
        enum job_event_kind kind;
        int32_t attempt;
        bool fits;
    } cases[] = {
        {JOB_RUNNING, JOB_EVENT_FINISHED, 2, false},
        {JOB_RUNNING, JOB_EVENT_FINISHED, 3, true},
        {JOB_RUNNING, JOB_EVENT_FINISHED, 0, true},
        {JOB_STARTING, JOB_EVENT_STARTED, 4, false},
        {JOB_STARTING, JOB_EVENT_STARTED, 3, true},
        {JOB_WAITING, JOB_EVENT_STARTING, 3, false},
        {JOB_WAITING, JOB_EVENT_STARTING, 0, false},
        {JOB_WAITING, JOB_EVENT_STARTING, 5, false},
        {JOB_WAITING, JOB_EVENT_STARTING, 4, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = job_in(cases[i].state);
        struct job before = job;
        struct job_event event = event_of(cases[i].kind, 5000);
        struct error err = {0};

        event.attempt = cases[i].attempt;
        assert_int_equal(job_apply(&job, &event, &err), cases[i].fits ? 0 : -1);
        if (!cases[i].fits) {
            assert_int_equal(err.code, ERROR_CONFLICT);
            assert_memory_equal(&job, &before, sizeof(job));
        }
    }
}

static void a_job_that_is_being_cancelled_starts_no_more(void **state)
{
    struct job job = job_in(JOB_STARTING);
    struct job_event event = event_of(JOB_EVENT_STARTING, 5002);

    (void)state;
    apply(&job, JOB_EVENT_CANCEL_ASKED, 5000);
    assert_true(job.cancelling);
    apply(&job, JOB_EVENT_START_FAILED, 5001);
    assert_int_equal(job.state, JOB_WAITING);
    assert_true(job.cancelling);
    event.attempt = 4;
    assert_false(job_allows(&job, JOB_EVENT_STARTING));
    assert_int_equal(job_apply(&job, &event, NULL), -1);
    apply(&job, JOB_EVENT_CANCELLED, 5003);
    assert_int_equal(job.state, JOB_CANCELLED);
    assert_false(job.cancelling);
}

static void what_is_set_changes_its_field_and_nothing_else(void **state)
{
    struct job job = job_in(JOB_WAITING);
    struct job expected = job;
    struct job_event event = event_of(JOB_EVENT_PRIORITY_SET, 5000);

    (void)state;
    event.value = -7;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    expected.priority = -7;
    event.kind = JOB_EVENT_MAX_WAIT_SET;
    event.value = JOB_NO_WAIT_LIMIT;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    event.value = 77;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    expected.max_wait = 77;
    apply(&job, JOB_EVENT_NOW_SET, 5000);
    expected.now = true;
    expected.gpu_mask = 0;
    assert_memory_equal(&job, &expected, sizeof(job));
    event.kind = JOB_EVENT_DEADLINE_SET;
    event.value = 5000 + 2 * HOUR;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    expected.deadline = 5000 + 2 * HOUR;
    assert_memory_equal(&job, &expected, sizeof(job));
    event.value--;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    assert_true(job.late);
    event.value = 0;
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    assert_false(job.late);
    apply(&job, JOB_EVENT_LATE, 5000);
    assert_true(job.late);
}

static void
a_new_limit_counts_and_what_took_all_of_the_old_one_takes_all_of_it(void **state)
{
    static const struct {
        duration time, was, limit, expected;
    } cases[] = {
        {HOUR, HOUR, 3 * HOUR, 3 * HOUR},
        {HOUR, 2 * HOUR, 3 * HOUR, HOUR},
        {HOUR, 2 * HOUR, HOUR / 2, HOUR / 2},
        {2 * HOUR, 2 * HOUR, HOUR, HOUR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = job_in(JOB_WAITING);
        struct job_event event = event_of(JOB_EVENT_TIME_LIMIT_SET, 5000);

        job.deadline = 5000 + 2 * HOUR;
        job.time = cases[i].time;
        job.time_limit = cases[i].was;
        event.value = cases[i].limit;
        assert_int_equal(job_apply(&job, &event, NULL), 0);
        assert_int_equal(job.time_limit, cases[i].limit);
        assert_int_equal(job.time, cases[i].expected);
        assert_int_equal(job.late, cases[i].limit > 2 * HOUR);
        assert_int_equal(job.state, JOB_WAITING);
    }
}

static void the_latest_start_follows_from_wait_and_deadline(void **state)
{
    static const struct {
        instant submitted, begin, eligible, deadline;
        duration time_limit, max_wait;
        instant latest;
    } cases[] = {
        {1000, 0, 1000, 0, 500, JOB_NO_WAIT_LIMIT, INSTANT_MAX},
        {1000, 0, 1000, 0, 500, 300, 1300},
        {1000, 0, 1000, 0, 500, 0, 1000},
        {1000, 2000, 2000, 0, 500, 300, 2300},
        {1000, 2000, 0, 0, 500, 300, 2300},
        {1000, 2000, 4000, 0, 500, 300, 4300},
        {1000, 0, 1000, 9000, 500, JOB_NO_WAIT_LIMIT, 8500},
        {1000, 0, 1000, 9000, 500, 300, 1300},
        {1000, 0, 1000, 1600, 500, 300, 1100},
        {1000, 0, 1000, 1400, 500, 300, 1000},
        {1000, 2000, 2000, 2400, 500, JOB_NO_WAIT_LIMIT, 2000},
        {1000, 0, 5000, 5300, 500, 900, 5000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = {
            .submitted = cases[i].submitted,
            .begin = cases[i].begin,
            .eligible = cases[i].eligible,
            .deadline = cases[i].deadline,
            .time_limit = cases[i].time_limit,
            .max_wait = cases[i].max_wait,
        };

        if (job_latest_start(&job) != cases[i].latest)
            fail_msg("case %zu: %lld", i, (long long)job_latest_start(&job));
    }
}

static void the_earliest_start_is_the_last_of_three(void **state)
{
    (void)state;
    assert_int_equal(job_earliest_start(&(struct job){.submitted = 9, .begin = 5}), 9);
    assert_int_equal(job_earliest_start(&(struct job){.submitted = 9, .begin = 15}),
                     15);
    assert_int_equal(
        job_earliest_start(&(struct job){.submitted = 9, .begin = 15, .eligible = 20}),
        20);
}

static void every_state_event_and_cause_has_a_name_of_its_own(void **state)
{
    enum job_state parsed;
    struct error err = {0};

    (void)state;
    for (unsigned i = 1; i < JOB_STATES; i++) {
        assert_int_equal(
            job_state_parse(job_state_name((enum job_state)i), &parsed, NULL), 0);
        assert_int_equal(parsed, i);
    }
    assert_int_equal(job_state_parse("asleep", &parsed, &err), -1);
    assert_string_equal(err.field, "state");
    for (unsigned i = 0; i < JOB_EVENTS; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(job_event_name((enum job_event_kind)i),
                                    job_event_name((enum job_event_kind)j));
    for (unsigned i = 0; i < JOB_CAUSES; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(job_cause_name((enum job_cause)i),
                                    job_cause_name((enum job_cause)j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_moves_every_state_as_drawn),
        cmocka_unit_test(a_life_from_submission_to_its_end_sets_what_it_should),
        cmocka_unit_test(a_job_with_dependencies_is_eligible_once_they_ended),
        cmocka_unit_test(a_running_job_is_idle_until_it_works_again_or_stops),
        cmocka_unit_test(a_requeued_job_forgets_its_attempt_but_for_its_number),
        cmocka_unit_test(news_of_an_earlier_attempt_change_nothing),
        cmocka_unit_test(a_job_that_is_being_cancelled_starts_no_more),
        cmocka_unit_test(what_is_set_changes_its_field_and_nothing_else),
        cmocka_unit_test(
            a_new_limit_counts_and_what_took_all_of_the_old_one_takes_all_of_it),
        cmocka_unit_test(the_latest_start_follows_from_wait_and_deadline),
        cmocka_unit_test(the_earliest_start_is_the_last_of_three),
        cmocka_unit_test(every_state_event_and_cause_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/slurm/farewell.h"
#include "nodes/slurm/mark.h"

#define SUBMITTED ((instant)1795292100)
#define NOW       (SUBMITTED + HOUR)
#define LATEST    (SUBMITTED + 8 * HOUR)

struct example {
    struct slurm_job job;
    char comment[100];
    char admin_comment[MARK_TEXT_SIZE];
};

/* A job that waits until LATEST. */
static struct slurm_job *waiting(struct example *example)
{
    *example = (struct example){
        .job =
            {
                .job_id = 12,
                .array_task = -1,
                .array_tasks = example->comment + sizeof(example->comment) - 1,
                .comment = example->comment,
                .admin_comment = example->admin_comment,
                .state = SLURM_PENDING,
                .reason = SLURM_REASON_BEGIN_TIME,
                .submitted = SUBMITTED,
                .begin = LATEST,
                .limit = HOUR,
            },
    };
    return &example->job;
}

static struct slurm_job *marked(struct example *example, instant latest, instant begin)
{
    const struct mark mark = {.latest = latest, .begin = begin, .wait = 8 * HOUR};

    waiting(example);
    mark_format(&mark, example->admin_comment);
    return &example->job;
}

static struct slurm_job *asking(struct example *example, const char *comment)
{
    waiting(example);
    snprintf(example->comment, sizeof(example->comment), "%s", comment);
    return &example->job;
}

static enum farewell_verdict verdict(const struct slurm_job *job)
{
    return farewell_decide(job, 6 * HOUR, NOW).verdict;
}

static void what_the_plugin_deferred_is_released(void **state)
{
    struct example example;

    (void)state;
    assert_int_equal(FAREWELL_RELEASE, verdict(marked(&example, LATEST, 0)));
    assert_int_equal(FAREWELL_RELEASE, verdict(marked(&example, LATEST, NOW)));
}

static void what_the_daemon_deferred_is_released(void **state)
{
    struct example example;

    (void)state;
    assert_int_equal(FAREWELL_RELEASE, verdict(marked(&example, 0, 0)));
    marked(&example, LATEST - 5 * HOUR, 0)->restarts = 1;
    assert_int_equal(FAREWELL_RELEASE, verdict(&example.job));
}

static void a_users_own_begin_time_is_set_again(void **state)
{
    struct example example;
    struct farewell farewell;

    (void)state;
    farewell = farewell_decide(marked(&example, LATEST, NOW + HOUR), -1, NOW);
    assert_int_equal(FAREWELL_RETURN, farewell.verdict);
    assert_int_equal(NOW + HOUR, farewell.begin);
    example.job.begin = NOW + HOUR;
    assert_int_equal(FAREWELL_ELSEWHERE, verdict(&example.job));
}

static void begin_times_that_others_have_set_stay(void **state)
{
    struct example example;

    (void)state;
    marked(&example, LATEST, 0)->begin = LATEST + 1;
    assert_int_equal(FAREWELL_ELSEWHERE, verdict(&example.job));
}

static void what_a_changed_deadline_has_moved_is_released(void **state)
{
    struct example example;
    struct slurm_job *job = marked(&example, LATEST, 0);

    (void)state;
    job->deadline = LATEST;
    job->begin = LATEST - HOUR - 5 * MINUTE;
    assert_int_equal(FAREWELL_RELEASE, verdict(job));
    /* The mark still fits: somebody else has moved it. */
    job->deadline = LATEST + HOUR;
    assert_int_equal(FAREWELL_ELSEWHERE, verdict(job));
    job->deadline = LATEST;
    job->begin = LATEST - MINUTE;
    assert_int_equal(FAREWELL_ELSEWHERE, verdict(job));
}

static void what_is_held_stays(void **state)
{
    struct example example;

    (void)state;
    marked(&example, LATEST, 0)->reason = SLURM_REASON_HELD_USER;
    example.job.begin = 0;
    assert_int_equal(FAREWELL_HELD, verdict(&example.job));
    example.job.reason = SLURM_REASON_HELD_ADMIN;
    assert_int_equal(FAREWELL_HELD, verdict(&example.job));
}

static void what_is_not_ours_is_left_alone(void **state)
{
    static const char *const comments[] = {
        "",
        "nothing of ours",
        "penstock:off",
        "penstock:max-wait=4h,off",
        "penstock:max-wait=soon",
        "penstock:key=abc",
    };
    struct example example;

    (void)state;
    for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++)
        assert_int_equal(FAREWELL_NOT_OURS, verdict(asking(&example, comments[i])));
    marked(&example, LATEST, 0)->state = SLURM_RUNNING;
    assert_int_equal(FAREWELL_NOT_OURS, verdict(&example.job));
}

static void what_waits_for_something_else_is_eligible(void **state)
{
    struct example example;

    (void)state;
    marked(&example, LATEST, 0)->begin = NOW;
    assert_int_equal(FAREWELL_ELIGIBLE, verdict(&example.job));
    asking(&example, "penstock:max-wait=8h")->begin = SUBMITTED;
    assert_int_equal(FAREWELL_ELIGIBLE, verdict(&example.job));
    marked(&example, NOW, 0)->begin = 0;
    assert_int_equal(FAREWELL_ELIGIBLE, verdict(&example.job));
}

static void what_waits_for_other_jobs_too_is_released(void **state)
{
    struct example example;

    (void)state;
    marked(&example, LATEST, 0)->begin = 0;
    example.job.reason = SLURM_REASON_DEPENDENCY;
    assert_int_equal(FAREWELL_RELEASE, verdict(&example.job));
}

static void a_comment_tells_which_begin_times_are_ours(void **state)
{
    struct example example;

    (void)state;
    assert_int_equal(FAREWELL_RELEASE,
                     verdict(asking(&example, "a penstock:max-wait=8h")));
    assert_int_equal(FAREWELL_ELSEWHERE,
                     verdict(asking(&example, "penstock:max-wait=7h")));
    assert_int_equal(FAREWELL_RELEASE,
                     verdict(asking(&example, "penstock:deadline=9h5m")));
    assert_int_equal(FAREWELL_ELSEWHERE,
                     verdict(asking(&example, "penstock:deadline=8h")));
    assert_int_equal(FAREWELL_RELEASE, verdict(asking(&example, "penstock:early")));
    asking(&example, "penstock:on")->deadline = LATEST + HOUR + 5 * MINUTE;
    assert_int_equal(FAREWELL_RELEASE, verdict(&example.job));
}

static void a_comment_that_only_agrees_means_the_partitions_wait(void **state)
{
    struct example example;

    (void)state;
    asking(&example, "penstock:on")->begin = SUBMITTED + 6 * HOUR;
    assert_int_equal(FAREWELL_RELEASE, verdict(&example.job));
    assert_int_equal(FAREWELL_ELSEWHERE,
                     farewell_decide(&example.job, -1, NOW).verdict);
    example.job.restarts = 1;
    assert_int_equal(FAREWELL_RELEASE, farewell_decide(&example.job, -1, NOW).verdict);
}

static void check_target(const char *expected, const struct slurm_job *job)
{
    char *target = farewell_target(job);

    if (expected)
        assert_string_equal(expected, target);
    else
        assert_null(target);
    free(target);
}

static void a_record_is_called_as_a_whole(void **state)
{
    struct example example;
    char tasks[] = "0-9,12%2";

    (void)state;
    check_target("12", waiting(&example));
    example.job.array_id = 10;
    example.job.array_task = 3;
    check_target("10_3", &example.job);
    example.job.array_task = -1;
    example.job.array_tasks = tasks;
    check_target("10_[0-9,12]", &example.job);
    waiting(&example)->het_id = 12;
    check_target("12", &example.job);
    example.job.het_offset = 1;
    check_target(NULL, &example.job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_plugin_deferred_is_released),
        cmocka_unit_test(what_the_daemon_deferred_is_released),
        cmocka_unit_test(a_users_own_begin_time_is_set_again),
        cmocka_unit_test(begin_times_that_others_have_set_stay),
        cmocka_unit_test(what_a_changed_deadline_has_moved_is_released),
        cmocka_unit_test(what_is_held_stays),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
        cmocka_unit_test(what_waits_for_something_else_is_eligible),
        cmocka_unit_test(what_waits_for_other_jobs_too_is_released),
        cmocka_unit_test(a_comment_tells_which_begin_times_are_ours),
        cmocka_unit_test(a_comment_that_only_agrees_means_the_partitions_wait),
        cmocka_unit_test(a_record_is_called_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "daemon/slurm_claim.h"
#include "tests/support/slurm_scene.h"

#define MARGIN (5 * MINUTE)

static const char text[] = "[zone GB]\n"
                           "providers = none\n"
                           "[pool cluster]\n"
                           "executor = slurm\n"
                           "partition = gpu\n"
                           "zone = GB\n"
                           "queue = training\n"
                           "[queue urgent]\n"
                           "policy = immediate\n"
                           "[queue training]\n"
                           "policy = cleanest\n"
                           "max_wait = 10h\n";

struct scene {
    struct slurm_scene slurm;
    struct slurm_job *record;
    struct config *config;
    struct slurm_claim claim;
};

static int setup(void **state)
{
    static struct scene scene;
    struct config_faults faults;

    scene = (struct scene){.record = NULL};
    scene.record = scene_add(&scene.slurm, 17);
    scene.config = config_parse(text, sizeof(text) - 1, &faults);
    assert_non_null(scene.config);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    scene_release(&scene->slurm);
    config_destroy(scene->config);
    return 0;
}

/* Strings of records are not const, and are not written either. */
static void set(char **place, const char *string)
{
    static char copies[4][120];
    static size_t next;
    char *copy = copies[next++ % 4];

    snprintf(copy, sizeof(copies[0]), "%s", string);
    *place = copy;
}

static bool claim(struct scene *scene)
{
    const struct slurm_units *units = scene_list(&scene->slurm);
    const duration margins[] = {MARGIN};
    const struct slurm_terms terms = {margins, 1, ""};

    return slurm_claim_make(&units->items[0], scene->config, &terms, &scene->claim);
}

static void a_job_without_a_mark_or_a_wish_is_not_ours(void **state)
{
    struct scene *scene = *state;

    assert_false(claim(scene));
    set(&scene->record->comment, "paper penstock fan");
    assert_false(claim(scene));
    set(&scene->record->comment, "penstock:off");
    assert_false(claim(scene));
    set(&scene->record->comment, "penstock:max-wait=soon");
    assert_false(claim(scene));
}

static void a_dry_run_plans_what_the_plugin_would_have_deferred(void **state)
{
    struct scene *scene = *state;
    char reference[SLURM_REFERENCE_SIZE];

    scene->config->slurm.dry_run = true;
    assert_false(claim(scene));
    snprintf(scene->config->pools[0].defer, sizeof(scene->config->pools[0].defer),
             "all");
    assert_true(claim(scene));
    assert_int_equal(1000 + 10 * HOUR, scene->claim.latest);
    assert_string_equal(
        "dry-run/slurm/17@1000",
        slurm_claim_refer(&scene->claim, &scene->slurm.units.items[0], reference));
    scene->record->is_batch = false;
    assert_false(claim(scene));
    assert_string_equal("not asked for", scene->claim.why);
    scene->record->is_batch = scene->record->is_reserved = true;
    assert_false(claim(scene));
    scene->record->is_reserved = false;
    scene->record->reason = SLURM_REASON_HELD_USER;
    assert_false(claim(scene));
    scene->record->reason = SLURM_REASON_OTHER;
    set(&scene->record->comment, "penstock:off");
    assert_false(claim(scene));
    set(&scene->record->comment, "");
    set(&scene->record->admin_comment, "penstock:v1,latest=9000,wait=6000");
    assert_false(claim(scene));
    assert_string_equal("it was deferred before the dry run", scene->claim.why);
}

static void a_mark_of_the_plugin_says_it_all(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->admin_comment,
        "site=7;penstock:v1,latest=9000,deadline=20000,begin=3000,wait=6000");
    assert_true(claim(scene));
    assert_string_equal("cluster", scene->claim.pool->name);
    assert_int_equal(9000, scene->claim.latest);
    assert_int_equal(20000, scene->claim.deadline);
    assert_int_equal(3000, scene->claim.begin);
    assert_true(scene->claim.is_deferred);
    scene->record->deadline = 15000;
    assert_true(claim(scene));
    assert_int_equal(15000, scene->claim.deadline);
}

static void a_mark_that_no_longer_fits_the_deadline_is_decided_here(void **state)
{
    const struct slurm_moment moment = {2000, 2000, 1};
    struct scene *scene = *state;
    struct submission submission;

    set(&scene->record->admin_comment, "penstock:v1,latest=9000,wait=8000");
    scene->record->deadline = 9000 + HOUR;
    assert_true(claim(scene));
    assert_true(scene->claim.is_deferred);
    scene->record->limit += MINUTE;
    assert_true(claim(scene));
    assert_false(scene->claim.is_deferred);
    assert_int_equal(9000 - MINUTE - MARGIN, scene->claim.latest);
    scene->record->limit = 4 * HOUR;
    assert_true(claim(scene));
    assert_int_equal(1000, scene->claim.latest);
    slurm_claim_fill(&scene->claim, &scene->slurm.units.items[0], -1, &moment,
                     &submission);
    assert_true(submission.job.now);
    submission_release(&submission);
    set(&scene->record->admin_comment, "penstock:v1,latest=9000,begin=7000,wait=2000");
    assert_true(claim(scene));
    assert_int_equal(7000, scene->claim.latest);
}

static void a_mark_that_leaves_the_begin_time_to_us_is_decided_here(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->admin_comment, "penstock:v1,wait=7200");
    scene->record->deadline = 1000 + 2 * HOUR;
    assert_true(claim(scene));
    assert_false(scene->claim.is_deferred);
    /* Its limit is an hour. */
    assert_int_equal(1000 + HOUR - MARGIN, scene->claim.latest);
}

static void a_wish_in_the_comment_is_decided_here(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->comment, "penstock:max-wait=2h");
    assert_true(claim(scene));
    assert_false(scene->claim.is_deferred);
    assert_int_equal(1000 + 2 * HOUR, scene->claim.latest);
    assert_int_equal(0, scene->claim.begin);
    set(&scene->record->comment, "penstock:on");
    scene->record->begin = 5000;
    assert_true(claim(scene));
    assert_int_equal(5000, scene->claim.begin);
    assert_int_equal(5000 + 10 * HOUR, scene->claim.latest);
}

static void an_early_wish_makes_the_begin_time_the_latest_start(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->comment, "penstock:early");
    scene->record->begin = 50000;
    assert_true(claim(scene));
    assert_true(scene->claim.is_deferred);
    assert_int_equal(50000, scene->claim.latest);
    assert_int_equal(0, scene->claim.begin);
    scene->record->deadline = 50000;
    assert_true(claim(scene));
    assert_false(scene->claim.is_deferred);
    assert_int_equal(50000 - HOUR - MARGIN, scene->claim.latest);
}

static void only_what_may_be_requeued_can_be_interrupted(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->comment, "penstock:on,interruptible");
    assert_true(claim(scene));
    assert_true(scene->claim.interruptible);
    set(&scene->record->comment, "");
    set(&scene->record->admin_comment, "penstock:v1,latest=50000,wait=5,interruptible");
    assert_true(claim(scene));
    assert_true(scene->claim.interruptible);
    scene->record->requeue = false;
    assert_true(claim(scene));
    assert_false(scene->claim.interruptible);
    set(&scene->record->comment, "penstock:interruptible");
    set(&scene->record->admin_comment, "penstock:v1,latest=50000,wait=5");
    assert_true(claim(scene));
    assert_false(scene->claim.interruptible);
    scene->record->requeue = true;
    assert_true(claim(scene));
    assert_true(scene->claim.interruptible);
}

static void how_long_it_is_expected_to_run_is_taken_over(void **state)
{
    struct scene *scene = *state;
    const struct slurm_moment moment = {2000, 2000, 1};
    const struct slurm_unit *unit;
    struct submission submission;

    set(&scene->record->comment, "penstock:on,time=20m");
    assert_true(claim(scene));
    unit = &scene_list(&scene->slurm)->items[0];
    slurm_claim_fill(&scene->claim, unit, unit->task, &moment, &submission);
    assert_true(submission.given.time);
    assert_int_equal(20 * MINUTE, submission.job.time);
    submission_release(&submission);
    scene->claim.time = 3 * HOUR;
    slurm_claim_fill(&scene->claim, unit, unit->task, &moment, &submission);
    assert_int_equal(HOUR, submission.job.time);
    submission_release(&submission);
    scene->claim.time = 0;
    slurm_claim_fill(&scene->claim, unit, unit->task, &moment, &submission);
    assert_false(submission.given.time);
    submission_release(&submission);
}

static void why_a_job_is_not_ours_is_told(void **state)
{
    struct scene *scene = *state;

    assert_false(claim(scene));
    assert_string_equal("not asked for", scene->claim.why);
    set(&scene->record->comment, "penstock:nonsense");
    assert_false(claim(scene));
    assert_string_equal("its comment is not understood", scene->claim.why);
    set(&scene->record->comment, "penstock:max-wait=0s");
    assert_false(claim(scene));
    assert_string_equal("it may wait for less than a minute", scene->claim.why);
    set(&scene->record->partition, "other");
    assert_false(claim(scene));
    assert_string_equal("its partition is no pool of Penstock's", scene->claim.why);
}

static void a_job_that_cannot_wait_is_left_alone(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->comment, "penstock:on");
    scene->record->deadline = 1000 + HOUR;
    assert_false(claim(scene));
}

static void only_partitions_that_are_pools_count(void **state)
{
    struct scene *scene = *state;

    set(&scene->record->comment, "penstock:on");
    set(&scene->record->partition, "gpux");
    assert_false(claim(scene));
    set(&scene->record->partition, "cpu,gpu");
    assert_true(claim(scene));
}

static struct submission fill(struct scene *scene, int64_t rate, int32_t last_task)
{
    const struct slurm_moment moment = {.now = 2000, .clock_now = 2000, .rate = rate};
    struct submission submission;

    assert_true(claim(scene));
    slurm_claim_fill(&scene->claim, &scene->slurm.units.items[0], last_task, &moment,
                     &submission);
    return submission;
}

static void a_claim_becomes_a_submission(void **state)
{
    struct scene *scene = *state;
    struct submission submission;

    set(&scene->record->name, "my job/1");
    set(&scene->record->comment, "penstock:max-wait=2h,deadline=10h");
    scene->record->wanted = (struct resources){4, 8, 2048};
    submission = fill(scene, 1, -1);
    assert_string_equal("my_job_1", submission.spec.name);
    assert_string_equal("training", submission.spec.queue);
    assert_string_equal("cluster", submission.spec.pools);
    assert_string_equal("slurm/17@1000", submission.spec.reference);
    assert_int_equal(4, submission.job.gpus);
    assert_int_equal(4, submission.job.gpus_max);
    assert_int_equal(8, submission.job.cpus);
    assert_int_equal(2048, submission.job.memory);
    assert_int_equal(HOUR, submission.job.time_limit);
    assert_int_equal(1000, submission.job.submitted);
    assert_int_equal(2 * HOUR, submission.job.max_wait);
    assert_int_equal(1000 + 10 * HOUR, submission.job.deadline);
    assert_false(submission.given.time);
    assert_true(submission.array_first > submission.array_last);
    submission_release(&submission);
}

static void tasks_that_follow_one_another_are_one_array(void **state)
{
    static char tasks[] = "3-6%1";
    struct scene *scene = *state;
    struct submission submission;

    scene->record->array_id = 17;
    scene->record->array_tasks = tasks;
    set(&scene->record->comment, "penstock:on");
    submission = fill(scene, 1, 6);
    assert_int_equal(3, submission.array_first);
    assert_int_equal(6, submission.array_last);
    assert_int_equal(1, submission.job.array_limit);
    submission_release(&submission);
}

static void a_fast_clock_stretches_slurms_times(void **state)
{
    struct scene *scene = *state;
    struct submission submission;

    set(&scene->record->comment, "penstock:max-wait=10m");
    scene->record->limit = MINUTE;
    scene->record->submitted = 1990;
    submission = fill(scene, 180, -1);
    assert_int_equal(180 * MINUTE, submission.job.time_limit);
    assert_int_equal(200, submission.job.submitted);
    assert_int_equal(30 * HOUR, submission.job.max_wait);
    submission_release(&submission);
}

static void what_is_absurd_is_brought_within_our_limits(void **state)
{
    struct scene *scene = *state;
    struct submission submission;
    struct error err;

    set(&scene->record->name, "...");
    set(&scene->record->comment, "penstock:on");
    scene->record->limit = 0;
    scene->record->wanted = (struct resources){1000000, 0, 1 << 30};
    submission = fill(scene, 1, -1);
    submission.job.time = HOUR;
    if (job_check(&submission.job, &submission.spec, &err) < 0)
        fail_msg("%s", err.text);
    submission_release(&submission);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_without_a_mark_or_a_wish_is_not_ours),
        TEST(a_dry_run_plans_what_the_plugin_would_have_deferred),
        TEST(a_mark_of_the_plugin_says_it_all),
        TEST(a_mark_that_no_longer_fits_the_deadline_is_decided_here),
        TEST(a_mark_that_leaves_the_begin_time_to_us_is_decided_here),
        TEST(a_wish_in_the_comment_is_decided_here),
        TEST(an_early_wish_makes_the_begin_time_the_latest_start),
        TEST(only_what_may_be_requeued_can_be_interrupted),
        TEST(how_long_it_is_expected_to_run_is_taken_over),
        TEST(why_a_job_is_not_ours_is_told),
        TEST(a_job_that_cannot_wait_is_left_alone),
        TEST(only_partitions_that_are_pools_count),
        TEST(a_claim_becomes_a_submission),
        TEST(tasks_that_follow_one_another_are_one_array),
        TEST(a_fast_clock_stretches_slurms_times),
        TEST(what_is_absurd_is_brought_within_our_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

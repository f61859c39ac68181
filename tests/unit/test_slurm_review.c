/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "daemon/slurm_claim.h"
#include "tests/support/slurm_scene.h"

/* A job that was submitted at 1000 with a limit of an hour and a deadline at 30000, and
 * begins at 26100 at the latest; it is 2000 by both clocks. */

#define MARGIN (5 * MINUTE)
#define LATEST (30000 - HOUR - MARGIN)

struct scene {
    struct slurm_scene slurm;
    struct slurm_job *record;
    struct job job;
    int64_t rate;
    instant now;
    instant ordered;
    struct slurm_review review;
};

static int setup(void **state)
{
    static struct scene scene;

    scene = (struct scene){
        .job =
            {
                .id = 1,
                .state = JOB_WAITING,
                .time = HOUR,
                .time_limit = HOUR,
                .submitted = 1000,
                .eligible = 1000,
                .deadline = 30000,
                .max_wait = LATEST - 1000,
            },
        .rate = 1,
        .now = 2000,
    };
    scene.record = scene_add(&scene.slurm, 17);
    scene.record->deadline = 30000;
    scene.record->begin = LATEST;
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    scene_release(&((struct scene *)*state)->slurm);
    return 0;
}

static void see_with(struct scene *scene, duration margin)
{
    const struct slurm_moment moment = {scene->now, 2000, scene->rate};
    const struct slurm_taken taken = {&scene->job, 1000, scene->ordered, margin};

    slurm_claim_review(&taken, scene->record, &moment, &scene->review);
}

static void see(struct scene *scene)
{
    see_with(scene, MARGIN);
}

static void a_job_that_is_as_it_was_has_no_news(void **state)
{
    struct scene *scene = *state;

    see(scene);
    assert_false(scene->review.has_news);
    see_with(scene, HOUR);
    assert_false(scene->review.has_news);
    assert_int_equal(LATEST, scene->review.latest);
}

static void a_limit_that_was_raised_leaves_less_time_to_wait(void **state)
{
    struct scene *scene = *state;

    scene->record->limit = 3 * HOUR;
    see(scene);
    assert_true(scene->review.has_news);
    assert_int_equal(LATEST - 2 * HOUR, scene->review.latest);
    assert_int_equal(3 * HOUR, scene->review.update.time_limit);
    assert_true(scene->review.update.has_max_wait);
    assert_int_equal(LATEST - 2 * HOUR - 1000, scene->review.update.max_wait);
    assert_false(scene->review.update.has_deadline);
    assert_false(scene->review.update.now);
}

static void so_does_an_earlier_deadline(void **state)
{
    struct scene *scene = *state;

    scene->record->deadline = 20000;
    see(scene);
    assert_true(scene->review.update.has_deadline);
    assert_int_equal(20000, scene->review.update.deadline);
    assert_int_equal(20000 - HOUR - MARGIN, scene->review.latest);
}

static void what_leaves_more_time_moves_nothing(void **state)
{
    struct scene *scene = *state;

    scene->record->deadline = 60000;
    scene->record->limit = 10 * MINUTE;
    see(scene);
    assert_true(scene->review.has_news);
    assert_int_equal(LATEST, scene->review.latest);
    assert_int_equal(60000, scene->review.update.deadline);
    assert_int_equal(10 * MINUTE, scene->review.update.time_limit);
    assert_false(scene->review.update.has_max_wait);
}

static void
what_leaves_more_time_moves_nothing_though_the_margin_has_grown(void **state)
{
    struct scene *scene = *state;

    scene->record->limit = HOUR - MINUTE;
    see_with(scene, HOUR);
    assert_true(scene->review.has_news);
    assert_int_equal(LATEST, scene->review.latest);
    assert_false(scene->review.update.has_max_wait);
    scene->record->limit = HOUR + MINUTE;
    see_with(scene, HOUR);
    assert_true(scene->review.update.has_max_wait);
}

static void what_cannot_end_by_its_deadline_any_more_is_known(void **state)
{
    struct scene *scene = *state;

    scene->record->limit = 28000;
    see(scene);
    assert_true(scene->review.update.now);
    assert_false(scene->review.is_hopeless);
    scene->record->limit++;
    see(scene);
    assert_true(scene->review.update.now);
    assert_true(scene->review.is_hopeless);
    scene->job.begin = 24000;
    scene->record->limit = 6000;
    see(scene);
    assert_false(scene->review.is_hopeless);
    scene->record->limit++;
    see(scene);
    assert_true(scene->review.is_hopeless);
}

static void without_a_deadline_a_limit_moves_nothing(void **state)
{
    struct scene *scene = *state;

    scene->job.deadline = scene->record->deadline = 0;
    scene->record->limit = 20 * HOUR;
    see(scene);
    assert_true(scene->review.has_news);
    assert_false(scene->review.update.has_deadline);
    assert_int_equal(LATEST, scene->review.latest);
}

static void what_was_moved_stays_though_the_margin_grows(void **state)
{
    struct scene *scene = *state;
    const instant moved = LATEST - 2 * HOUR;

    scene->record->limit = 3 * HOUR;
    scene->record->begin = moved;
    see_with(scene, MARGIN + 7);
    assert_int_equal(moved - 7, scene->review.latest);
    scene->ordered = moved;
    see_with(scene, MARGIN + 7);
    assert_int_equal(moved, scene->review.latest);
    assert_int_equal(moved - 1000, scene->review.update.max_wait);
    scene->record->limit = 4 * HOUR;
    see(scene);
    assert_int_equal(LATEST - 3 * HOUR, scene->review.latest);
}

static void what_can_wait_no_more_begins_now(void **state)
{
    struct scene *scene = *state;

    scene->record->limit = 0;
    see(scene);
    assert_int_equal(JOB_TIME_MAX, scene->review.update.time_limit);
    assert_true(scene->review.update.now);
    assert_int_equal(0, scene->review.update.max_wait);
    scene->record->limit = 7 * HOUR + 45 * MINUTE;
    see(scene);
    assert_true(scene->review.update.now);
    scene->record->limit = 7 * HOUR;
    see(scene);
    assert_false(scene->review.update.now);
}

static void nothing_begins_before_its_users_own_begin_time(void **state)
{
    struct scene *scene = *state;

    scene->job.begin = 24000;
    scene->job.max_wait = LATEST - 24000;
    scene->record->limit = 2 * HOUR;
    see(scene);
    assert_int_equal(24000, scene->review.latest);
    assert_int_equal(0, scene->review.update.max_wait);
    assert_false(scene->review.update.now);
    scene->record->limit = 20 * HOUR;
    see(scene);
    assert_int_equal(24000, scene->review.latest);
    assert_false(scene->review.update.now);
}

static void the_users_own_deadline_counts_as_well(void **state)
{
    static char mark[] = "penstock:v1,latest=26100,deadline=30000,wait=90000";
    static char comment[] = "penstock:deadline=4h";
    static char nonsense[] = "penstock:deadline=soon";
    struct scene *scene = *state;

    scene->record->deadline = 0;
    scene->record->admin_comment = mark;
    see(scene);
    assert_false(scene->review.has_news);
    scene->record->deadline = 25000;
    see(scene);
    assert_int_equal(25000, scene->review.update.deadline);
    scene->record->admin_comment = nonsense + sizeof(nonsense) - 1;
    scene->record->comment = comment;
    see(scene);
    assert_int_equal(1000 + 4 * HOUR, scene->review.update.deadline);
    scene->record->comment = nonsense;
    scene->record->deadline = 0;
    see(scene);
    assert_false(scene->review.has_news);
}

static void a_deadline_that_was_left_to_slurm_stays_so(void **state)
{
    struct scene *scene = *state;

    scene->job.deadline = 0;
    scene->record->deadline = 1000 + HOUR - 1;
    see(scene);
    assert_false(scene->review.has_news);
}

static void a_fast_clock_makes_no_news(void **state)
{
    struct scene *scene = *state;

    /* Both clocks show 2000, so each second before that was 180 long. */
    scene->rate = 180;
    scene->record->limit = MINUTE;
    scene->record->deadline = 5000;
    scene->job.time_limit = 180 * MINUTE;
    scene->job.deadline = 2000 + 180 * 3000 + 200;
    scene->job.max_wait = 360000;
    scene->record->begin = 4005;
    see(scene);
    assert_false(scene->review.has_news);
    scene->record->limit = 30 * MINUTE;
    see(scene);
    assert_int_equal(90 * HOUR, scene->review.update.time_limit);
    assert_int_equal(5000 - 30 * MINUTE - MARGIN, scene->review.latest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_is_as_it_was_has_no_news),
        TEST(a_limit_that_was_raised_leaves_less_time_to_wait),
        TEST(so_does_an_earlier_deadline),
        TEST(what_leaves_more_time_moves_nothing),
        TEST(what_leaves_more_time_moves_nothing_though_the_margin_has_grown),
        TEST(what_cannot_end_by_its_deadline_any_more_is_known),
        TEST(without_a_deadline_a_limit_moves_nothing),
        TEST(what_was_moved_stays_though_the_margin_grows),
        TEST(what_can_wait_no_more_begins_now),
        TEST(nothing_begins_before_its_users_own_begin_time),
        TEST(the_users_own_deadline_counts_as_well),
        TEST(a_deadline_that_was_left_to_slurm_stays_so),
        TEST(a_fast_clock_makes_no_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "nodes/slurm/paper.h"
#include "tests/support/slurm_scene.h"

/* A dry run of job 17, submitted at 1000, that is deferred to 9000. */
struct desk {
    struct slurm_scene scene;
    struct slurm_job *record;
    struct slurm_paper *paper;
};

static void order(struct desk *desk, enum slurm_verb verb, instant begin, instant now)
{
    const struct slurm_change change = {
        .verb = verb, .id = 17, .task = -1, .begin = begin};

    slurm_paper_order(desk->paper, &change, now);
}

static int setup(void **state)
{
    static struct desk desk;

    desk = (struct desk){.record = NULL};
    desk.record = scene_add(&desk.scene, 17);
    desk.paper = slurm_paper_create();
    order(&desk, SLURM_DEFER, 9000, 1000);
    *state = &desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;

    slurm_paper_destroy(desk->paper);
    scene_release(&desk->scene);
    return 0;
}

/* What a listing tells of the job at that moment; NULL: nothing. */
static const struct slurm_job *look(struct desk *desk, instant now)
{
    const struct slurm_unit *unit;

    scene_list(&desk->scene);
    slurm_paper_see(desk->paper, &desk->scene.units, now);
    unit = slurm_units_find(&desk->scene.units, 17, -1);
    return unit ? unit->record : NULL;
}

static void run_for_real(struct desk *desk, instant started, instant ended)
{
    desk->record->state = SLURM_COMPLETED;
    desk->record->started = started;
    desk->record->ended = ended;
}

static void leave_slurm(struct desk *desk)
{
    desk->scene.listing.count = 0;
}

static void a_job_that_runs_in_slurm_still_waits_on_paper(void **state)
{
    struct desk *desk = *state;
    const struct slurm_job *record;

    scene_run(desk->record, 1001);
    record = look(desk, 2000);
    assert_int_equal(SLURM_PENDING, record->state);
    assert_int_equal(SLURM_REASON_BEGIN_TIME, record->reason);
    assert_int_equal(9000, record->begin);
    assert_int_equal(0, record->started);
}

static void a_job_that_is_released_runs_for_as_long_as_it_really_did(void **state)
{
    struct desk *desk = *state;
    const struct slurm_job *record;

    run_for_real(desk, 1001, 1601);
    desk->record->status = 3;
    desk->record->state = SLURM_FAILED;
    look(desk, 2000);
    order(desk, SLURM_RELEASE, 0, 4000);
    record = look(desk, 4001);
    assert_int_equal(SLURM_RUNNING, record->state);
    assert_int_equal(4000, record->started);
    assert_int_equal(0, record->ended);
    record = look(desk, 4600);
    assert_int_equal(SLURM_FAILED, record->state);
    assert_int_equal(4600, record->ended);
    assert_int_equal(3, record->status);
}

static void a_job_that_slurm_has_forgotten_goes_on_until_its_end_is_told(void **state)
{
    struct desk *desk = *state;

    run_for_real(desk, 1001, 1601);
    look(desk, 2000);
    leave_slurm(desk);
    assert_int_equal(SLURM_PENDING, look(desk, 3000)->state);
    assert_string_equal("", look(desk, 3000)->partition);
    order(desk, SLURM_RELEASE, 0, 4000);
    assert_int_equal(SLURM_RUNNING, look(desk, 4001)->state);
    assert_int_equal(SLURM_COMPLETED, look(desk, 5000)->state);
    assert_null(look(desk, 5001));
    assert_int_equal(0, slurm_paper_count(desk->paper));
}

static void a_job_of_which_slurm_lost_the_run_is_gone(void **state)
{
    struct desk *desk = *state;

    scene_run(desk->record, 1001);
    look(desk, 2000);
    leave_slurm(desk);
    assert_null(look(desk, 3000));
    assert_int_equal(0, slurm_paper_count(desk->paper));
}

static void nobody_has_to_start_what_may_begin(void **state)
{
    struct desk *desk = *state;
    const struct slurm_job *record;

    run_for_real(desk, 1001, 1601);
    assert_int_equal(SLURM_PENDING, look(desk, 8999)->state);
    record = look(desk, 9005);
    assert_int_equal(SLURM_RUNNING, record->state);
    assert_int_equal(9000, record->started);
}

static void a_job_that_is_kept_there_is_kept_here(void **state)
{
    struct desk *desk = *state;
    const struct slurm_job *record;

    desk->record->reason = SLURM_REASON_DEPENDENCY;
    record = look(desk, 9500);
    assert_int_equal(SLURM_PENDING, record->state);
    assert_int_equal(SLURM_REASON_DEPENDENCY, record->reason);
    scene_run(desk->record, 9600);
    record = look(desk, 9601);
    assert_int_equal(SLURM_RUNNING, record->state);
    assert_int_equal(9500, record->started);
}

static void a_job_cancelled_before_it_began_here_never_ran(void **state)
{
    struct desk *desk = *state;
    const struct slurm_job *record;

    run_for_real(desk, 1001, 1601);
    desk->record->state = SLURM_CANCELLED;
    record = look(desk, 2000);
    assert_int_equal(SLURM_CANCELLED, record->state);
    assert_int_equal(0, record->started);
    assert_int_equal(2000, record->ended);
    leave_slurm(desk);
    assert_null(look(desk, 3000));
}

static void a_job_cancelled_after_it_began_here_ran_for_as_long(void **state)
{
    struct desk *desk = *state;

    order(desk, SLURM_RELEASE, 0, 1500);
    scene_run(desk->record, 2000);
    look(desk, 2000);
    run_for_real(desk, 2000, 2600);
    desk->record->state = SLURM_CANCELLED;
    assert_int_equal(SLURM_CANCELLED, look(desk, 2601)->state);
    assert_int_equal(2100, look(desk, 2601)->ended);
    assert_int_equal(1500, look(desk, 2601)->started);
}

static void what_was_requeued_runs_the_rest(void **state)
{
    struct desk *desk = *state;

    run_for_real(desk, 1001, 1601);
    order(desk, SLURM_RELEASE, 0, 2000);
    look(desk, 2000);
    order(desk, SLURM_REQUEUE, 0, 2400);
    assert_int_equal(SLURM_PENDING, look(desk, 2401)->state);
    assert_int_equal(1, look(desk, 2401)->restarts);
    order(desk, SLURM_DEFER, 9000, 2402);
    order(desk, SLURM_RELEASE, 0, 5000);
    assert_int_equal(SLURM_RUNNING, look(desk, 5199)->state);
    assert_int_equal(5200, look(desk, 5300)->ended);
}

static void what_slurm_breaks_off_is_over(void **state)
{
    struct desk *desk = *state;

    order(desk, SLURM_RELEASE, 0, 1500);
    run_for_real(desk, 1600, 1700);
    desk->record->state = SLURM_NODE_FAIL;
    look(desk, 1501);
    assert_int_equal(SLURM_FAILED, look(desk, 2000)->state);
}

static void an_order_for_what_is_not_on_paper_is_none(void **state)
{
    struct desk *desk = *state;
    const struct slurm_change change = {.verb = SLURM_RELEASE, .id = 18, .task = -1};

    scene_add(&desk->scene, 18);
    slurm_paper_order(desk->paper, &change, 2000);
    assert_int_equal(1, slurm_paper_count(desk->paper));
    look(desk, 2000);
    assert_int_equal(1000, slurm_units_find(&desk->scene.units, 18, -1)->record->begin);
}

static void an_id_that_is_given_anew_is_another_job(void **state)
{
    struct desk *desk = *state;

    run_for_real(desk, 1001, 1601);
    look(desk, 2000);
    scene_run(desk->record, 2500);
    desk->record->submitted = 2400;
    assert_int_equal(2500, look(desk, 3000)->started);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_runs_in_slurm_still_waits_on_paper),
        TEST(a_job_that_is_released_runs_for_as_long_as_it_really_did),
        TEST(a_job_that_slurm_has_forgotten_goes_on_until_its_end_is_told),
        TEST(a_job_of_which_slurm_lost_the_run_is_gone),
        TEST(nobody_has_to_start_what_may_begin),
        TEST(a_job_that_is_kept_there_is_kept_here),
        TEST(a_job_cancelled_before_it_began_here_never_ran),
        TEST(a_job_cancelled_after_it_began_here_ran_for_as_long),
        TEST(what_was_requeued_runs_the_rest),
        TEST(what_slurm_breaks_off_is_over),
        TEST(an_order_for_what_is_not_on_paper_is_none),
        TEST(an_id_that_is_given_anew_is_another_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

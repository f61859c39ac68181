/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/slurm_stage.h"

static void to_pause_a_job_is_to_signal_and_then_to_requeue_and_defer_it(void **state)
{
    const struct executor_pause how = {
        .signal = 10, .grace = 60, .latest_resume = 9000};
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    scene_run(record, 4000);
    stage_see(stage);
    stage_port(stage)->pause(stage_port(stage), 1, 1, &how);
    stage_see(stage);
    assert_int_equal(SLURM_SIGNAL, stage->verbs[1]);
    assert_int_equal(2, stage->asked_count);
    stage->clock.time += 60;
    stage_see(stage);
    assert_int_equal(SLURM_REQUEUE, stage->verbs[2]);
    record->state = SLURM_PENDING;
    record->restarts = 1;
    record->submitted = record->begin = 5060;
    stage_see(stage);
    assert_int_equal(SLURM_DEFER, stage->verbs[3]);
    assert_int_equal(9000, stage->begin);
    assert_int_equal(EXECUTOR_ENDED, stage->reports[1].outcome);
    assert_int_equal(1, stage->reports[1].status);
    stage_port(stage)->forget(stage_port(stage), 1, 1);
    stage_see(stage);
    assert_int_equal(5, stage->asked_count);
    record->begin = 9000;
    stage_see(stage);
    record->begin = 8000; /* by somebody else */
    stage_see(stage);
    assert_int_equal(5, stage->asked_count);
    stage_start(stage, 2);
    stage_see(stage);
    assert_int_equal(SLURM_RELEASE, stage->verbs[5]);
}

static void what_ends_well_on_its_signal_has_done_its_work(void **state)
{
    const struct executor_pause how = {
        .signal = 10, .grace = 60, .latest_resume = 9000};
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    scene_run(record, 4000);
    stage_see(stage);
    stage_port(stage)->pause(stage_port(stage), 1, 1, &how);
    record->state = SLURM_COMPLETED;
    record->ended = 5010;
    stage_see(stage);
    assert_int_equal(2, stage->report_count);
    assert_int_equal(0, stage->reports[1].status);
}

static void what_fails_on_its_signal_is_requeued_all_the_same(void **state)
{
    const struct executor_pause how = {
        .signal = 10, .grace = 60, .latest_resume = 9000};
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    scene_run(record, 4000);
    stage_see(stage);
    stage_port(stage)->pause(stage_port(stage), 1, 1, &how);
    record->state = SLURM_FAILED;
    record->status = 1;
    stage_see(stage);
    assert_int_equal(SLURM_REQUEUE_ENDED, stage->verbs[2]);
    assert_int_equal(1, stage->report_count);
}

static void the_begin_time_that_a_requeue_gives_is_slurms(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    scene_run(record, 4000);
    stage_see(stage);
    record->state = SLURM_PENDING;
    record->restarts = 1;
    record->submitted = 4800;
    record->begin = INSTANT_MAX;
    stage_see(stage);
    stage->asked_count = 0;
    stage_start(stage, 2);
    stage_see(stage);
    assert_int_equal(0, stage->asked_count);
    scene_run(record, 5100);
    stage_see(stage);
    assert_int_equal(EXECUTOR_STARTED, stage->reports[2].outcome);
    assert_int_equal(2, stage->reports[2].attempt);
}

static void
a_job_that_was_requeued_while_nobody_looked_is_no_longer_that_run(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    record->begin = INSTANT_MAX;
    record->restarts = 1;
    record->submitted = 4800;
    stage_port(stage)->adopt(stage_port(stage), 1, 1);
    stage_see(stage);
    assert_int_equal(0, stage->asked_count);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(EXECUTOR_LOST, stage->reports[0].outcome);
    assert_true(stage->reports[0].requeued);
    stage_port(stage)->adopt(stage_port(stage), 1, 2);
    scene_run(record, 4900);
    stage_see(stage);
    assert_int_equal(EXECUTOR_STARTED, stage->reports[1].outcome);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_begin_time_that_a_requeue_gives_is_slurms),
        TEST(a_job_that_was_requeued_while_nobody_looked_is_no_longer_that_run),
        TEST(to_pause_a_job_is_to_signal_and_then_to_requeue_and_defer_it),
        TEST(what_ends_well_on_its_signal_has_done_its_work),
        TEST(what_fails_on_its_signal_is_requeued_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

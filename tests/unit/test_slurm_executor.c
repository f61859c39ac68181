/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/slurm_stage.h"

static void to_start_a_job_is_to_release_it(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    assert_int_equal(0, stage->asked_count);
    stage_see(stage);
    assert_int_equal(1, stage->asked_count);
    assert_int_equal(SLURM_RELEASE, stage->verbs[0]);
    assert_string_equal("17", stage->asked[0]);
    assert_int_equal(0, stage->report_count);
    scene_run(record, 4000);
    stage_see(stage);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(EXECUTOR_STARTED, stage->reports[0].outcome);
    assert_int_equal(4000, stage->reports[0].at);
    record->state = SLURM_COMPLETED;
    record->ended = 4500;
    stage_see(stage);
    assert_int_equal(2, stage->report_count);
    assert_int_equal(EXECUTOR_ENDED, stage->reports[1].outcome);
    assert_int_equal(0, stage->reports[1].status);
    assert_int_equal(500, stage->reports[1].ran);
    stage_see(stage);
    assert_int_equal(2, stage->report_count);
}

static void a_release_that_was_not_carried_out_is_ordered_again(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    stage_see(stage);
    record->begin = INSTANT_MAX;
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    record->begin = 4000;
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
}

static void a_job_that_is_adopted_is_told_of_as_the_listing_has_it(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    record->begin = INSTANT_MAX;
    stage_port(stage)->adopt(stage_port(stage), 1, 3);
    stage_see(stage);
    assert_int_equal(SLURM_RELEASE, stage->verbs[0]);
    scene_run(record, 4000);
    record->state = SLURM_TIMEOUT;
    record->ended = 4600;
    record->signal = 15;
    stage_see(stage);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(3, stage->reports[0].attempt);
    assert_int_equal(EXECUTOR_ENDED, stage->reports[0].outcome);
    assert_true(stage->reports[0].timed_out);
    assert_int_equal(4000, stage->reports[0].started);
}

static void what_ends_otherwise_is_told_as_it_is(void **state)
{
    static const struct {
        enum slurm_state state;
        instant started;
        int32_t status;
        enum executor_outcome outcome;
        int32_t told;
        bool out_of_memory;
    } rows[] = {
        {SLURM_FAILED, 4000, 3, EXECUTOR_ENDED, 3, false},
        {SLURM_OUT_OF_MEMORY, 4000, 0, EXECUTOR_ENDED, 1, true},
        {SLURM_CANCELLED, 4000, 0, EXECUTOR_ENDED, 1, false},
        {SLURM_NODE_FAIL, 4000, 0, EXECUTOR_LOST, 0, false},
        {SLURM_PREEMPTED, 4000, 0, EXECUTOR_LOST, 0, false},
        {SLURM_DEADLINE, 0, 0, EXECUTOR_REFUSED, 1, false},
        {SLURM_BOOT_FAIL, 4000, 0, EXECUTOR_REFUSED, 1, false},
    };
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct executor_report *last;

        stage->report_count = 0;
        stage_port(stage)->adopt(stage_port(stage), 1, (int32_t)i + 1);
        record->state = rows[i].state;
        record->started = rows[i].started;
        record->ended = 4600;
        record->status = rows[i].status;
        stage_see(stage);
        assert_true(stage->report_count > 0);
        last = &stage->reports[stage->report_count - 1];
        assert_int_equal(rows[i].outcome, last->outcome);
        assert_int_equal(rows[i].told, last->status);
        assert_int_equal(rows[i].out_of_memory, last->out_of_memory);
        assert_true(last->text[0] || rows[i].state == SLURM_FAILED);
    }
}

static void a_job_that_two_listings_do_not_have_is_lost(void **state)
{
    struct stage *stage = *state;

    stage_start(stage, 1);
    stage_see(stage);
    assert_int_equal(0, stage->report_count);
    stage_see(stage);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(EXECUTOR_LOST, stage->reports[0].outcome);
    assert_int_equal(0, stage->gone);
}

static void a_job_that_never_began_is_gone_then(void **state)
{
    struct stage *stage = *state;
    struct slurm_identity identity;

    stage_see(stage);
    assert_true(slurm_executor_identify(stage->executor, 1, &identity));
    stage_see(stage);
    assert_int_equal(1, stage->gone);
    assert_false(slurm_executor_identify(stage->executor, 1, &identity));
}

/* Expects what the test says. */
static bool on_missing(const struct slurm_identity *identity, void *context)
{
    const bool *is_expected = context;

    assert_int_equal(17, identity->id);
    return *is_expected;
}

static void what_something_else_may_tell_of_is_neither_lost_nor_gone(void **state)
{
    struct stage *stage = *state;
    const struct slurm_job record = {
        .job_id = 17,
        .state = SLURM_FAILED,
        .submitted = 1000,
        .started = 4000,
        .ended = 4500,
        .status = 3,
    };
    bool is_expected = true;

    slurm_executor_on_missing(stage->executor, on_missing, &is_expected);
    for (int i = 0; i < 4; i++)
        stage_see(stage);
    assert_int_equal(0, stage->gone);
    stage_start(stage, 1);
    stage_see(stage);
    assert_int_equal(0, stage->report_count);
    slurm_executor_see_missing(stage->executor, 1, &record);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(EXECUTOR_ENDED, stage->reports[0].outcome);
    assert_int_equal(3, stage->reports[0].status);
    assert_int_equal(4000, stage->reports[0].started);
    assert_int_equal(4500, stage->reports[0].at);
    assert_int_equal(17, slurm_executor_record(stage->executor, 1));
    slurm_executor_see_missing(stage->executor, 9, &record);
    is_expected = false;
    stage_see(stage);
    assert_int_equal(1, stage->gone);
}

static void an_id_of_another_submission_is_not_taken_for_it(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);
    const struct slurm_identity later = {2, 17, -1, 3000, false};

    record->submitted = 3000;
    scene_list(&stage->scene);
    assert_int_equal(
        0, slurm_executor_find(stage->executor, &stage->scene.units.items[0]));
    slurm_executor_know(stage->executor, &later);
    assert_int_equal(
        2, slurm_executor_find(stage->executor, &stage->scene.units.items[0]));
    stage_see(stage);
    stage_see(stage);
    assert_int_equal(1, stage->gone);
    assert_int_equal(
        2, slurm_executor_find(stage->executor, &stage->scene.units.items[0]));
}

static void to_stop_a_job_is_to_cancel_it_until_it_has_ended(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_port(stage)->stop(stage_port(stage), 1, 0);
    stage_see(stage);
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    assert_int_equal(SLURM_CANCEL, stage->verbs[1]);
    record->state = SLURM_CANCELLED;
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    assert_int_equal(0, stage->report_count);
}

static void what_slurm_requeues_by_itself_is_lost_and_begins_anew(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    stage_start(stage, 1);
    scene_run(record, 4000);
    stage_see(stage);
    record->state = SLURM_PENDING;
    record->restarts = 1;
    record->submitted = 4800;
    stage_see(stage);
    assert_int_equal(2, stage->report_count);
    assert_int_equal(EXECUTOR_LOST, stage->reports[1].outcome);
    assert_true(stage->reports[1].requeued);
    assert_string_equal("requeued in Slurm", stage->reports[1].text);
    stage_port(stage)->forget(stage_port(stage), 1, 1);
    stage_see(stage);
    assert_int_equal(2, stage->report_count);
}

static void an_attempt_that_is_dropped_is_told_of_once(void **state)
{
    struct stage *stage = *state;

    assert_false(slurm_executor_drop(stage->executor, 1, "over"));
    assert_false(slurm_executor_drop(stage->executor, 9, "over"));
    stage_port(stage)->adopt(stage_port(stage), 1, 1);
    assert_true(slurm_executor_drop(stage->executor, 1, "over"));
    assert_int_equal(1, stage->report_count);
    assert_int_equal(EXECUTOR_DROPPED, stage->reports[0].outcome);
    assert_string_equal("over", stage->reports[0].text);
    assert_false(slurm_executor_drop(stage->executor, 1, "over"));
}

static void a_job_is_deferred_until_slurm_has_it_so(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    slurm_executor_defer(stage->executor, 1, 7000);
    stage_see(stage);
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    record->begin = 7000;
    stage_see(stage);
    record->begin = 6000;
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
}

static void a_deferred_job_is_hastened_until_slurm_has_it_no_later(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = scene_add(&stage->scene, 17);

    record->begin = 9000;
    slurm_executor_hasten(stage->executor, 1, 7000);
    slurm_executor_hasten(stage->executor, 1, 7001);
    assert_int_equal(7000, slurm_executor_ordered(stage->executor, 1));
    stage_see(stage);
    assert_int_equal(1, stage->asked_count);
    assert_int_equal(SLURM_DEFER, stage->verbs[0]);
    assert_int_equal(7000, stage->begin);
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    /* Somebody has it begin sooner. */
    record->begin = 6000;
    stage_see(stage);
    record->begin = 9000;
    stage_see(stage);
    assert_int_equal(2, stage->asked_count);
    assert_int_equal(7000, slurm_executor_ordered(stage->executor, 1));
}

static void a_job_that_was_let_go_is_not_hastened(void **state)
{
    struct stage *stage = *state;

    scene_add(&stage->scene, 17);
    stage_start(stage, 1);
    slurm_executor_hasten(stage->executor, 1, 7000);
    stage_see(stage);
    assert_int_equal(1, stage->asked_count);
    assert_int_equal(SLURM_RELEASE, stage->verbs[0]);
    slurm_executor_hasten(stage->executor, 9, 7000);
    assert_int_equal(0, slurm_executor_ordered(stage->executor, 9));
}

static void ignore(const struct executor_report *report, void *context)
{
    (void)report;
    (void)context;
}

static void a_dry_run_asks_for_nothing(void **state)
{
    struct stage *stage = *state;
    const struct slurm_identity identity = {1, 17, -1, 1000, false};
    const struct executor_order order = {.job_id = 1, .attempt = 1};
    struct slurm_executor *dry =
        slurm_executor_create(&stage->clock.clock, NULL, ignore, NULL);
    struct executor *dry_port = slurm_executor_port(dry);

    slurm_executor_know(dry, &identity);
    assert_int_equal(0, dry_port->start(dry_port, &order, NULL));
    scene_add(&stage->scene, 17)->begin = INSTANT_MAX;
    slurm_executor_see(dry, scene_list(&stage->scene), NULL, NULL);
    assert_int_equal(0, slurm_orders_waiting(stage->orders));
    slurm_executor_destroy(dry);
}

static void an_order_for_a_job_that_is_not_known_is_refused(void **state)
{
    struct stage *stage = *state;
    const struct executor_order order = {.job_id = 9, .attempt = 1};
    struct error err;

    assert_int_equal(-1, stage_port(stage)->start(stage_port(stage), &order, &err));
    assert_int_equal(ERROR_MISSING, err.code);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(to_start_a_job_is_to_release_it),
        TEST(a_release_that_was_not_carried_out_is_ordered_again),
        TEST(a_job_that_is_adopted_is_told_of_as_the_listing_has_it),
        TEST(what_ends_otherwise_is_told_as_it_is),
        TEST(a_job_that_two_listings_do_not_have_is_lost),
        TEST(a_job_that_never_began_is_gone_then),
        TEST(what_something_else_may_tell_of_is_neither_lost_nor_gone),
        TEST(an_id_of_another_submission_is_not_taken_for_it),
        TEST(to_stop_a_job_is_to_cancel_it_until_it_has_ended),
        TEST(what_slurm_requeues_by_itself_is_lost_and_begins_anew),
        TEST(an_attempt_that_is_dropped_is_told_of_once),
        TEST(a_job_is_deferred_until_slurm_has_it_so),
        TEST(a_deferred_job_is_hastened_until_slurm_has_it_no_later),
        TEST(a_job_that_was_let_go_is_not_hastened),
        TEST(a_dry_run_asks_for_nothing),
        TEST(an_order_for_a_job_that_is_not_known_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

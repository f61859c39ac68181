/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "base/text.h"
#include "tests/support/slurm_stage.h"

/* Tasks of array 20: 1 is our job 101, and so on. */

static char waiting[16];

static void set_waiting(const char *tasks)
{
    assert_true(text_copy(waiting, sizeof(waiting), tasks));
}

static struct slurm_job *add_array(struct stage *stage, const char *tasks)
{
    struct slurm_job *record = scene_add(&stage->scene, 20);

    set_waiting(tasks);
    record->array_id = 20;
    record->array_tasks = waiting;
    for (int32_t task = 1; task <= 3; task++) {
        const struct slurm_identity identity = {100 + task, 20, task, 1000, false};

        slurm_executor_know(stage->executor, &identity);
    }
    return record;
}

/* What the listing has of a task; SLURM_STATES: nothing. */
static enum slurm_state state_of(const struct stage *stage, int32_t task)
{
    const struct slurm_unit *unit = slurm_units_find(&stage->scene.units, 20, task);

    return unit ? unit->record->state : SLURM_STATES;
}

static void a_task_that_its_array_no_longer_names_was_cancelled(void **state)
{
    struct stage *stage = *state;

    add_array(stage, "1-3%1");
    stage_see(stage);
    assert_int_equal(SLURM_PENDING, state_of(stage, 2));
    set_waiting("1,3%1");
    stage_see(stage);
    assert_int_equal(SLURM_CANCELLED, state_of(stage, 2));
    assert_int_equal(0, slurm_units_find(&stage->scene.units, 20, 2)->record->started);
    assert_int_equal(SLURM_PENDING, state_of(stage, 3));
}

static void the_record_of_the_last_task_is_the_arrays_too(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = add_array(stage, "1-3");

    stage_see(stage);
    waiting[0] = '\0';
    record->array_task = 3;
    stage_see(stage);
    assert_int_equal(SLURM_CANCELLED, state_of(stage, 1));
    assert_int_equal(SLURM_CANCELLED, state_of(stage, 2));
    assert_int_equal(SLURM_PENDING, state_of(stage, 3));
}

static void an_array_that_was_cancelled_tells_of_what_it_does_not_name(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = add_array(stage, "1-3");

    stage_see(stage);
    record->state = SLURM_CANCELLED;
    waiting[0] = '\0';
    stage_see(stage);
    for (int32_t task = 1; task <= 3; task++)
        assert_int_equal(SLURM_CANCELLED, state_of(stage, task));
}

static void a_task_that_was_released_is_told_to_have_ended(void **state)
{
    struct stage *stage = *state;
    const struct executor_order order = {.job_id = 102, .attempt = 1};

    add_array(stage, "1-3");
    assert_int_equal(0, stage_port(stage)->start(stage_port(stage), &order, NULL));
    stage_see(stage);
    set_waiting("1,3");
    stage_see(stage);
    assert_int_equal(1, stage->report_count);
    assert_int_equal(102, stage->reports[0].job_id);
    assert_int_equal(EXECUTOR_REFUSED, stage->reports[0].outcome);
    assert_string_equal("CANCELLED in Slurm", stage->reports[0].text);
}

static void a_task_that_ran_is_not_said_to_be_cancelled(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *run;

    add_array(stage, "1-3");
    stage_see(stage);
    set_waiting("1,3");
    run = scene_add(&stage->scene, 21);
    run->array_id = 20;
    run->array_task = 2;
    scene_run(run, 4000);
    stage_see(stage);
    assert_int_equal(SLURM_RUNNING, state_of(stage, 2));
    run->array_id = run->array_task = 0;
    stage_see(stage);
    assert_int_equal(SLURM_STATES, state_of(stage, 2));
}

static bool on_missing(const struct slurm_identity *identity, void *context)
{
    (void)identity;
    return *(const bool *)context;
}

static void of_a_task_that_was_never_seen_accounting_is_asked_first(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = add_array(stage, "1,3");
    bool is_expected = true;

    slurm_executor_on_missing(stage->executor, on_missing, &is_expected);
    record->state = SLURM_CANCELLED;
    for (int i = 0; i < 4; i++) {
        stage_see(stage);
        assert_int_equal(SLURM_STATES, state_of(stage, 2));
    }
    is_expected = false;
    stage_see(stage);
    assert_int_equal(SLURM_CANCELLED, state_of(stage, 2));
}

static void an_array_of_another_submission_tells_nothing(void **state)
{
    struct stage *stage = *state;
    struct slurm_job *record = add_array(stage, "1-3");

    stage_see(stage);
    record->submitted = 3000;
    set_waiting("1,3");
    stage_see(stage);
    assert_int_equal(SLURM_STATES, state_of(stage, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_task_that_its_array_no_longer_names_was_cancelled),
        TEST(the_record_of_the_last_task_is_the_arrays_too),
        TEST(an_array_that_was_cancelled_tells_of_what_it_does_not_name),
        TEST(a_task_that_was_released_is_told_to_have_ended),
        TEST(a_task_that_ran_is_not_said_to_be_cancelled),
        TEST(of_a_task_that_was_never_seen_accounting_is_asked_first),
        TEST(an_array_of_another_submission_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

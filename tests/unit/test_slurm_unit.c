/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "tests/support/slurm_scene.h"

static void a_plain_job_is_one_unit(void **state)
{
    struct slurm_scene scene = {0};
    const struct slurm_units *units;

    (void)state;
    scene_add(&scene, 17);
    scene_add(&scene, 9);
    units = scene_list(&scene);
    assert_int_equal(2, units->count);
    assert_int_equal(9, units->items[0].id);
    assert_int_equal(-1, units->items[0].task);
    assert_ptr_equal(&scene.jobs[0], slurm_units_find(units, 17, -1)->record);
    assert_null(slurm_units_find(units, 17, 0));
    assert_null(slurm_units_find(units, 18, -1));
    scene_release(&scene);
}

static void each_task_of_an_array_is_one_and_its_own_record_tells_of_it(void **state)
{
    static char tasks[] = "0-3,7%2";
    struct slurm_scene scene = {0};
    const struct slurm_units *units;
    struct slurm_job *record;

    (void)state;
    record = scene_add(&scene, 20);
    record->array_id = 20;
    record->array_tasks = tasks;
    record = scene_add(&scene, 21);
    record->array_id = 20;
    record->array_task = 2;
    scene_run(record, 2000);
    units = scene_list(&scene);
    assert_int_equal(5, units->count);
    assert_int_equal(SLURM_RUNNING, slurm_units_find(units, 20, 2)->record->state);
    assert_int_equal(SLURM_PENDING, slurm_units_find(units, 20, 7)->record->state);
    assert_null(slurm_units_find(units, 20, 4));
    scene_release(&scene);
}

static void the_parts_of_a_heterogeneous_job_are_one_together(void **state)
{
    struct slurm_scene scene = {0};
    const struct slurm_unit *unit;
    struct slurm_job *record;

    (void)state;
    record = scene_add(&scene, 31);
    record->het_id = 30;
    record->het_offset = 1;
    record = scene_add(&scene, 30);
    record->het_id = 30;
    record->wanted.gpus = 4;
    assert_int_equal(1, scene_list(&scene)->count);
    unit = slurm_units_find(&scene.units, 30, -1);
    assert_int_equal(30, unit->record->job_id);
    assert_int_equal(5, unit->wanted.gpus);
    assert_int_equal(2, unit->wanted.cpus);
    scene_release(&scene);
}

static void tasks_that_make_no_sense_are_refused(void **state)
{
    static char tasks[] = "0-,x";
    struct slurm_scene scene = {0};
    struct slurm_job *record;
    struct error err;

    (void)state;
    record = scene_add(&scene, 20);
    record->array_id = 20;
    record->array_tasks = tasks;
    assert_int_equal(-1, slurm_units_make(&scene.listing, &scene.units, &err));
    assert_int_equal(ERROR_INVALID, err.code);
}

static void a_reference_is_an_id_and_a_moment(void **state)
{
    static const char *const bad[] = {
        "",
        "slurm/",
        "slurm/17",
        "slurm/@5",
        "slurm/0@5",
        "slurm/x@5",
        "slurm/1@",
        "1@5",
        "slurm/1@-1",
        "slurm/1@5x",
        "slurm/11111111111111111111111111111111111111111111111111111111@5",
    };
    char text[SLURM_REFERENCE_SIZE];
    char name[SLURM_NAME_SIZE];
    instant submitted = 0;
    int64_t id = 0;

    (void)state;
    assert_string_equal("slurm/17@1795815887",
                        slurm_reference_format(17, 1795815887, text));
    assert_int_equal(0, slurm_reference_parse(text, &id, &submitted, NULL));
    assert_int_equal(17, id);
    assert_int_equal(1795815887, submitted);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (slurm_reference_parse(bad[i], &id, &submitted, NULL) == 0)
            fail_msg("'%s' was taken", bad[i]);
    assert_string_equal("17", slurm_unit_name(17, -1, name));
    assert_string_equal("17_0", slurm_unit_name(17, 0, name));
}

static void an_id_that_is_given_anew_is_another_job(void **state)
{
    struct slurm_job record = {.submitted = 2000};

    (void)state;
    assert_true(slurm_is_same(&record, 2000));
    assert_false(slurm_is_same(&record, 1000));
    record.restarts = 1;
    assert_true(slurm_is_same(&record, 1000));
    assert_false(slurm_is_same(&record, 3000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_job_is_one_unit),
        cmocka_unit_test(each_task_of_an_array_is_one_and_its_own_record_tells_of_it),
        cmocka_unit_test(the_parts_of_a_heterogeneous_job_are_one_together),
        cmocka_unit_test(tasks_that_make_no_sense_are_refused),
        cmocka_unit_test(a_reference_is_an_id_and_a_moment),
        cmocka_unit_test(an_id_that_is_given_anew_is_another_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

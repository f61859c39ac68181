/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/slurm_default.h"
#include "nodes/slurm/commands.h"
#include "tests/support/stores.h"

/* What is asked for of an scontrol that is a script of the test's. */
struct scene {
    uv_loop_t loop;
    char directory[200];
    struct slurm_backend *backend;
    struct slurm_default found;
    int changes;
};

static void on_change(void *context)
{
    struct scene *scene = context;

    scene->changes++;
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct slurm_commands_settings settings = {
        .directory = scene->directory,
        .slurm_conf = "",
        .list_timeout_ms = 10000,
        .order_timeout_ms = 10000,
        .listing_max = 1 << 20,
    };

    assert_non_null(scene);
    stores_make_directory(scene->directory);
    uv_loop_init(&scene->loop);
    scene->backend = slurm_commands_create(&scene->loop, &settings, NULL);
    slurm_default_init(&scene->found, scene->backend, on_change, scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    scene->backend->close(scene->backend);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&scene->loop));
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

/* Have scontrol do that from now on. */
static void script(const struct scene *scene, const char *does)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/scontrol", scene->directory);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\n[ \"$*\" = '--all --oneliner show partition' ] || exit 1\n%s",
            does);
    fclose(file);
    assert_int_equal(0, chmod(path, 0700));
}

/* Ask anew, as after slurmctld was away; the name that is known then. */
static const char *ask(struct scene *scene, const char *does)
{
    script(scene, does);
    slurm_default_doubt(&scene->found);
    slurm_default_see(&scene->found);
    while (scene->found.is_asking)
        uv_run(&scene->loop, UV_RUN_ONCE);
    return scene->found.name;
}

static void the_default_partition_is_scontrols_word(void **state)
{
    struct scene *scene = *state;

    assert_string_equal("b", ask(scene, "echo PartitionName=a Default=NO\n"
                                        "echo PartitionName=b Default=YES\n"));
    assert_string_equal("a", ask(scene, "echo PartitionName=a Default=YES\n"));
    assert_int_equal(2, scene->changes);
    ask(scene, "echo PartitionName=a Default=YES\n");
    assert_int_equal(2, scene->changes);
    assert_string_equal("", ask(scene, "echo PartitionName=a Default=NO\n"));
    assert_string_equal("", ask(scene, "echo 'PartitionName=a* Default=YES'\n"));
    assert_string_equal("", ask(scene, "exit 0\n"));
    assert_int_equal(3, scene->changes);
}

static void what_was_known_stays_while_nobody_answers(void **state)
{
    struct scene *scene = *state;

    ask(scene, "echo PartitionName=a Default=YES\n");
    assert_string_equal("a", ask(scene, "echo 'Unable to contact' >&2; exit 1\n"));
    assert_true(scene->found.has_failed);
    assert_int_equal(1, scene->changes);
}

static void it_is_asked_once_an_hour_and_any_answer_settles_it(void **state)
{
    struct scene *scene = *state;

    script(scene, "exit 1\n");
    assert_false(slurm_default_see(&scene->found));
    assert_true(scene->found.is_asking);
    assert_false(slurm_default_see(&scene->found));
    while (scene->found.is_asking)
        uv_run(&scene->loop, UV_RUN_ONCE);
    assert_int_equal(1, scene->changes);
    assert_true(slurm_default_see(&scene->found));
    assert_false(scene->found.is_asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_default_partition_is_scontrols_word, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_known_stays_while_nobody_answers,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            it_is_asked_once_an_hour_and_any_answer_settles_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nodes/slurm/ask.h"
#include "tests/support/stores.h"

/* Commands that are scripts of the test's. */
struct scene {
    char directory[200];
    struct slurm_ask *ask;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct slurm_ask_settings settings = {.slurm_conf = "", .timeout_ms = 500};

    assert_non_null(scene);
    stores_make_directory(scene->directory);
    settings.directory = scene->directory;
    scene->ask = slurm_ask_open(&settings, NULL);
    assert_non_null(scene->ask);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    slurm_ask_close(scene->ask);
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

static void script(const struct scene *scene, const char *name, const char *what)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", what);
    fclose(file);
    assert_int_equal(0, chmod(path, 0700));
}

static void jobs_are_the_callers(void **state)
{
    const struct scene *scene = *state;
    struct slurm_listing listing = {NULL, 0};

    script(scene, "squeue",
           "echo '{\"jobs\": [{\"job_id\": 7, \"comment\": \"hello\"}, "
           "{\"job_id\": 8}]}'");
    assert_int_equal(0, slurm_ask_jobs(scene->ask, &listing, NULL));
    assert_int_equal(2, listing.count);
    assert_int_equal(7, listing.jobs[0].job_id);
    assert_string_equal("hello", listing.jobs[0].comment);
    assert_string_equal("", listing.jobs[1].comment);
    slurm_listing_release(&listing);
}

static void a_listing_that_fails_leaves_nothing(void **state)
{
    const struct scene *scene = *state;
    struct slurm_listing listing = {NULL, 0};
    struct error err = {0};

    script(scene, "squeue",
           "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; "
           "exit 1");
    assert_int_equal(-1, slurm_ask_jobs(scene->ask, &listing, &err));
    assert_int_equal(ERROR_UNAVAILABLE, err.code);
    assert_null(listing.jobs);
    script(scene, "squeue", "exec sleep 100");
    assert_int_equal(-1, slurm_ask_jobs(scene->ask, &listing, NULL));
}

static void nodes_are_the_callers(void **state)
{
    const struct scene *scene = *state;
    struct slurm_nodes nodes = {.items = NULL};

    script(scene, "sinfo", "echo '{\"nodes\": [{\"name\": \"cn1\"}]}'");
    script(scene, "scontrol", "echo 'No reservations in the system'");
    assert_int_equal(0, slurm_ask_nodes(scene->ask, &nodes, NULL));
    assert_int_equal(1, nodes.count);
    assert_string_equal("cn1", nodes.items[0].name);
    slurm_nodes_release(&nodes);
}

static void an_order_is_awaited(void **state)
{
    const struct scene *scene = *state;
    const struct slurm_order order = {.verb = SLURM_RELEASE, .target = "1,2"};
    struct error err = {0};

    assert_true(slurm_ask_targets_max(scene->ask) > 1);
    script(scene, "scontrol", "[ \"$2\" = JobId=1,2 ]");
    assert_int_equal(0, slurm_ask_order(scene->ask, &order, &err));
    script(scene, "scontrol", "echo 'Access/permission denied' >&2; exit 1");
    assert_int_equal(-1, slurm_ask_order(scene->ask, &order, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
}

static void what_a_command_writes_is_added(void **state)
{
    static const char *const words[] = {"sacctmgr", "a b", NULL};
    const struct scene *scene = *state;
    struct text output = TEXT_EMPTY;

    text_add(&output, "before ");
    script(scene, "sacctmgr", "echo \"$#: $1\"");
    assert_int_equal(0, slurm_ask_command(scene->ask, words, &output, NULL));
    assert_string_equal("before 1: a b\n", output.bytes);
    text_release(&output);
}

static void a_command_that_fails_is_told(void **state)
{
    static const struct {
        const char *does;
        enum error_code code;
        const char *text;
    } rows[] = {
        {"echo 'sacctmgr: error: no such thing' >&2; exit 1", ERROR_IO,
         "sacctmgr: no such thing"},
        {"echo ' You are not running a supported accounting_storage plugin'; exit 1",
         ERROR_IO,
         "sacctmgr: You are not running a supported accounting_storage plugin"},
        {"exit 3", ERROR_IO, "sacctmgr: failed without a word"},
        {"kill -9 $$", ERROR_IO, "sacctmgr: failed without a word"},
        {"exec sleep 100", ERROR_UNAVAILABLE, "sacctmgr does not answer within 1 s"},
    };
    static const char *const words[] = {"sacctmgr", NULL};
    const struct scene *scene = *state;
    struct text output = TEXT_EMPTY;
    struct error err = {0};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script(scene, "sacctmgr", rows[i].does);
        assert_int_equal(-1, slurm_ask_command(scene->ask, words, &output, &err));
        assert_int_equal(rows[i].code, err.code);
        assert_string_equal(rows[i].text, err.text);
        assert_string_equal("", output.bytes);
    }
    text_release(&output);
}

static void a_command_that_is_not_there_is_missing(void **state)
{
    static const char *const words[] = {"sreport", NULL};
    static const char *const standard[] = {"sh", "-c", "exit 0", NULL};
    const struct slurm_ask_settings settings = {"", "", 1000};
    const struct scene *scene = *state;
    struct text output = TEXT_EMPTY;
    struct slurm_ask *ask = slurm_ask_open(&settings, NULL);
    struct error err = {0};

    assert_int_equal(-1, slurm_ask_command(scene->ask, words, &output, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_int_equal(0, slurm_ask_command(ask, standard, &output, &err));
    slurm_ask_close(ask);
    slurm_ask_close(NULL);
    text_release(&output);
}

static void paths_are_absolute(void **state)
{
    const struct slurm_ask_settings settings = {"bin", "", 1};
    struct error err = {0};

    (void)state;
    assert_null(slurm_ask_open(&settings, &err));
    assert_int_equal(ERROR_INVALID, err.code);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_are_the_callers),
        TEST(a_listing_that_fails_leaves_nothing),
        TEST(nodes_are_the_callers),
        TEST(an_order_is_awaited),
        TEST(what_a_command_writes_is_added),
        TEST(a_command_that_fails_is_told),
        TEST(a_command_that_is_not_there_is_missing),
        TEST(paths_are_absolute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

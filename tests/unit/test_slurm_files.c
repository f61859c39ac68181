/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/slurm_files.h"
#include "tests/support/stores.h"

struct scene {
    char directory[200];
    char conf[300];  /* slurm.conf, in it; need not be there */
    char stack[300]; /* plugstack.conf, beside it */
    char lease[300];
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    stores_make_directory(scene->directory);
    snprintf(scene->conf, sizeof(scene->conf), "%s/slurm.conf", scene->directory);
    snprintf(scene->stack, sizeof(scene->stack), "%s/plugstack.conf", scene->directory);
    snprintf(scene->lease, sizeof(scene->lease), "%s/lease", scene->directory);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    chmod(scene->directory, 0700);
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

static void put(const struct scene *scene, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(0, chmod(path, 0644));
}

static void a_plugin_is_looked_for_in_all_directories(void **state)
{
    const struct scene *scene = *state;
    char directories[500];

    snprintf(directories, sizeof(directories), "/nowhere:%s:/usr", scene->directory);
    assert_int_equal(SLURM_FILE_MISSING, slurm_files_find_plugin(directories));
    put(scene, "job_submit_penstock.so", "");
    assert_int_equal(SLURM_FILE_GOOD, slurm_files_find_plugin(directories));
    assert_int_equal(SLURM_FILE_GOOD, slurm_files_find_plugin(scene->directory));
    assert_int_equal(SLURM_FILE_MISSING, slurm_files_find_plugin(""));
}

static void a_script_has_something_of_ours(void **state)
{
    const struct scene *scene = *state;

    assert_int_equal(SLURM_FILE_MISSING, slurm_files_find_script(scene->conf));
    put(scene, "job_submit.lua", "-- of somebody else\n");
    assert_int_equal(SLURM_FILE_OTHER, slurm_files_find_script(scene->conf));
    put(scene, "job_submit.lua", "local penstock = {}\n");
    assert_int_equal(SLURM_FILE_GOOD, slurm_files_find_script(scene->conf));
}

static void plugstack_may_include_other_files(void **state)
{
    const struct scene *scene = *state;
    char include[300];

    assert_int_equal(SLURM_FILE_MISSING, slurm_files_find_spank("", scene->conf));
    put(scene, "plugstack.conf", "# optional /x/spank_penstock.so\nrequired /x/y.so");
    assert_int_equal(SLURM_FILE_OTHER, slurm_files_find_spank("", scene->conf));
    put(scene, "plugstack.conf",
        "required y.so\n  optional /x/spank_penstock.so a=b\n");
    assert_int_equal(SLURM_FILE_GOOD, slurm_files_find_spank("", scene->conf));
    snprintf(include, sizeof(include), "include  /nowhere/*\ninclude %s/*.stack # all",
             scene->directory);
    put(scene, "plugstack.conf", include);
    assert_int_equal(SLURM_FILE_OTHER,
                     slurm_files_find_spank(scene->stack, "/etc/slurm/slurm.conf"));
    put(scene, "a.stack", "required y.so\n");
    put(scene, "b.stack", "optional /x/spank_penstock.so\n");
    assert_int_equal(SLURM_FILE_GOOD,
                     slurm_files_find_spank(scene->stack, "/etc/slurm/slurm.conf"));
}

static void a_lease_is_whole_and_ours(void **state)
{
    static const char text[] = "penstock-lease 1\nwritten 1795292100\nvalid 180\n"
                               "margin 120\ntell yes\nwake -\ndefault -\nend 0\n";
    const struct scene *scene = *state;
    struct error err = {0};
    struct lease lease;

    assert_int_equal(SLURM_FILE_MISSING,
                     slurm_files_read_lease(scene->lease, &lease, &err));
    put(scene, "lease", "nonsense");
    assert_int_equal(SLURM_FILE_OTHER,
                     slurm_files_read_lease(scene->lease, &lease, &err));
    put(scene, "lease", text);
    assert_int_equal(SLURM_FILE_GOOD,
                     slurm_files_read_lease(scene->lease, &lease, &err));
    assert_int_equal(180, lease.valid);
    assert_int_equal(0, chmod(scene->lease, 0666));
    assert_int_equal(SLURM_FILE_OTHER,
                     slurm_files_read_lease(scene->lease, &lease, &err));
    assert_string_equal("others may write it", err.text);
}

static void slurmrestd_has_a_socket_and_a_token_that_is_secret(void **state)
{
    const struct scene *scene = *state;
    struct error err = {0};
    char url[320];

    snprintf(url, sizeof(url), "unix:%s", scene->lease);
    assert_int_equal(-1, slurm_files_check_rest(scene->conf, "http://ctl:1", &err));
    assert_int_equal(ERROR_MISSING, err.code);
    put(scene, "slurm.conf", "a.b.c\n");
    assert_int_equal(-1, slurm_files_check_rest(scene->conf, "http://ctl:1", &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(0, chmod(scene->conf, 0600));
    assert_int_equal(0, slurm_files_check_rest(scene->conf, "http://ctl:1", &err));
    assert_int_equal(-1, slurm_files_check_rest(scene->conf, url, &err));
    put(scene, "lease", "");
    assert_int_equal(0, slurm_files_check_rest(scene->conf, url, &err));
}

static void a_directory_may_close_a_file_to_others(void **state)
{
    const struct scene *scene = *state;

    assert_int_equal(0, chmod(scene->directory, 0711));
    assert_false(slurm_files_is_closed(scene->lease, 64030));
    assert_int_equal(0, chmod(scene->directory, 0750));
    assert_true(slurm_files_is_closed(scene->lease, 64030));
    assert_false(slurm_files_is_closed(scene->lease, geteuid()));
    assert_false(slurm_files_is_closed(scene->lease, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_variable_of_a_process_is_read_where_we_may(void **state)
{
    const struct scene *scene = *state;
    char path[300], pid[24];
    char *value;

    snprintf(path, sizeof(path), "%s/pid", scene->directory);
    assert_null(slurm_files_find_variable(path, "PATH"));
    put(scene, "pid", "999999999\n");
    assert_null(slurm_files_find_variable(path, "PATH"));
    snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    put(scene, "pid", pid);
    value = slurm_files_find_variable(path, "PATH");
    assert_string_equal(getenv("PATH"), value);
    free(value);
    value = slurm_files_find_variable(path, "PAT");
    assert_string_equal("", value);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plugin_is_looked_for_in_all_directories),
        TEST(a_script_has_something_of_ours),
        TEST(plugstack_may_include_other_files),
        TEST(a_lease_is_whole_and_ours),
        TEST(slurmrestd_has_a_socket_and_a_token_that_is_secret),
        TEST(a_directory_may_close_a_file_to_others),
        TEST(a_variable_of_a_process_is_read_where_we_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nodes/slurm/joule_files.h"
#include "tests/support/stores.h"

static char directory[200];

static int setup(void **state)
{
    (void)state;
    stores_make_directory(directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chmod(directory, 0700);
    stores_remove_directory(directory);
    return 0;
}

static void put(const char *name, const char *text, mode_t mode)
{
    char path[300];
    int file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(strlen(text), write(file, text, strlen(text)));
    assert_int_equal(0, fchmod(file, mode));
    close(file);
}

/* What a step of a job on one node left of one GPU. */
static void put_record(const char *name, uint32_t job_id, const char *uuid,
                       int64_t began_mj, int64_t ended_mj)
{
    struct joules record = {
        .job_id = job_id,
        .step_id = 1,
        .node = "cn1",
        .began = 1000,
        .ended = 2000,
        .gpus = {{.began_mj = began_mj, .ended_mj = ended_mj}},
        .gpu_count = 1,
    };
    char text[JOULES_SIZE_MAX];

    snprintf(record.gpus[0].uuid, sizeof(record.gpus[0].uuid), "%s", uuid);
    assert_int_equal(0, joules_format(&record, text, sizeof(text), NULL));
    put(name, text, 0644);
}

static void what_all_nodes_left_is_summed(void **state)
{
    struct joule_sum sum;

    (void)state;
    put_record("12.1.0.joules", 12, "GPU-a", 1000, 6000);
    put_record("12.1.1.joules", 12, "GPU-b", 0, 2600);
    put_record("123.1.0.joules", 123, "GPU-a", 0, 900000);
    assert_int_equal(0, joule_files_load(directory, 12, 1000, &sum, NULL));
    assert_int_equal(8, sum.joules);
    assert_int_equal(2, sum.gpus);
}

static void what_is_no_record_of_the_job_is_passed_over(void **state)
{
    struct joule_sum sum;
    struct error err;

    (void)state;
    put("12.1.0.joules", "penstock-joules 1\njob 12\n", 0644);
    put("12.1.1.joules", "", 0644);
    put_record("12.1.2.joules", 13, "GPU-a", 0, 5000);
    put_record("12.1.3.txt", 12, "GPU-a", 0, 5000);
    assert_int_equal(-1, joule_files_load(directory, 12, 1000, &sum, &err));
    assert_int_equal(ERROR_MISSING, err.code);
}

static void what_others_may_write_is_not_believed(void **state)
{
    struct joule_sum sum;
    struct error err;
    char path[300];

    (void)state;
    put_record("12.1.0.joules", 12, "GPU-a", 0, 5000);
    snprintf(path, sizeof(path), "%s/12.1.0.joules", directory);
    assert_int_equal(0, chmod(path, 0666));
    assert_int_equal(-1, joule_files_load(directory, 12, 1000, &sum, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_int_equal(0, chmod(directory, 0777));
    assert_int_equal(-1, joule_files_load(directory, 12, 1000, &sum, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(-1, joule_files_load("/nowhere", 12, 1000, &sum, &err));
    assert_int_equal(ERROR_IO, err.code);
}

/* Its step of the first run is not in the second, which has a step of its own. */
static void what_an_earlier_run_drew_is_not_counted_again(void **state)
{
    struct joule_sum sum;

    (void)state;
    put_record("12.1.0.joules", 12, "GPU-a", 1000, 6000);
    assert_int_equal(0, joule_files_load(directory, 12, 2005, &sum, NULL));
    assert_int_equal(-1, joule_files_load(directory, 12, 2006, &sum, NULL));
    put("12.2.0.joules",
        "penstock-joules 1\njob 12\nstep 2\nnode 0 cn1\nbegan 3000\nended 0\n"
        "gpu 9000 11000 GPU-a\nend 1\n",
        0644);
    assert_int_equal(0, joule_files_load(directory, 12, 3000, &sum, NULL));
    assert_int_equal(2, sum.joules);
    assert_int_equal(-1, joule_files_load(directory, 12, 3006, &sum, NULL));
}

static bool is_there(const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static void what_nobody_has_written_for_a_month_is_removed(void **state)
{
    instant now = time(NULL);

    (void)state;
    put("12.1.0.joules", "whole or not", 0644);
    put(".12.1.0.joules", "a draft", 0644);
    put("notes", "of somebody else", 0644);
    put("12.1.joules", "of somebody else", 0644);
    put("lab.1.0.joules", "of somebody else", 0644);
    assert_int_equal(0,
                     joule_files_sweep(directory, now + JOULE_FILES_AGE_MAX - MINUTE));
    assert_true(is_there("12.1.0.joules"));
    assert_int_equal(2,
                     joule_files_sweep(directory, now + JOULE_FILES_AGE_MAX + MINUTE));
    assert_false(is_there("12.1.0.joules"));
    assert_false(is_there(".12.1.0.joules"));
    assert_true(is_there("notes"));
    assert_true(is_there("12.1.joules"));
    assert_true(is_there("lab.1.0.joules"));
}

static void where_others_may_write_nothing_is_removed(void **state)
{
    (void)state;
    put("12.1.0.joules", "whole or not", 0644);
    assert_int_equal(0, chmod(directory, 0777));
    assert_int_equal(0, joule_files_sweep(directory, INSTANT_MAX));
    assert_true(is_there("12.1.0.joules"));
    assert_int_equal(0, joule_files_sweep("/nowhere", INSTANT_MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_all_nodes_left_is_summed),
        TEST(what_is_no_record_of_the_job_is_passed_over),
        TEST(what_others_may_write_is_not_believed),
        TEST(what_an_earlier_run_drew_is_not_counted_again),
        TEST(what_nobody_has_written_for_a_month_is_removed),
        TEST(where_others_may_write_nothing_is_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

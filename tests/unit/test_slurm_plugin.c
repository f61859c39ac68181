/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slurm/lease_file.h"
#include "slurm/options.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define NOW         ((instant)1795292100)
#define READERS     8
#define READS       3000

static char directory[] = "/tmp/penstock-test.XXXXXX";
static char path[sizeof(directory) + 16], draft[sizeof(path) + 4];

/* A lease of which all numbers say the same: half of one would show. */
static void write_lease(int number)
{
    static char text[LEASE_SIZE_MAX];
    struct lease lease = {.written = number, .margin = number, .row_count = 40};
    FILE *file = fopen(draft, "w");

    assert_non_null(file);
    for (size_t i = 0; i < lease.row_count; i++)
        lease.rows[i] = (struct lease_row){LEASE_QOS, false, number, number, 0, "name"};
    assert_int_equal(lease_format(&lease, text, sizeof(text), NULL), 0);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(draft, path), 0);
}

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/lease", directory);
    snprintf(draft, sizeof(draft), "%s.new", path);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void a_replaced_lease_is_read_anew(void **state)
{
    struct lease_file file = LEASE_FILE(path);
    struct lease lease;

    (void)state;
    for (int i = 1; i < 50; i++) {
        write_lease(i);
        for (int again = 0; again < 3; again++) {
            assert_int_equal(lease_file_read(&file, &lease, NULL), 0);
            assert_int_equal(lease.margin, i);
        }
    }
}

static void a_lease_that_goes_is_not_remembered(void **state)
{
    struct lease_file file = LEASE_FILE(path);
    struct lease lease;
    struct error err;

    (void)state;
    write_lease(1);
    assert_int_equal(lease_file_read(&file, &lease, NULL), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(lease_file_read(&file, &lease, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(lease_file_read(&file, &lease, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(unlink(path), 0);
}

static void who_finds_the_lock_taken_reads_for_himself(void **state)
{
    struct lease_file file = LEASE_FILE(path);
    struct lease lease;

    (void)state;
    write_lease(7);
    assert_int_equal(pthread_mutex_lock(&file.lock), 0);
    assert_int_equal(lease_file_read(&file, &lease, NULL), 0);
    assert_int_equal(lease.margin, 7);
    assert_false(file.is_known);
    assert_int_equal(pthread_mutex_unlock(&file.lock), 0);
}

static struct lease_file shared = LEASE_FILE(path);
static atomic_int broken, ended;

static void *read_often(void *context)
{
    struct lease lease;

    (void)context;
    for (int i = 0; i < READS; i++) {
        if (lease_file_read(&shared, &lease, NULL) < 0) {
            broken++;
            continue;
        }
        for (size_t row = 0; row < lease.row_count; row++)
            if (lease.rows[row].wait_max != lease.margin)
                broken++;
    }
    ended++;
    return NULL;
}

static void many_threads_read_whole_leases_while_they_are_replaced(void **state)
{
    pthread_t threads[READERS];

    (void)state;
    write_lease(1);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, NULL), 0);
    for (int i = 2; ended < READERS; i = i % 1000 + 1)
        write_lease(i);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(broken, 0);
}

static void options_are_found_among_other_variables(void **state)
{
    static const char *const variables[] = {
        "SLURM_SPANK_X=1",
        NULL,
        "_SLURM_SPANK_OPTION_penstock_carbon=on",
        "_SLURM_SPANK_OPTION_penstock_carbon_deadline=8h",
        "_SLURM_SPANK_OPTION_penstock_carbon-max-wait=2h",
        "_SLURM_SPANK_OPTION_penstock_carbonara=off",
        "_SLURM_SPANK_OPTION_other_carbon=off",
        "_SLURM_SPANK_OPTION_penstock_carbon",
        "_SLURM_SPANK_OPTION_penstock_",
    };
    struct wish wish = WISH_NONE;

    (void)state;
    assert_int_equal(options_find(variables, ROWS(variables), NOW, &wish, NULL), 0);
    assert_int_equal(wish.choice, WISH_ON);
    assert_int_equal(wish.deadline, NOW + 8 * HOUR);
    assert_int_equal(wish.max_wait, 2 * HOUR);
    assert_int_equal(options_find(NULL, 5, NOW, &wish, NULL), 0);
}

static void what_may_be_interrupted_is_found_whatever_its_value(void **state)
{
    static const char *const variables[] = {
        "_SLURM_SPANK_OPTION_penstock_carbon_interruptibly=",
        "_SLURM_SPANK_OPTION_penstock_carbon=interruptible",
        NULL,
        "_SLURM_SPANK_OPTION_penstock_carbon_interruptible=",
    };
    struct wish wish = WISH_NONE;

    (void)state;
    assert_true(options_are_interruptible(variables, ROWS(variables)));
    assert_false(options_are_interruptible(variables, ROWS(variables) - 1));
    assert_false(options_are_interruptible(NULL, 5));
    assert_int_equal(options_find(variables + 3, 1, NOW, &wish, NULL), 0);
    assert_false(wish_asks(&wish));
}

static void the_moment_that_the_users_machine_has_read_counts(void **state)
{
    static const char *const variables[] = {
        "PENSTOCK_DEADLINE_X=2026-11-23T08:00:00Z",
        "_SLURM_SPANK_OPTION_penstock_carbon_deadline=noon, by the user's clock",
        "PENSTOCK_DEADLINE=2026-11-22T08:00:00Z",
    };
    struct wish wish = WISH_NONE;

    (void)state;
    assert_int_equal(options_find(variables, ROWS(variables), NOW, &wish, NULL), 0);
    assert_int_equal(wish.deadline, 1795334400);
    /* Without the option it is from somewhere else. */
    wish = WISH_NONE;
    assert_int_equal(options_find(variables + 2, 1, NOW, &wish, NULL), 0);
    assert_int_equal(wish.deadline, 0);
}

static void an_option_that_is_not_understood_is_an_error(void **state)
{
    static const char *const variables[] = {
        "_SLURM_SPANK_OPTION_penstock_carbon_deadline=soon"};
    struct wish wish = WISH_NONE;
    struct error err;

    (void)state;
    assert_int_equal(options_find(variables, 1, NOW, &wish, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_string_equal(option_name(OPTION_MAX_WAIT), "carbon-max-wait");
}

static void of_a_day_the_time_has_to_be_quoted_with_it(void **state)
{
    struct wish wish = WISH_NONE;
    struct error err;

    (void)state;
    assert_int_equal(-1, option_parse(OPTION_DEADLINE, "tomorrow", NOW, &wish, &err));
    assert_string_equal(
        "tomorrow needs a time, and both need quotes: \"tomorrow 08:00\"", err.text);
    assert_int_equal(0,
                     option_parse(OPTION_DEADLINE, "tomorrow 08:00", NOW, &wish, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_lease_is_read_anew),
        cmocka_unit_test(a_lease_that_goes_is_not_remembered),
        cmocka_unit_test(who_finds_the_lock_taken_reads_for_himself),
        cmocka_unit_test(many_threads_read_whole_leases_while_they_are_replaced),
        cmocka_unit_test(options_are_found_among_other_variables),
        cmocka_unit_test(what_may_be_interrupted_is_found_whatever_its_value),
        cmocka_unit_test(the_moment_that_the_users_machine_has_read_counts),
        cmocka_unit_test(an_option_that_is_not_understood_is_an_error),
        cmocka_unit_test(of_a_day_the_time_has_to_be_quoted_with_it),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

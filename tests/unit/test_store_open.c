/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/sqlite/lock.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

static int64_t find_state(struct stores *stores, int64_t id)
{
    struct job job = {0};
    struct job_spec spec = {0};
    char pool[33];

    if (store_find_job(stores->reader, id, &job, &spec, pool, NULL) < 0)
        return -1;
    job_spec_release(&spec);
    return (int64_t)job.state;
}

static void a_second_process_is_told_who_has_the_store(void **state)
{
    struct stores *stores = *state;
    struct store_identity identity = {.clock_rate = 1};
    struct error err = {0};
    char pid[40];

    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_null(store_open(stores->directory, &identity, &err));
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_non_null(strstr(err.text, pid));
    store_close(stores->store);
    stores->store = store_open(stores->directory, &identity, NULL);
    assert_non_null(stores->store);
}

static void the_database_is_nobody_elses_to_read(void **state)
{
    static const char *const names[] = {"penstock.db", "penstock.db-wal",
                                        "penstock.lock"};
    struct stores *stores = *state;
    struct stat status;
    char path[300];

    stores_add(stores, 1, 1000, "ada", 500);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(stores_path(stores, names[i], path), &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void a_database_stays_with_its_clock(void **state)
{
    struct stores stores = {0};
    struct store_identity made = {
        .clock_rate = 60, .clock_start = 1000, .clock_anchor_ms = 5, .boot_id = "b-1"};
    struct store_identity again = {.clock_rate = 60, .clock_start = 7};
    struct store_identity other = {.clock_rate = 1};
    struct error err = {0};

    (void)state;
    stores_make_directory(stores.directory);
    store_close(store_open(stores.directory, &made, NULL));
    assert_null(store_open(stores.directory, &other, &err));
    assert_int_equal(err.code, ERROR_CONFLICT);
    stores.store = store_open(stores.directory, &again, NULL);
    assert_non_null(stores.store);
    assert_int_equal(again.clock_start, 1000);
    assert_int_equal(again.clock_anchor_ms, 5);
    assert_string_equal(again.boot_id, "b-1");
    store_close(stores.store);
    stores_remove_directory(stores.directory);
}

static void a_directory_must_be_one_and_near(void **state)
{
    struct stores *stores = *state;
    struct store_identity identity = {.clock_rate = 1};
    struct error err = {0};
    char path[300];

    assert_null(store_open(stores_path(stores, "none", path), &identity, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_null(store_open(stores_path(stores, "penstock.db", path), &identity, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_null(store_reader_open(stores_path(stores, "none", path), &err));
    assert_string_equal(lock_network_name(0x6969), "NFS");
    assert_string_equal(lock_network_name((long)(int)0xff534d42), "CIFS");
    assert_null(lock_network_name(0xef53));
    assert_null(lock_network_name(0x01021994));
}

static void a_backup_is_a_store_of_its_own(void **state)
{
    struct stores *stores = *state;
    struct stores copy = {0};
    struct error err = {0};
    struct stat status;
    char path[300];

    stores_add(stores, 1, 1000, "ada", 500);
    stores_make_directory(copy.directory);
    stores_path(&copy, "penstock.db", path);
    assert_int_equal(store_backup(stores->reader, path, NULL), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(store_backup(stores->reader, path, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    stores_add(stores, 2, 1000, "ada", 500);
    stores_open(&copy);
    assert_int_equal(find_state(&copy, 1), JOB_WAITING);
    assert_int_equal(find_state(&copy, 2), -1);
    stores_close(&copy);
    stores_remove_directory(copy.directory);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_second_process_is_told_who_has_the_store),
        WITH_STORE(the_database_is_nobody_elses_to_read),
        cmocka_unit_test(a_database_stays_with_its_clock),
        WITH_STORE(a_directory_must_be_one_and_near),
        WITH_STORE(a_backup_is_a_store_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

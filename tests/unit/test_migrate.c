/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/migrate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "grid/archive.h"
#include "nodes/pool.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

/* What a queue held in each version; later ones have what earlier ones had. */
static const char *const contents[] = {
    "INSERT INTO meta VALUES (1, 1, 0, 0, 'b', 2);"
    "INSERT INTO owner VALUES (1, 1000, 'ada');"
    "INSERT INTO blob VALUES (1, 42, CAST ('A=1' || char(0) AS BLOB));"
    "INSERT INTO blob_use VALUES (1, 2);"
    "INSERT INTO job (id, array_id, array_index, array_limit, uid, state, attempt, "
    "priority, gpus, gpus_max, cpus, power, memory, gpu_mask, time, time_limit, "
    "max_wait, submitted, begin, deadline, eligible, started, ended, grace, signal, "
    "exit_status, exit_signal, cause, interruptible, requeue, now, late, cancelling, "
    "after_pending, owner_id, name, environment_id) VALUES "
    "(1, 0, 0, 0, 1000, 7, 1, 0, 2, 2, 1, 0, 64, 0, 3600, 7200, -1, 500, 0, 0, 500, "
    "600, 700, 30, 15, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'old', 1), "
    "(2, 0, 0, 0, 1000, 1, 0, 5, 1, 1, 1, 0, 64, 0, 3600, 7200, -1, 510, 0, 0, 510, "
    "0, 0, 30, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'new', 1);"
    "UPDATE tally SET jobs = 1 WHERE state IN (1, 7);"
    "INSERT INTO event VALUES "
    "(1, 1, 'submitted', 500, 1000, 0, 0, 0, 0, 0, '', ''), "
    "(2, 1, 'submitted', 510, 1000, 0, 0, 0, 0, 0, '', '')",
    "INSERT INTO capacity VALUES ('lab', 100, 4, 16, 65536)",
    "UPDATE job SET state = 1, ran = 60, idle_since = 0 WHERE id = 2;"
    "INSERT INTO event VALUES (2, 2, 'busy', 520, -1, 0, 8, 0, 0, 0, '', '');"
    "INSERT INTO energy VALUES (1, 1, 'lab', 600, 700, 5000, NULL, 100)",
    "INSERT INTO source (id, zone, provider, signal, synthetic) "
    "VALUES (9, 'XX', 'blend', 'average/direct', 0);"
    "INSERT INTO forecast (source_id, issued, fetched, begins, ends, intensity, low, "
    "high) VALUES (9, 0, 0, 0, 3600, x'00', x'00', x'00')",
    "UPDATE job SET gpus = 4, gpus_min = 2, gpus_max = 8, scaling = 80 WHERE id = 1",
    "UPDATE job SET reference = 'trial/17' WHERE id = 1",
    "INSERT INTO event VALUES (2, 3, 'time-limit-set', 5, -1, 0, 0, 0, 0, 60, '', '')",
    "UPDATE job SET pool = 'lab' WHERE id = 1",
};

#define VERSIONS (sizeof(contents) / sizeof(*contents))

static sqlite3 *make_database(const char *path, int version)
{
    sqlite3 *db;

    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    db = database_open(path, false, NULL);
    assert_non_null(db);
    assert_int_equal(database_execute(db, "PRAGMA journal_mode = WAL", NULL), 0);
    assert_int_equal(migrate_to(db, version, NULL), 0);
    return db;
}

static void fill(sqlite3 *db, int version)
{
    struct error err = {0};

    assert_true(version <= (int)VERSIONS);
    for (int i = 0; i < version && i < (int)VERSIONS; i++)
        if (database_execute(db, contents[i], &err) < 0)
            fail_msg("version %d: %s", i + 1, err.text);
}

static int count_changes(instant at, const struct resources *capacity, void *context)
{
    int *count = context;

    assert_int_equal(at, 100);
    assert_int_equal(capacity->memory, 65536);
    (*count)++;
    return 0;
}

static void assert_contents(struct stores *stores, int version)
{
    struct job job;
    struct job_spec spec = {0};
    char pool[33];
    int changes = 0;

    assert_int_equal(store_find_job(stores->reader, 1, &job, &spec, pool, NULL), 0);
    assert_int_equal(job.state, JOB_DONE);
    assert_int_equal(job.ended, 700);
    assert_int_equal(job.gpus, version >= 5 ? 4 : 2);
    assert_int_equal(job.gpus_min, 2);
    assert_int_equal(job.gpus_max, version >= 5 ? 8 : 2);
    assert_int_equal(job.scaling, version >= 5 ? 80 : 90);
    assert_string_equal(spec.name, "old");
    assert_string_equal(spec.user, "ada");
    assert_int_equal(spec.environment_size, 4);
    assert_string_equal(spec.environment, "A=1");
    if (version >= 6)
        assert_string_equal(spec.reference, "trial/17");
    else
        assert_null(spec.reference);
    job_spec_release(&spec);
    assert_int_equal(store_last_id(stores->store), 2);
    assert_int_equal(
        store_load_capacity(stores->reader, "lab", count_changes, &changes, NULL), 0);
    assert_int_equal(changes, version >= 2 ? 1 : 0);
}

/* The old queue goes on: a job from before starts, and a new one is added. */
static void assert_usable(struct stores *stores)
{
    struct job job = stores_job(2, 1000, 510);

    job.state = JOB_WAITING;
    stores_finish(stores, &job, JOB_DONE, 600, 800);
    stores_add(stores, 3, 1000, "ada", 900);
}

static int64_t version_of(const char *path)
{
    int version = -1;
    struct error err = {0};

    if (migrate_find_version(path, &version, &err) < 0)
        fail_msg("%s", err.text);
    return version;
}

static void every_earlier_version_is_brought_up_with_its_data(void **state)
{
    (void)state;
    assert_int_equal(VERSIONS, migrate_version());
    for (int version = 1; version <= migrate_version(); version++) {
        struct stores stores = {0};
        char path[300];
        char copy[300];
        char name[40];
        sqlite3 *db;

        stores_make_directory(stores.directory);
        db = make_database(stores_path(&stores, "penstock.db", path), version);
        fill(db, version);
        sqlite3_close(db);
        stores_open(&stores);
        assert_int_equal(version_of(path), migrate_version());
        assert_contents(&stores, version);
        assert_usable(&stores);
        stores_close(&stores);
        snprintf(name, sizeof(name), "penstock.db.%d.bak", version);
        stores_path(&stores, name, copy);
        if (version < migrate_version())
            assert_int_equal(version_of(copy), version);
        else
            assert_int_equal(access(copy, F_OK), -1);
        stores_remove_directory(stores.directory);
    }
}

/* Ranges were taken before, and all had the least. */
static void ranges_of_before_are_elastic_but_for_what_may_be_paused(void **state)
{
    struct stores stores = {0};
    char path[300];
    struct job job;
    struct job_spec spec = {0};
    char pool[33];
    sqlite3 *db;

    (void)state;
    stores_make_directory(stores.directory);
    db = make_database(stores_path(&stores, "penstock.db", path), 4);
    fill(db, 4);
    assert_int_equal(database_execute(db,
                                      "UPDATE job SET gpus_max = 8;"
                                      "UPDATE job SET interruptible = 1 WHERE id = 2",
                                      NULL),
                     0);
    sqlite3_close(db);
    stores_open(&stores);
    assert_int_equal(store_find_job(stores.reader, 1, &job, &spec, pool, NULL), 0);
    job_spec_release(&spec);
    assert_true(job_is_elastic(&job));
    assert_int_equal(job.gpus, 2);
    assert_int_equal(store_find_job(stores.reader, 2, &job, &spec, pool, NULL), 0);
    job_spec_release(&spec);
    assert_false(job_is_elastic(&job));
    assert_int_equal(job.gpus_max, 1);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
}

static void the_copy_of_an_upgrade_can_be_put_back(void **state)
{
    struct stores stores = {0};
    char path[300];
    char copy[300];
    sqlite3 *db;

    (void)state;
    stores_make_directory(stores.directory);
    db = make_database(stores_path(&stores, "penstock.db", path), 1);
    fill(db, 1);
    sqlite3_close(db);
    stores_open(&stores);
    assert_usable(&stores);
    stores_close(&stores);
    assert_int_equal(rename(stores_path(&stores, "penstock.db.1.bak", copy), path), 0);
    stores_open(&stores);
    assert_contents(&stores, 1);
    assert_usable(&stores);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
}

static char *read_file(const char *path, size_t *size)
{
    struct stat status;
    char *bytes;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    assert_int_equal(fstat(file, &status), 0);
    *size = (size_t)status.st_size;
    bytes = xcalloc(*size + 1, 1);
    assert_int_equal(read(file, bytes, *size), *size);
    close(file);
    return bytes;
}

/* Refused with this error, and the file is as it was. */
static void assert_refused(const struct stores *stores, enum error_code code,
                           const char *word)
{
    struct store_identity identity = {.clock_rate = 1};
    struct error err = {0};
    char path[300];
    size_t size_before = 0;
    size_t size_after = 0;
    char *before = read_file(stores_path(stores, "penstock.db", path), &size_before);
    char *after;

    assert_null(store_open(stores->directory, &identity, &err));
    if (err.code != code || !strstr(err.text, word))
        fail_msg("%s", err.text);
    after = read_file(path, &size_after);
    assert_int_equal(size_before, size_after);
    assert_memory_equal(before, after, size_before);
    free(before);
    free(after);
}

static void a_newer_version_is_refused_untouched(void **state)
{
    struct stores stores = {0};
    char path[300];
    char sql[60];
    sqlite3 *db;

    (void)state;
    stores_make_directory(stores.directory);
    db = make_database(stores_path(&stores, "penstock.db", path), migrate_version());
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", migrate_version() + 1);
    assert_int_equal(database_execute(db, sql, NULL), 0);
    sqlite3_close(db);
    assert_refused(&stores, ERROR_CONFLICT, "newer");
    stores_remove_directory(stores.directory);
}

static void what_is_not_ours_is_refused_untouched(void **state)
{
    struct stores stores = {0};
    char path[300];
    sqlite3 *db;
    FILE *file;

    (void)state;
    stores_make_directory(stores.directory);
    file = fopen(stores_path(&stores, "penstock.db", path), "we");
    for (int i = 0; i < 2000; i++)
        fputs("not a database\n", file);
    fclose(file);
    assert_refused(&stores, ERROR_INVALID, "not a database");
    unlink(path);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    db = database_open(path, false, NULL);
    assert_int_equal(database_execute(db, "CREATE TABLE theirs (a)", NULL), 0);
    sqlite3_close(db);
    assert_refused(&stores, ERROR_INVALID, "not a database of Penstock");
    stores_remove_directory(stores.directory);
}

static void an_empty_file_becomes_a_store(void **state)
{
    struct stores stores = {0};
    char path[300];

    (void)state;
    stores_make_directory(stores.directory);
    stores_path(&stores, "penstock.db", path);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    stores_open(&stores);
    stores_add(&stores, 1, 1000, "ada", 500);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
}

static void a_migration_that_fails_leaves_the_version_before(void **state)
{
    struct stores stores = {0};
    struct store_identity identity = {.clock_rate = 1};
    int64_t tables = -1;
    char path[300];
    sqlite3 *db;

    (void)state;
    stores_make_directory(stores.directory);
    db = make_database(stores_path(&stores, "penstock.db", path), 1);
    fill(db, 1);
    /* The last table of the second migration is there already. */
    assert_int_equal(database_execute(db, "CREATE TABLE capacity (a)", NULL), 0);
    sqlite3_close(db);
    assert_null(store_open(stores.directory, &identity, NULL));
    assert_int_equal(version_of(path), 1);
    db = database_open(path, false, NULL);
    assert_int_equal(database_number(db,
                                     "SELECT count(*) FROM sqlite_schema "
                                     "WHERE name IN ('source', 'forecast', 'actual')",
                                     &tables, NULL),
                     0);
    assert_int_equal(tables, 0);
    assert_int_equal(database_execute(db, "DROP TABLE capacity", NULL), 0);
    sqlite3_close(db);
    stores_open(&stores);
    assert_contents(&stores, 1);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
}

static void events_cannot_be_rewritten(void **state)
{
    struct stores stores = {0};
    struct error err = {0};
    char path[300];
    sqlite3 *db;

    (void)state;
    stores_make_directory(stores.directory);
    db = make_database(stores_path(&stores, "penstock.db", path), 1);
    fill(db, 1);
    assert_int_equal(database_execute(db, "UPDATE event SET at = 1", &err), -1);
    assert_non_null(strstr(err.text, "never changed"));
    assert_int_equal(database_execute(db,
                                      "INSERT INTO event VALUES "
                                      "(1, 2, 'slept', 1, 0, 0, 0, 0, 0, 0, '', '')",
                                      &err),
                     -1);
    sqlite3_close(db);
    stores_remove_directory(stores.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_earlier_version_is_brought_up_with_its_data),
        cmocka_unit_test(ranges_of_before_are_elastic_but_for_what_may_be_paused),
        cmocka_unit_test(the_copy_of_an_upgrade_can_be_put_back),
        cmocka_unit_test(a_newer_version_is_refused_untouched),
        cmocka_unit_test(what_is_not_ours_is_refused_untouched),
        cmocka_unit_test(an_empty_file_becomes_a_store),
        cmocka_unit_test(a_migration_that_fails_leaves_the_version_before),
        cmocka_unit_test(events_cannot_be_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

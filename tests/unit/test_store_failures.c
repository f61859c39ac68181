/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

#define SCRIPT_SIZE 30000
#define LARGE_SIZE  (4 << 20)

/* Three jobs with scripts of their own, and an environment that no other batch has. */
static struct store_batch *make_batch(int64_t first_id)
{
    struct store_batch *batch = store_batch_create();

    for (int64_t id = first_id; id < first_id + 3; id++) {
        struct job job = stores_job(id, 1000, 500 + id);
        struct job_spec spec = stores_spec("ada", "train");

        spec.environment[0] = (char)('A' + first_id % 50);
        spec.environment[1] = (char)('A' + first_id / 50 % 50);
        spec.script_size = SCRIPT_SIZE;
        spec.script = xcalloc(1, SCRIPT_SIZE + 1);
        memset(spec.script, '0' + (int)(id % 70), SCRIPT_SIZE);
        store_batch_add_job(batch, &job, &spec);
    }
    return batch;
}

static rlim_t size_of(const struct stores *stores, const char *name)
{
    struct stat status = {0};
    char path[300];

    stat(stores_path(stores, name, path), &status);
    return (rlim_t)status.st_size;
}

/* No file may grow beyond this; RLIM_INFINITY: as before. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void assert_count(struct stores *stores, int64_t waiting)
{
    int64_t counts[JOB_STATES];

    assert_int_equal(store_count_states(stores->reader, counts, NULL), 0);
    assert_int_equal(counts[JOB_WAITING], waiting);
}

static int count_row(const struct job_row *row, void *context, struct error *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)context;
    return 0;
}

/*
 * Files are given room for one page more at a time, so that each write of the
 * transaction fails in turn. Whatever fails: nothing of the batch is there, and when
 * there is room again, the same batch can be written.
 */
static void a_full_disk_fails_a_batch_whole_and_passes(void **state)
{
    struct stores *stores = *state;
    int64_t id = 1;
    int failures = 0;

    signal(SIGXFSZ, SIG_IGN);
    stores_write(stores, make_batch(id));
    id += 3;
    for (rlim_t room = 0; room < (rlim_t)60 * 4120; room += 4120) {
        struct store_batch *batch = make_batch(id);
        struct error err = {0};
        int64_t rows = 0;
        int result;

        limit_files(size_of(stores, "penstock.db-wal") + room);
        result = store_write(stores->store, batch, &err);
        limit_files(RLIM_INFINITY);
        if (result < 0) {
            failures++;
            if (err.code != ERROR_UNAVAILABLE)
                fail_msg("%s", err.text);
            assert_int_equal(store_last_id(stores->store), id - 1);
            assert_count(stores, id - 1);
            assert_int_equal(store_load_open(stores->reader, count_row, &rows, NULL),
                             0);
            assert_int_equal(rows, id - 1);
            assert_int_equal(store_write(stores->store, batch, NULL), 0);
        }
        store_batch_destroy(batch);
        id += 3;
        assert_int_equal(store_last_id(stores->store), id - 1);
        assert_count(stores, id - 1);
    }
    assert_true(failures > 20);
    for (int64_t i = 1; i < id; i++) {
        struct job job;
        struct job_spec spec = {0};
        char pool[33];

        assert_int_equal(store_find_job(stores->reader, i, &job, &spec, pool, NULL), 0);
        assert_int_equal(spec.script_size, SCRIPT_SIZE);
        assert_int_equal(spec.script[SCRIPT_SIZE - 1], '0' + (int)(i % 70));
        assert_int_equal(spec.environment_size, 26);
        assert_string_equal(spec.environment + 19, "LANG=C");
        job_spec_release(&spec);
    }
}

/* Write and acknowledge one batch after another until killed. */
static void write_until_killed(struct stores *stores, int acknowledge)
{
    for (int64_t id = 1;; id += 3) {
        struct store_batch *batch = make_batch(id);
        int64_t last = id + 2;

        if (store_write(stores->store, batch, NULL) < 0
            || write(acknowledge, &last, sizeof(last)) != sizeof(last))
            _exit(1);
        store_batch_destroy(batch);
    }
}

static void what_was_acknowledged_outlives_a_kill(void **state)
{
    struct stores stores = {0};
    int64_t last = 0;
    int64_t rows = 0;
    int ends[2];
    pid_t child;

    (void)state;
    stores_make_directory(stores.directory);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        stores_open(&stores);
        write_until_killed(&stores, ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < 20; i++)
        assert_int_equal(read(ends[0], &last, sizeof(last)), sizeof(last));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &last, sizeof(last)) == sizeof(last))
        continue;
    close(ends[0]);
    stores_open(&stores);
    assert_true(store_last_id(stores.store) >= last);
    assert_int_equal(store_last_id(stores.store) % 3, 0);
    assert_int_equal(store_load_open(stores.reader, count_row, &rows, NULL), 0);
    assert_int_equal(rows, store_last_id(stores.store));
    assert_count(&stores, rows);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
}

#define NOBODY 65534

static void a_database_that_cannot_be_written_is_unavailable(void **state)
{
    static const char *const names[] = {"penstock.db", "penstock.lock", ""};
    struct stores stores = {0};
    struct store_identity identity = {.clock_rate = 1};
    struct store *store;
    struct error err = {0};
    bool is_root = geteuid() == 0;
    char path[300];

    (void)state;
    stores_make_directory(stores.directory);
    stores_open(&stores);
    stores_close(&stores);
    for (size_t i = 0; is_root && i < 3; i++)
        assert_int_equal(chown(stores_path(&stores, names[i], path), NOBODY, NOBODY),
                         0);
    chmod(stores_path(&stores, "penstock.db", path), 0400);
    /* Root may write what nobody may; so nobody tries. */
    if (is_root)
        assert_int_equal(seteuid(NOBODY), 0);
    store = store_open(stores.directory, &identity, &err);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_null(store);
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "cannot be written"));
    stores_remove_directory(stores.directory);
}

static void add_large(struct stores *stores, int64_t id)
{
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(id, 1000, 500);
    struct job_spec spec = stores_spec("ada", "train");

    spec.script_size = LARGE_SIZE;
    spec.script = xcalloc(1, LARGE_SIZE + 1);
    memset(spec.script, '0' + (int)id, LARGE_SIZE);
    store_batch_add_job(batch, &job, &spec);
    stores_write(stores, batch);
}

/* Otherwise the log would grow for ever, and be read at the next start. */
static void a_checkpoint_lets_the_log_begin_anew(void **state)
{
    struct stores *stores = *state;
    const char log[] = "penstock.db-wal";
    int64_t id = 1;
    rlim_t grown;

    for (; !store_wants_checkpoint(stores->store) && id < 40; id++)
        add_large(stores, id);
    assert_in_range(id, 2, 39);
    assert_false(store_wants_checkpoint(stores->store));
    grown = size_of(stores, log);
    assert_true(size_of(stores, "penstock.db") < LARGE_SIZE);
    assert_int_equal(store_checkpoint(stores->store, NULL), 0);
    assert_true(size_of(stores, "penstock.db") > (rlim_t)(id - 1) * LARGE_SIZE);
    add_large(stores, id);
    assert_true(size_of(stores, log) <= grown);
    assert_count(stores, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_disk_fails_a_batch_whole_and_passes,
                                        stores_setup, stores_teardown),
        cmocka_unit_test_setup_teardown(a_checkpoint_lets_the_log_begin_anew,
                                        stores_setup, stores_teardown),
        cmocka_unit_test(what_was_acknowledged_outlives_a_kill),
        cmocka_unit_test(a_database_that_cannot_be_written_is_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

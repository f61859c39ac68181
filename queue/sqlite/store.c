/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/sqlite/lock.h"
#include "queue/sqlite/migrate.h"
#include "queue/sqlite/store_writer.h"

static const char *const sql[STORE_STATEMENTS] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
    [STORE_ROLLBACK] = "ROLLBACK",
};

/* When the WAL begins anew, what it took beyond 64 MiB goes back to the system. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA journal_size_limit = 67108864";

static const char identity_sql[] =
    "SELECT clock_rate, clock_start, clock_anchor_ms, boot_id, last_id FROM meta";

/* The file, if it is not there, for nobody else to read. */
static int create_file(const char *path, struct error *err)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0 && errno == EEXIST)
        return 0;
    if (file < 0)
        return error_set(err, ERROR_UNAVAILABLE, "cannot create %s: %s", path,
                         strerror(errno));
    close(file);
    return database_sync_name(path, err);
}

/* Read what the database remembers; `*is_new` if it does not remember anything yet. */
static int read_identity(sqlite3 *db, struct store_identity *identity, int64_t *last_id,
                         bool *is_new, struct error *err)
{
    sqlite3_stmt *statement = database_prepare(db, identity_sql, err);
    bool has_row = false;
    int result;

    if (!statement)
        return -1;
    result = database_step(statement, &has_row, err);
    *is_new = !has_row;
    if (has_row) {
        *identity = (struct store_identity){
            .clock_rate = sqlite3_column_int64(statement, 0),
            .clock_start = sqlite3_column_int64(statement, 1),
            .clock_anchor_ms = sqlite3_column_int64(statement, 2),
        };
        text_copy(identity->boot_id, sizeof(identity->boot_id),
                  database_column_text(statement, 3));
        *last_id = sqlite3_column_int64(statement, 4);
    }
    sqlite3_finalize(statement);
    return result;
}

static int check_rate(const struct store_identity *held, int64_t rate, const char *path,
                      struct error *err)
{
    if (held->clock_rate == rate)
        return 0;
    return error_set(err, ERROR_CONFLICT,
                     "%s was made with a clock of rate %" PRId64
                     " and cannot be used with one of rate %" PRId64,
                     path, held->clock_rate, rate);
}

/* Whether we may use the file, found out without changing it. */
static int check_file(const char *path, int64_t rate, struct error *err)
{
    struct store_identity held;
    sqlite3 *db;
    int64_t last_id = 0;
    bool is_new = false;
    int version = 0;
    int result;

    if (migrate_find_version(path, &version, err) < 0)
        return -1;
    if (version == 0)
        return 0;
    db = database_open(path, true, err);
    if (!db)
        return -1;
    result = read_identity(db, &held, &last_id, &is_new, err);
    if (result == 0 && !is_new)
        result = check_rate(&held, rate, path, err);
    sqlite3_close(db);
    return result;
}

static int write_identity(sqlite3 *db, const struct store_identity *identity,
                          struct error *err)
{
    sqlite3_stmt *statement = database_prepare(
        db,
        "INSERT INTO meta (id, clock_rate, clock_start, clock_anchor_ms, boot_id, "
        "last_id) VALUES (1, ?1, ?2, ?3, ?4, 0)",
        err);
    int result;

    if (!statement)
        return -1;
    sqlite3_bind_int64(statement, 1, identity->clock_rate);
    sqlite3_bind_int64(statement, 2, identity->clock_start);
    sqlite3_bind_int64(statement, 3, identity->clock_anchor_ms);
    database_bind_text(statement, 4, identity->boot_id);
    result = database_run(statement, err);
    sqlite3_finalize(statement);
    return result;
}

static int adopt_identity(struct store *store, struct store_identity *identity,
                          struct error *err)
{
    bool is_new = false;

    if (read_identity(store->db, identity, &store->last_id, &is_new, err) < 0)
        return -1;
    return is_new ? write_identity(store->db, identity, err) : 0;
}

static int open_file(struct store *store, const char *path, struct error *err)
{
    store->db = database_open(path, false, err);
    if (!store->db)
        return -1;
    if (sqlite3_db_readonly(store->db, "main"))
        return error_set(err, ERROR_UNAVAILABLE, "%s cannot be written", path);
    if (database_execute(store->db, settings, err) < 0
        || migrate(store->db, path, err) < 0)
        return -1;
    if (database_prepare_all(store->db, sql, store->statements, STORE_STATEMENTS, err)
            < 0
        || job_writer_init(&store->jobs, store->db, err) < 0
        || grid_writer_init(&store->grid, store->db, err) < 0
        || energy_writer_init(&store->energy, store->db, err) < 0
        || checkpoint_init(store, path, err) < 0)
        return -1;
    return 0;
}

struct store *store_open(const char *directory, struct store_identity *identity,
                         struct error *err)
{
    struct store *store = xcalloc(1, sizeof(*store));
    char *path = database_path(directory, DATABASE_FILE);

    store->lock = -1;
    if (lock_check_directory(directory, err) < 0)
        goto fail;
    store->lock = lock_directory(directory, err);
    if (store->lock < 0 || check_file(path, identity->clock_rate, err) < 0
        || create_file(path, err) < 0 || open_file(store, path, err) < 0
        || adopt_identity(store, identity, err) < 0)
        goto fail;
    store->jobs.last_id = store->last_id;
    free(path);
    return store;

fail:
    store_close(store);
    free(path);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    database_finalize_all(store->statements, STORE_STATEMENTS);
    job_writer_release(&store->jobs);
    grid_writer_release(&store->grid);
    energy_writer_release(&store->energy);
    sqlite3_close(store->log_db);
    sqlite3_close(store->db);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

int64_t store_last_id(const struct store *store)
{
    return store->last_id;
}

int store_transact(struct store *store,
                   int (*change)(struct store *store, void *context, struct error *err),
                   void *context, struct error *err)
{
    if (database_run(store->statements[STORE_BEGIN], err) < 0)
        return -1;
    if (change(store, context, err) < 0
        || database_run(store->statements[STORE_COMMIT], err) < 0)
        goto fail;
    store->last_id = store->jobs.last_id;
    return 0;

fail:
    /* Some failures have rolled back already. */
    if (!sqlite3_get_autocommit(store->db))
        database_run(store->statements[STORE_ROLLBACK], NULL);
    job_writer_forget(&store->jobs);
    store->jobs.last_id = store->last_id;
    return -1;
}

struct writing {
    const struct store_batch *batch;
};

static int write_batch(struct store *store, void *context, struct error *err)
{
    const struct writing *writing = context;

    if (job_writer_write(&store->jobs, writing->batch, err) < 0
        || grid_writer_write(&store->grid, writing->batch, err) < 0)
        return -1;
    return energy_writer_write(&store->energy, writing->batch, err);
}

int store_write(struct store *store, const struct store_batch *batch, struct error *err)
{
    struct writing writing = {batch};

    if (store_batch_count(batch) == 0)
        return 0;
    return store_transact(store, write_batch, &writing, err);
}

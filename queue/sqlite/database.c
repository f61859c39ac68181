/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

#define BUSY_TIMEOUT_MS 2000

char *database_path(const char *directory, const char *name)
{
    struct text path = TEXT_EMPTY;

    text_add_format(&path, "%s/%s", directory, name);
    return text_take(&path);
}

/*
 * What the system said. A failed COMMIT does not note it for the connection, but the
 * files remember it: the WAL, to which all writes of a transaction go, first.
 */
static int system_cause(sqlite3 *db)
{
    int cause = sqlite3_system_errno(db);
    sqlite3_file *wal = NULL;

    if (cause != 0)
        return cause;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal && wal->pMethods)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &cause);
    if (cause == 0)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &cause);
    return cause;
}

/* SQLite says "disk is full" only of ENOSPC; a quota or a limit is as passing. */
static bool is_passing(int code, int cause)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return true;
    case SQLITE_IOERR:
        return cause == ENOSPC || cause == EDQUOT || cause == EFBIG || cause == EROFS;
    default:
        return false;
    }
}

int database_fail(sqlite3 *db, struct error *err)
{
    int code = sqlite3_extended_errcode(db);
    int cause = (code & 0xff) == SQLITE_IOERR ? system_cause(db) : 0;
    enum error_code kind = is_passing(code, cause) ? ERROR_UNAVAILABLE
                           : code == SQLITE_NOTADB ? ERROR_INVALID
                                                   : ERROR_IO;

    if (cause != 0)
        return error_set(err, kind, "the database: %s: %s", sqlite3_errmsg(db),
                         strerror(cause));
    return error_set(err, kind, "the database: %s", sqlite3_errmsg(db));
}

sqlite3 *database_open(const char *path, bool read_only, struct error *err)
{
    int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE)
                | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        error_set(err, ERROR_UNAVAILABLE, "cannot open %s: %s", path,
                  db ? sqlite3_errmsg(db) : "out of memory");
        goto fail;
    }
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (database_execute(db,
                         "PRAGMA foreign_keys = ON;"
                         "PRAGMA trusted_schema = OFF;"
                         "PRAGMA temp_store = MEMORY;"
                         "PRAGMA cache_size = -16384",
                         err)
        < 0)
        goto fail;
    if (read_only && database_execute(db, "PRAGMA query_only = ON", err) < 0)
        goto fail;
    return db;

fail:
    sqlite3_close(db);
    return NULL;
}

int database_execute(sqlite3 *db, const char *sql, struct error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return database_fail(db, err);
    return 0;
}

int database_number(sqlite3 *db, const char *sql, int64_t *number, struct error *err)
{
    sqlite3_stmt *statement = database_prepare(db, sql, err);
    int64_t value = 0;
    bool has_row = false;
    int result = -1;

    if (!statement)
        return -1;
    if (database_step(statement, &has_row, err) < 0)
        goto done;
    if (!has_row) {
        error_set(err, ERROR_MISSING, "the database: no rows");
        goto done;
    }
    value = sqlite3_column_int64(statement, 0);
    *number = value;
    result = 0;

done:
    sqlite3_finalize(statement);
    return result;
}

sqlite3_stmt *database_prepare(sqlite3 *db, const char *sql, struct error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
        != SQLITE_OK)
        database_fail(db, err);
    return statement;
}

int database_prepare_all(sqlite3 *db, const char *const *sql, sqlite3_stmt **statements,
                         size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        statements[i] = database_prepare(db, sql[i], err);
        if (!statements[i])
            return -1;
    }
    return 0;
}

void database_finalize_all(sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

int database_run(sqlite3_stmt *statement, struct error *err)
{
    bool has_row = false;

    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (has_row)
        sqlite3_reset(statement);
    return 0;
}

int database_step(sqlite3_stmt *statement, bool *has_row, struct error *err)
{
    int code = sqlite3_step(statement);

    *has_row = code == SQLITE_ROW;
    if (*has_row)
        return 0;
    if (code != SQLITE_DONE)
        database_fail(sqlite3_db_handle(statement), err);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? 0 : -1;
}

int database_sync_name(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? xmemdup(path, (size_t)(slash - path) + 2) : xstrdup(".");
    int result = 0;
    int file;

    if (slash)
        directory[slash > path ? slash - path : 1] = '\0';
    file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || fsync(file) < 0)
        result =
            error_set(err, ERROR_IO, "cannot sync %s: %s", directory, strerror(errno));
    if (file >= 0)
        close(file);
    free(directory);
    return result;
}

/* The copy begins as an empty file that only we may read. */
static int create_private(const char *path, struct error *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        return error_set(err, errno == EEXIST ? ERROR_CONFLICT : ERROR_IO,
                         "cannot create %s: %s", path, strerror(errno));
    close(file);
    return 0;
}

/* One step over all pages: in WAL mode writers go on, and the copy is of one moment. */
static int copy_pages(sqlite3 *from, sqlite3 *to, struct error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    if (!backup)
        return database_fail(to, err);
    sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK)
        return database_fail(to, err);
    /* A copy that wants no -wal beside it is whole as one file. */
    return database_execute(to, "PRAGMA journal_mode = DELETE", err);
}

int database_copy(sqlite3 *db, const char *path, struct error *err)
{
    sqlite3 *copy = NULL;
    int result = -1;

    if (create_private(path, err) < 0)
        return -1;
    if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
        != SQLITE_OK)
        database_fail(copy, err);
    else
        result = copy_pages(db, copy, err);
    sqlite3_close(copy);
    if (result == 0)
        result = database_sync_name(path, err);
    if (result < 0)
        unlink(path);
    return result;
}

const char *database_column_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

char *database_column_copy(sqlite3_stmt *statement, int column)
{
    return xstrdup(database_column_text(statement, column));
}

void *database_column_bytes(sqlite3_stmt *statement, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    char *copy;

    *size = 0;
    if (!bytes)
        return NULL;
    copy = xcalloc(length + 1, 1);
    memcpy(copy, bytes, length);
    *size = length;
    return copy;
}

void database_bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
    sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

void database_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes,
                         size_t size)
{
    sqlite3_bind_blob(statement, parameter, bytes, (int)size, SQLITE_STATIC);
}

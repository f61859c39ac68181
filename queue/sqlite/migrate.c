/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/migrate.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "queue/sqlite/migrations.h"

int migrate_version(void)
{
    return (int)(sizeof(migrations) / sizeof(*migrations));
}

static int check_version(int64_t version, int64_t application, int64_t tables,
                         const char *path, struct error *err)
{
    bool is_new = version == 0 && application == 0 && tables == 0;

    if (!is_new && application != MIGRATE_APPLICATION_ID)
        return error_set(err, ERROR_INVALID, "%s is not a database of Penstock", path);
    if (version > migrate_version())
        return error_set(err, ERROR_CONFLICT,
                         "%s is of version %" PRId64
                         ", and this program knows versions up to %d: install the "
                         "newer program, or put back an older copy",
                         path, version, migrate_version());
    return 0;
}

int migrate_find_version(const char *path, int *version, struct error *err)
{
    struct stat status;
    sqlite3 *db;
    int64_t number = 0;
    int64_t application = 0;
    int64_t tables = 0;
    int result = -1;

    status.st_size = 0;
    if (stat(path, &status) < 0 && errno != ENOENT)
        return error_set(err, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    if (status.st_size == 0) {
        *version = 0;
        return 0;
    }
    db = database_open(path, true, err);
    if (!db)
        return -1;
    if (database_number(db, "PRAGMA user_version", &number, err) < 0
        || database_number(db, "PRAGMA application_id", &application, err) < 0
        || database_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0
        || check_version(number, application, tables, path, err) < 0)
        goto done;
    *version = (int)number;
    result = 0;

done:
    sqlite3_close(db);
    return result;
}

/* One migration: all of it, or nothing. */
static int apply(sqlite3 *db, int version, struct error *err)
{
    char finish[120];

    snprintf(finish, sizeof(finish),
             "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             MIGRATE_APPLICATION_ID, version);
    if (database_execute(db, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    if (database_execute(db, migrations[version - 1], err) < 0
        || database_execute(db, finish, err) < 0) {
        database_execute(db, "ROLLBACK", NULL);
        return -1;
    }
    return 0;
}

int migrate_to(sqlite3 *db, int version, struct error *err)
{
    int64_t current = 0;

    assert(version <= migrate_version());
    if (database_number(db, "PRAGMA user_version", &current, err) < 0)
        return -1;
    for (int next = (int)current + 1; next <= version; next++)
        if (apply(db, next, err) < 0)
            return -1;
    return 0;
}

/* A copy that an earlier upgrade left off is made anew; a whole one is replaced whole.
 */
static int keep_copy(sqlite3 *db, const char *path, int version, struct error *err)
{
    struct text copy = TEXT_EMPTY;
    struct text unfinished = TEXT_EMPTY;
    int result = -1;

    text_add_format(&copy, "%s.%d.bak", path, version);
    text_add_format(&unfinished, "%s.new", copy.bytes);
    unlink(unfinished.bytes);
    if (database_copy(db, unfinished.bytes, err) < 0)
        goto done;
    if (rename(unfinished.bytes, copy.bytes) < 0) {
        error_set(err, ERROR_IO, "cannot rename %s: %s", unfinished.bytes,
                  strerror(errno));
        goto done;
    }
    result = database_sync_name(copy.bytes, err);

done:
    text_release(&copy);
    text_release(&unfinished);
    return result;
}

int migrate(sqlite3 *db, const char *path, struct error *err)
{
    int64_t version = 0;

    if (database_number(db, "PRAGMA user_version", &version, err) < 0)
        return -1;
    if (version > 0 && version < migrate_version()
        && keep_copy(db, path, (int)version, err) < 0)
        return -1;
    return migrate_to(db, migrate_version(), err);
}

/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/blobs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/*
 * A few candidates are compared. Whoever makes contents collide on purpose has them
 * stored more than once; he does not make us read all of them.
 */
static const char *const sql[BLOB_STATEMENTS] = {
    [BLOB_FIND] = "SELECT id, bytes FROM blob WHERE hash = ?1 LIMIT 8",
    [BLOB_ADD] = "INSERT INTO blob (hash, bytes) VALUES (?1, ?2)",
    [BLOB_ADD_USES] = "INSERT INTO blob_use (blob_id, uses) VALUES (?1, 0)",
    [BLOB_COUNT] = "UPDATE blob_use SET uses = uses + ?2 WHERE blob_id = ?1",
};

int blobs_init(struct blobs *blobs, sqlite3 *db, struct error *err)
{
    blobs->db = db;
    return database_prepare_all(db, sql, blobs->statements, BLOB_STATEMENTS, err);
}

void blobs_release(struct blobs *blobs)
{
    database_finalize_all(blobs->statements, BLOB_STATEMENTS);
    blobs_forget(blobs);
}

void blobs_forget(struct blobs *blobs)
{
    for (size_t i = 0; i < BLOB_USES; i++) {
        free(blobs->last[i].bytes);
        blobs->last[i] = (struct blob_last){0};
    }
}

static int find(struct blobs *blobs, int64_t key, const void *bytes, size_t size,
                int64_t *id, struct error *err)
{
    sqlite3_stmt *statement = blobs->statements[BLOB_FIND];
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, key);
    *id = 0;
    while (*id == 0) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        if ((size_t)sqlite3_column_bytes(statement, 1) == size
            && memcmp(sqlite3_column_blob(statement, 1), bytes, size) == 0)
            *id = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return 0;
}

static int add(struct blobs *blobs, int64_t key, const void *bytes, size_t size,
               int64_t *id, struct error *err)
{
    sqlite3_stmt *statement = blobs->statements[BLOB_ADD];
    sqlite3_stmt *uses = blobs->statements[BLOB_ADD_USES];

    sqlite3_bind_int64(statement, 1, key);
    database_bind_bytes(statement, 2, bytes, size);
    if (database_run(statement, err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(blobs->db);
    sqlite3_bind_int64(uses, 1, *id);
    return database_run(uses, err);
}

static int count(struct blobs *blobs, struct blob_last *last, struct error *err)
{
    sqlite3_stmt *statement = blobs->statements[BLOB_COUNT];

    if (last->uncounted == 0)
        return 0;
    sqlite3_bind_int64(statement, 1, last->id);
    sqlite3_bind_int64(statement, 2, last->uncounted);
    if (database_run(statement, err) < 0)
        return -1;
    last->uncounted = 0;
    return 0;
}

int blobs_store(struct blobs *blobs, enum blob_use use, const void *bytes, size_t size,
                int64_t *id, struct error *err)
{
    struct blob_last *last = &blobs->last[use];
    int64_t key;

    if (last->id != 0 && last->size == size && memcmp(last->bytes, bytes, size) == 0) {
        last->uncounted++;
        *id = last->id;
        return 0;
    }
    if (count(blobs, last, err) < 0)
        return -1;
    key = (int64_t)text_hash(bytes, size);
    if (find(blobs, key, bytes, size, id, err) < 0
        || (*id == 0 && add(blobs, key, bytes, size, id, err) < 0))
        return -1;
    free(last->bytes);
    *last = (struct blob_last){
        .id = *id, .bytes = xmemdup(bytes, size), .size = size, .uncounted = 1};
    return 0;
}

void blobs_use_again(struct blobs *blobs, enum blob_use use)
{
    assert(blobs->last[use].id != 0);
    blobs->last[use].uncounted++;
}

int blobs_flush(struct blobs *blobs, struct error *err)
{
    for (size_t i = 0; i < BLOB_USES; i++)
        if (count(blobs, &blobs->last[i], err) < 0)
            return -1;
    return 0;
}

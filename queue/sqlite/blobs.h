/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_BLOBS_H
#define QUEUE_SQLITE_BLOBS_H

#include "queue/sqlite/database.h"

/*
 * Texts that many jobs share, stored once. For each use of a text the last one is
 * remembered, so that a row of jobs with the same environment costs a comparison each.
 * What is remembered holds within what was committed: after a rollback, or when texts
 * were deleted, it must be forgotten.
 */

enum blob_use { BLOB_ARGUMENTS, BLOB_SCRIPT, BLOB_ENVIRONMENT, BLOB_USES };

enum blob_statement { BLOB_FIND, BLOB_ADD, BLOB_ADD_USES, BLOB_COUNT, BLOB_STATEMENTS };

struct blob_last {
    int64_t id; /* 0: none */
    void *bytes;
    size_t size;
    int64_t uncounted; /* uses that are not in the database yet */
};

struct blobs {
    sqlite3 *db;
    sqlite3_stmt *statements[BLOB_STATEMENTS];
    struct blob_last last[BLOB_USES];
};

int blobs_init(struct blobs *blobs, sqlite3 *db, struct error *err);
void blobs_release(struct blobs *blobs);

/* The id of a text, stored now if it was not yet, for one more user of it. */
int blobs_store(struct blobs *blobs, enum blob_use use, const void *bytes, size_t size,
                int64_t *id, struct error *err);

/* One more user of the text that was stored last for this use. */
void blobs_use_again(struct blobs *blobs, enum blob_use use);

/* Write down how often texts are used; before each commit. */
int blobs_flush(struct blobs *blobs, struct error *err);

void blobs_forget(struct blobs *blobs);

#endif

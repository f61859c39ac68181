/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_JOB_WRITER_H
#define QUEUE_SQLITE_JOB_WRITER_H

#include "queue/sqlite/batch.h"
#include "queue/sqlite/blobs.h"

/* Writes the jobs and events of a batch, within a transaction of its owner's. */

enum job_statement {
    JOB_INSERT,
    JOB_INSERT_MANY,
    JOB_UPDATE,
    JOB_ADD_EVENT,
    JOB_ADD_SUBMITTED,
    JOB_ADD_AFTER,
    JOB_FIND_OWNER,
    JOB_ADD_OWNER,
    JOB_TALLY,
    JOB_SET_LAST_ID,
    JOB_STATEMENTS
};

/* The ids under which the words of the last job are stored. */
struct job_words {
    int64_t owner_id;
    int64_t arguments_id;
    int64_t script_id;
    int64_t environment_id;
};

/* The owner of the last job, as one request's jobs are all of one. */
struct job_owner {
    int64_t id; /* 0: none */
    uint32_t uid;
    char *name;
};

struct job_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[JOB_STATEMENTS];
    struct blobs blobs;
    struct job_owner owner;
    struct job_words words;    /* of the last job of the batch */
    int64_t tally[JOB_STATES]; /* jobs that came to a state, less those that left it */
    int64_t last_id;           /* in what was written, committed or not */
};

int job_writer_init(struct job_writer *writer, sqlite3 *db, struct error *err);
void job_writer_release(struct job_writer *writer);

int job_writer_write(struct job_writer *writer, const struct store_batch *batch,
                     struct error *err);

/* After a rollback, and when jobs were deleted: nothing of before can be relied on. */
void job_writer_forget(struct job_writer *writer);

#endif

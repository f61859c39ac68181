/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_STORE_WRITER_H
#define QUEUE_SQLITE_STORE_WRITER_H

#include "queue/sqlite/energy_writer.h"
#include "queue/sqlite/grid_writer.h"
#include "queue/sqlite/job_writer.h"

/* The inside of a store. */

enum store_statement { STORE_BEGIN, STORE_COMMIT, STORE_ROLLBACK, STORE_STATEMENTS };

struct store {
    sqlite3 *db;
    int lock; /* descriptor of the directory's lock; -1: none */
    sqlite3_stmt *statements[STORE_STATEMENTS];
    struct job_writer jobs;
    struct grid_writer grid;
    struct energy_writer energy;
    int64_t last_id;  /* as committed */
    sqlite3 *log_db;  /* the connection for checkpoints */
    int log_pages;    /* in the WAL after the last commit */
    int log_pages_at; /* with so many it is time for a checkpoint */
};

/* Watch the WAL grow; after the store was opened at `path`. */
int checkpoint_init(struct store *store, const char *path, struct error *err);

/*
 * Do something as one transaction. When it fails, nothing of it was done, and the
 * connection is as before.
 */
int store_transact(struct store *store,
                   int (*change)(struct store *store, void *context, struct error *err),
                   void *context, struct error *err);

#endif

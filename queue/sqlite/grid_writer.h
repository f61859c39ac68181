/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_GRID_WRITER_H
#define QUEUE_SQLITE_GRID_WRITER_H

#include "queue/sqlite/batch.h"
#include "queue/sqlite/database.h"

/* Writes what a batch says of the grid and of pools, within a transaction of its
 * owner's. */

enum grid_statement {
    GRID_FIND_SOURCE,
    GRID_ADD_SOURCE,
    GRID_ADD_FORECAST,
    GRID_REVISE_ACTUAL,
    GRID_FIND_OVERLAP,
    GRID_DELETE_OVERLAP,
    GRID_ADD_ACTUAL,
    GRID_ADD_CAPACITY,
    GRID_DRAIN,
    GRID_RESUME,
    GRID_STATEMENTS
};

struct grid_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[GRID_STATEMENTS];
};

int grid_writer_init(struct grid_writer *writer, sqlite3 *db, struct error *err);
void grid_writer_release(struct grid_writer *writer);

int grid_writer_write(struct grid_writer *writer, const struct store_batch *batch,
                      struct error *err);

#endif

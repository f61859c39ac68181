/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_READER_H
#define QUEUE_SQLITE_READER_H

#include "queue/sqlite/database.h"
#include "queue/store.h"

/* The inside of a reader. */

enum read_statement {
    READ_OPEN,
    READ_PERIOD,
    READ_ASKED,
    READ_JOB,
    READ_LISTED,
    READ_REFERRED,
    READ_IDS,
    READ_IDS_OF_STATE,
    READ_IDS_OF_OWNER,
    READ_IDS_OF_REFERENCE,
    READ_OWNERS,
    READ_EVENTS,
    READ_AFTER,
    READ_OPEN_AFTER,
    READ_BLOB,
    READ_RUNS,
    READ_POWERS,
    READ_ENERGY,
    READ_PERIOD_ENERGY,
    READ_PERIOD_EVENTS,
    READ_IDLE_ENERGY,
    READ_TALLY,
    READ_START_WAITS,
    READ_CAPACITY,
    READ_DRAINED,
    READ_IDLE,
    READ_FORECASTS,
    READ_FORECAST,
    READ_ISSUES,
    READ_NEXT_FETCH,
    READ_COVERAGE,
    READ_ACTUALS,
    READ_STATEMENTS
};

struct store_reader {
    sqlite3 *db;
    sqlite3_stmt *statements[READ_STATEMENTS];
};

/* Hand on the rows of a statement of row_add_select() until they end. */
int reader_hand_on(sqlite3_stmt *statement,
                   int (*on_row)(const struct job_row *row, void *context,
                                 struct error *err),
                   void *context, struct error *err);

/* The median of at most READER_RUNS_MAX runs; 0 of fewer than three. Sorts them. */
#define READER_RUNS_MAX 20
int64_t reader_median(int64_t *runs, size_t count);

#endif

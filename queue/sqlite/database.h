/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_DATABASE_H
#define QUEUE_SQLITE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A connection to SQLite, and its failures as ours: ERROR_UNAVAILABLE for what may pass
 * (a full disk, a quota, a file that cannot be written, a lock), ERROR_IO for the rest.
 */

#define DATABASE_FILE "penstock.db"

/* Where a file of the store is: "DIRECTORY/NAME", the caller's to free. */
char *database_path(const char *directory, const char *name);

/* Describe the last failure of this connection. Always returns -1. */
int database_fail(sqlite3 *db, struct error *err);

/* Open a file that exists. NULL on failure. */
sqlite3 *database_open(const char *path, bool read_only, struct error *err);

/* Run statements that bring no rows. */
int database_execute(sqlite3 *db, const char *sql, struct error *err);

/* The number that a statement brings, such as a pragma. */
int database_number(sqlite3 *db, const char *sql, int64_t *number, struct error *err);

/* Compile a statement that is kept. NULL on failure. */
sqlite3_stmt *database_prepare(sqlite3 *db, const char *sql, struct error *err);

/* Compile a set of statements, and give such a set up. */
int database_prepare_all(sqlite3 *db, const char *const *sql, sqlite3_stmt **statements,
                         size_t count, struct error *err);
void database_finalize_all(sqlite3_stmt **statements, size_t count);

/* Run a statement that brings no rows and make it ready for the next time. */
int database_run(sqlite3_stmt *statement, struct error *err);

/*
 * Step to the next row. `*has_row` is false after the last one, and then, as after a
 * failure, the statement is ready for the next time.
 */
int database_step(sqlite3_stmt *statement, bool *has_row, struct error *err);

/* Make sure that the name of a file outlives a crash. */
int database_sync_name(const char *path, struct error *err);

/* Copy the whole database into a file that must not exist; others may write it
 * meanwhile. */
int database_copy(sqlite3 *db, const char *path, struct error *err);

/* Values of rows. Text and bytes are copied, and NULL stays NULL. */
char *database_column_copy(sqlite3_stmt *statement, int column);
void *database_column_bytes(sqlite3_stmt *statement, int column, size_t *size);

/* Borrowed until the next step; NULL stays NULL. */
const char *database_column_text(sqlite3_stmt *statement, int column);

/* Bind text that outlives the statement's run; NULL binds NULL. */
void database_bind_text(sqlite3_stmt *statement, int parameter, const char *text);
void database_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes,
                         size_t size);

#endif

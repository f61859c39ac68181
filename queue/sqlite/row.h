/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_ROW_H
#define QUEUE_SQLITE_ROW_H

#include "base/text.h"
#include "queue/sqlite/database.h"
#include "queue/store.h"

/*
 * A row of the table job. Its numbers are the members of struct job, by one table that
 * makes the statements, binds their parameters and reads their columns, so that a
 * member cannot be written and forgotten in reading.
 */

/* The columns after the numbers. */
enum row_word {
    ROW_POOL,
    ROW_OWNER_ID,
    ROW_NAME,
    ROW_PROJECT,
    ROW_QUEUE,
    ROW_POOLS,
    ROW_ZONES,
    ROW_DIRECTORY,
    ROW_OUTPUT,
    ROW_ERROR,
    ROW_ARGUMENTS,
    ROW_ARGUMENTS_ID,
    ROW_SCRIPT_ID,
    ROW_ENVIRONMENT_ID,
    ROW_REFERENCE,
    ROW_WORDS
};

/* "INSERT INTO job ..." of so many rows, with a parameter for each column of each. */
void row_add_insert(struct text *sql, size_t rows);

/* "UPDATE job SET ..." of what events may change, and the pool unless it is NULL. */
void row_add_update(struct text *sql);

/* "SELECT ... FROM job j CROSS JOIN owner o ...": what row_read() reads, to be
 * continued. */
void row_add_select(struct text *sql);

/*
 * Bind the numbers of the statement's row, counted from 0; an update has one. The words
 * are at row_parameter().
 */
void row_bind(sqlite3_stmt *statement, size_t row, const struct job *job);
int row_parameter(size_t row, enum row_word word);

/* Read a row; its strings are borrowed from the statement. */
void row_read(sqlite3_stmt *statement, struct job_row *row);

/* Where row_add_select() puts a word. */
int row_column(enum row_word word);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_ENERGY_WRITER_H
#define QUEUE_SQLITE_ENERGY_WRITER_H

#include "queue/sqlite/batch.h"
#include "queue/sqlite/database.h"

/* Writes what a batch says of energy, within a transaction of its owner's. */

enum energy_statement { ENERGY_ADD, ENERGY_ADD_IDLE, ENERGY_STATEMENTS };

struct energy_writer {
    sqlite3_stmt *statements[ENERGY_STATEMENTS];
};

int energy_writer_init(struct energy_writer *writer, sqlite3 *db, struct error *err);
void energy_writer_release(struct energy_writer *writer);

/* After the batch's jobs were written. */
int energy_writer_write(struct energy_writer *writer, const struct store_batch *batch,
                        struct error *err);

#endif

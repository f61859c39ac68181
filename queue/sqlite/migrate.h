/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_MIGRATE_H
#define QUEUE_SQLITE_MIGRATE_H

#include "queue/sqlite/database.h"

/*
 * The versions of the database: version N is what the first N files of migrations/
 * make, applied in order, each in a transaction of its own. There is no way back but
 * the copy that is made before an upgrade.
 */

/* "Pnst": tells our databases from others. */
#define MIGRATE_APPLICATION_ID 0x506e7374

/* The version that this program needs. */
int migrate_version(void);

/*
 * The version of the database in a file, 0 for an empty file or none. It is opened for
 * reading only. ERROR_INVALID if it is no database of ours, ERROR_CONFLICT if it is
 * newer than this program.
 */
int migrate_find_version(const char *path, int *version, struct error *err);

/* Apply what is missing up to a version. */
int migrate_to(sqlite3 *db, int version, struct error *err);

/*
 * Bring a database up to this program's version. One that is older, and not new, is
 * first copied to PATH.VERSION.bak.
 */
int migrate(sqlite3 *db, const char *path, struct error *err);

#endif

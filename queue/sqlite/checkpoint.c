/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/store_writer.h"

/* In pages of 4 KiB: 64 MiB, so that a burst of jobs does not pay for one. */
#define LOG_PAGES_STEP 16384

/*
 * 128 MiB. The log can begin anew only when all of it was moved and nothing was written
 * meanwhile. If that never comes about, the writer itself moves what little is left.
 */
#define LOG_PAGES_MAX 32768

static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    if (pages < store->log_pages)
        store->log_pages_at = LOG_PAGES_STEP;
    store->log_pages = pages;
    if (pages >= LOG_PAGES_MAX)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

int checkpoint_init(struct store *store, const char *path, struct error *err)
{
    store->log_db = database_open(path, false, err);
    if (!store->log_db)
        return -1;
    store->log_pages_at = LOG_PAGES_STEP;
    sqlite3_wal_hook(store->db, on_commit, store);
    return database_execute(store->log_db, "PRAGMA synchronous = FULL", err);
}

bool store_wants_checkpoint(struct store *store)
{
    if (store->log_pages < store->log_pages_at)
        return false;
    store->log_pages_at = store->log_pages + LOG_PAGES_STEP;
    return true;
}

int store_checkpoint(struct store *store, struct error *err)
{
    int code = sqlite3_wal_checkpoint_v2(store->log_db, "main",
                                         SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    return code == SQLITE_OK ? 0 : database_fail(store->log_db, err);
}

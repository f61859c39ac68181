/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/store_writer.h"

/*
 * Forecasts of which a newer one of the same source was fetched in the same stretch of
 * time. Only so much of the past is looked through as thinning may have left: what is
 * older was thinned when it came to that age.
 */
static const char sql[] =
    "DELETE FROM forecast WHERE id IN (SELECT f.id FROM source s CROSS JOIN forecast f "
    "ON f.source_id = s.id AND f.fetched >= ?1 AND f.fetched < ?2 "
    "WHERE EXISTS (SELECT 1 FROM forecast n WHERE n.source_id = s.id "
    "AND n.fetched > f.fetched AND n.fetched < (f.fetched / ?3 + 1) * ?3) LIMIT ?4)";

/* From an age on, one in each stretch is kept. */
static const struct {
    duration age;
    duration stretch;
} stages[] = {
    {STORE_THIN_HOURLY, HOUR},
    {STORE_THIN_COARSE, 6 * HOUR},
};

/* How far beyond an age it is looked: a daemon may have been off for so long. */
#define WINDOW (30 * DAY)

struct thinning {
    instant now;
    size_t limit;
    size_t deleted;
    sqlite3_stmt *statement;
};

static int thin(struct store *store, void *context, struct error *err)
{
    struct thinning *thinning = context;

    (void)store;
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        instant before = thinning->now - stages[i].age;

        if (thinning->deleted >= thinning->limit)
            return 0;
        sqlite3_bind_int64(thinning->statement, 1, before - WINDOW);
        sqlite3_bind_int64(thinning->statement, 2, before);
        sqlite3_bind_int64(thinning->statement, 3, stages[i].stretch);
        sqlite3_bind_int64(thinning->statement, 4,
                           (int64_t)(thinning->limit - thinning->deleted));
        if (database_run(thinning->statement, err) < 0)
            return -1;
        thinning->deleted +=
            (size_t)sqlite3_changes(sqlite3_db_handle(thinning->statement));
    }
    return 0;
}

int store_thin(struct store *store, instant now, size_t limit, size_t *deleted,
               struct error *err)
{
    const char *const statements[] = {sql};
    struct thinning thinning = {.now = now, .limit = limit};
    int result = -1;

    if (database_prepare_all(store->db, statements, &thinning.statement, 1, err) == 0
        && store_transact(store, thin, &thinning, err) == 0) {
        *deleted = thinning.deleted;
        result = 0;
    }
    database_finalize_all(&thinning.statement, 1);
    return result;
}

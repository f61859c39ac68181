/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"
#include "queue/sqlite/store_writer.h"

/* Deletes what is old. Rare and small, so its statements are not kept. */

#define TEXTS 3

enum prune_statement {
    PRUNE_FIND,
    PRUNE_EVENTS,
    PRUNE_AFTER,
    PRUNE_ENERGY,
    PRUNE_JOB,
    PRUNE_TALLY,
    PRUNE_USE,
    PRUNE_BLOB,
    PRUNE_FORECASTS,
    PRUNE_ACTUALS,
    PRUNE_IDLE,
    PRUNE_STATEMENTS
};

static const char *const sql[PRUNE_STATEMENTS] = {
    [PRUNE_FIND] = "SELECT id, state, arguments_id, script_id, environment_id FROM job "
                   "WHERE state >= 7 AND ended < ?1 AND NOT EXISTS (SELECT 1 "
                   "FROM job_after a CROSS JOIN job j ON j.id = a.job_id "
                   "WHERE a.after_id = job.id AND j.state <= 6) ORDER BY ended LIMIT 1",
    [PRUNE_EVENTS] = "DELETE FROM event WHERE job_id = ?1",
    [PRUNE_AFTER] = "DELETE FROM job_after WHERE job_id = ?1",
    [PRUNE_ENERGY] = "DELETE FROM energy WHERE job_id = ?1",
    [PRUNE_JOB] = "DELETE FROM job WHERE id = ?1",
    [PRUNE_TALLY] = "UPDATE tally SET jobs = jobs - 1 WHERE state = ?1",
    [PRUNE_USE] = "UPDATE blob_use SET uses = uses - 1 WHERE blob_id = ?1",
    [PRUNE_BLOB] = "DELETE FROM blob WHERE id = ?1 AND EXISTS "
                   "(SELECT 1 FROM blob_use WHERE blob_id = ?1 AND uses <= 0)",
    [PRUNE_FORECASTS] = "DELETE FROM forecast WHERE id IN "
                        "(SELECT id FROM forecast WHERE ends < ?1 LIMIT ?2)",
    [PRUNE_ACTUALS] =
        "DELETE FROM actual WHERE (source_id, begins) IN (SELECT a.source_id, a.begins "
        "FROM source s CROSS JOIN actual a ON a.source_id = s.id "
        "WHERE a.begins < ?1 AND a.ends < ?1 LIMIT ?2)",
    [PRUNE_IDLE] = "DELETE FROM idle_energy WHERE (pool, begins) IN "
                   "(SELECT pool, begins FROM idle_energy WHERE begins < ?1 LIMIT ?2)",
};

struct pruning {
    instant jobs_before;
    instant grid_before;
    size_t limit;
    size_t deleted;
    sqlite3_stmt *statements[PRUNE_STATEMENTS];
};

static int run_with(sqlite3_stmt *statement, int64_t number, struct error *err)
{
    sqlite3_bind_int64(statement, 1, number);
    return database_run(statement, err);
}

static int delete_job(struct pruning *pruning, int64_t id, int64_t state,
                      const int64_t texts[TEXTS], struct error *err)
{
    sqlite3_stmt **statements = pruning->statements;

    if (run_with(statements[PRUNE_EVENTS], id, err) < 0
        || run_with(statements[PRUNE_AFTER], id, err) < 0
        || run_with(statements[PRUNE_ENERGY], id, err) < 0
        || run_with(statements[PRUNE_JOB], id, err) < 0
        || run_with(statements[PRUNE_TALLY], state, err) < 0)
        return -1;
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i] == 0)
            continue;
        if (run_with(statements[PRUNE_USE], texts[i], err) < 0
            || run_with(statements[PRUNE_BLOB], texts[i], err) < 0)
            return -1;
    }
    return 0;
}

/* One by one, as the row cannot be read on while it is deleted. */
static int prune_jobs(struct pruning *pruning, struct error *err)
{
    sqlite3_stmt *find = pruning->statements[PRUNE_FIND];

    while (pruning->deleted < pruning->limit) {
        int64_t texts[TEXTS];
        int64_t id;
        int64_t state;
        bool has_row = false;

        sqlite3_bind_int64(find, 1, pruning->jobs_before);
        if (database_step(find, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        id = sqlite3_column_int64(find, 0);
        state = sqlite3_column_int64(find, 1);
        for (int i = 0; i < TEXTS; i++)
            texts[i] = sqlite3_column_int64(find, 2 + i);
        sqlite3_reset(find);
        if (delete_job(pruning, id, state, texts, err) < 0)
            return -1;
        pruning->deleted++;
    }
    return 0;
}

static int prune_grid(struct pruning *pruning, enum prune_statement which,
                      struct error *err)
{
    sqlite3_stmt *statement = pruning->statements[which];

    if (pruning->deleted >= pruning->limit)
        return 0;
    sqlite3_bind_int64(statement, 1, pruning->grid_before);
    sqlite3_bind_int64(statement, 2, (int64_t)(pruning->limit - pruning->deleted));
    if (database_run(statement, err) < 0)
        return -1;
    pruning->deleted += (size_t)sqlite3_changes(sqlite3_db_handle(statement));
    return 0;
}

static int prune(struct store *store, void *context, struct error *err)
{
    struct pruning *pruning = context;

    (void)store;
    if (prune_jobs(pruning, err) < 0 || prune_grid(pruning, PRUNE_FORECASTS, err) < 0
        || prune_grid(pruning, PRUNE_ACTUALS, err) < 0
        || prune_grid(pruning, PRUNE_IDLE, err) < 0)
        return -1;
    return 0;
}

int store_prune(struct store *store, instant jobs_before, instant grid_before,
                size_t limit, size_t *deleted, struct error *err)
{
    struct pruning pruning = {
        .jobs_before = jobs_before, .grid_before = grid_before, .limit = limit};
    int result = -1;

    if (database_prepare_all(store->db, sql, pruning.statements, PRUNE_STATEMENTS, err)
        < 0)
        goto done;
    /* What is deleted must not be remembered as stored. */
    job_writer_forget(&store->jobs);
    if (store_transact(store, prune, &pruning, err) < 0)
        goto done;
    *deleted = pruning.deleted;
    result = 0;

done:
    database_finalize_all(pruning.statements, PRUNE_STATEMENTS);
    return result;
}

/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/energy_writer.h"

/* An hour's sum stays at the largest number rather than becoming a fraction. */
static const char *const sql[ENERGY_STATEMENTS] = {
    [ENERGY_ADD] = "INSERT OR REPLACE INTO energy (job_id, attempt, pool, begins, "
                   "ends, gpu_joules, cpu_joules, idle_joules) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ENERGY_ADD_IDLE] =
        "INSERT INTO idle_energy (pool, begins, joules) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (pool, begins) DO UPDATE SET joules = "
        "CASE WHEN joules > 9223372036854775807 - excluded.joules "
        "THEN 9223372036854775807 ELSE joules + excluded.joules END",
};

int energy_writer_init(struct energy_writer *writer, sqlite3 *db, struct error *err)
{
    return database_prepare_all(db, sql, writer->statements, ENERGY_STATEMENTS, err);
}

void energy_writer_release(struct energy_writer *writer)
{
    database_finalize_all(writer->statements, ENERGY_STATEMENTS);
}

static void bind_joules(sqlite3_stmt *statement, int parameter, int64_t joules)
{
    if (joules == JOB_ENERGY_UNKNOWN)
        sqlite3_bind_null(statement, parameter);
    else
        sqlite3_bind_int64(statement, parameter, joules);
}

static int add_energy(struct energy_writer *writer, const struct job_energy *energy,
                      struct error *err)
{
    sqlite3_stmt *statement = writer->statements[ENERGY_ADD];

    sqlite3_bind_int64(statement, 1, energy->job_id);
    sqlite3_bind_int64(statement, 2, energy->attempt);
    database_bind_text(statement, 3, energy->pool);
    sqlite3_bind_int64(statement, 4, energy->begins);
    sqlite3_bind_int64(statement, 5, energy->ends);
    bind_joules(statement, 6, energy->gpu_joules);
    bind_joules(statement, 7, energy->cpu_joules);
    sqlite3_bind_int64(statement, 8, energy->idle_joules);
    return database_run(statement, err);
}

static int add_idle(struct energy_writer *writer, const struct batch_idle *idle,
                    struct error *err)
{
    sqlite3_stmt *statement = writer->statements[ENERGY_ADD_IDLE];

    database_bind_text(statement, 1, idle->pool);
    sqlite3_bind_int64(statement, 2, idle->at - idle->at % HOUR);
    sqlite3_bind_int64(statement, 3, idle->joules);
    return database_run(statement, err);
}

int energy_writer_write(struct energy_writer *writer, const struct store_batch *batch,
                        struct error *err)
{
    for (size_t i = 0; i < batch->energy_count; i++)
        if (add_energy(writer, &batch->energies[i], err) < 0)
            return -1;
    for (size_t i = 0; i < batch->idle_count; i++)
        if (add_idle(writer, &batch->idles[i], err) < 0)
            return -1;
    return 0;
}

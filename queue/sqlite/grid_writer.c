/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/grid_writer.h"

#include "queue/sqlite/steps.h"

static const char *const sql[GRID_STATEMENTS] = {
    [GRID_FIND_SOURCE] = "SELECT id FROM source WHERE zone = ?1 AND provider = ?2 "
                         "AND signal = ?3 AND synthetic = ?4",
    [GRID_ADD_SOURCE] = "INSERT INTO source (zone, provider, signal, synthetic) "
                        "VALUES (?1, ?2, ?3, ?4)",
    [GRID_ADD_FORECAST] =
        "INSERT INTO forecast (source_id, issued, fetched, begins, ends, intensity, "
        "renewable, low, high) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
        "WHERE NOT EXISTS (SELECT 1 FROM forecast WHERE source_id = ?1 "
        "AND fetched = ?3 AND ends = ?5 AND issued = ?2 AND begins = ?4 "
        "AND intensity = ?6)",
    [GRID_REVISE_ACTUAL] = "UPDATE actual SET level = ?4 WHERE source_id = ?1 "
                           "AND begins = ?2 AND ends = ?3",
    [GRID_FIND_OVERLAP] =
        "SELECT begins, ends, level FROM actual WHERE source_id = ?1 AND begins < ?2 "
        "ORDER BY begins DESC LIMIT 1",
    [GRID_DELETE_OVERLAP] = "DELETE FROM actual WHERE source_id = ?1 AND begins = ?2",
    [GRID_ADD_ACTUAL] = "INSERT INTO actual (source_id, begins, ends, level) "
                        "VALUES (?1, ?2, ?3, ?4)",
    [GRID_ADD_CAPACITY] =
        "INSERT INTO capacity (pool, at, gpus, cpus, memory) "
        "SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS ("
        "SELECT 1 FROM (SELECT * FROM capacity WHERE pool = ?1 AND at <= ?2 "
        "ORDER BY at DESC LIMIT 1) WHERE gpus = ?3 AND cpus = ?4 AND memory = ?5) "
        "ON CONFLICT (pool, at) DO UPDATE SET gpus = excluded.gpus, "
        "cpus = excluded.cpus, memory = excluded.memory",
    [GRID_DRAIN] = "INSERT INTO drained (pool, reason) VALUES (?1, ?2) "
                   "ON CONFLICT (pool) DO UPDATE SET reason = excluded.reason",
    [GRID_RESUME] = "DELETE FROM drained WHERE pool = ?1",
};

int grid_writer_init(struct grid_writer *writer, sqlite3 *db, struct error *err)
{
    writer->db = db;
    return database_prepare_all(db, sql, writer->statements, GRID_STATEMENTS, err);
}

void grid_writer_release(struct grid_writer *writer)
{
    database_finalize_all(writer->statements, GRID_STATEMENTS);
}

struct source {
    const char *zone;
    const char *provider;
    enum signal signal;
    bool synthetic;
};

static void bind_source(sqlite3_stmt *statement, const struct source *source)
{
    database_bind_text(statement, 1, source->zone);
    database_bind_text(statement, 2, source->provider);
    database_bind_text(statement, 3, signal_name(source->signal));
    sqlite3_bind_int(statement, 4, source->synthetic);
}

static int find_source(struct grid_writer *writer, const struct source *source,
                       int64_t *id, struct error *err)
{
    sqlite3_stmt *find = writer->statements[GRID_FIND_SOURCE];
    sqlite3_stmt *add = writer->statements[GRID_ADD_SOURCE];
    bool has_row = false;

    bind_source(find, source);
    if (database_step(find, &has_row, err) < 0)
        return -1;
    if (has_row) {
        *id = sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
        return 0;
    }
    bind_source(add, source);
    if (database_run(add, err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(writer->db);
    return 0;
}

enum { FORECAST_SERIES = 4 };

/* Bind series, packed, from a parameter on; NULL where there is none. The packed ones
 * are the caller's to release when the statement has run. */
static void bind_series(sqlite3_stmt *statement, int parameter,
                        const struct series *const series[FORECAST_SERIES],
                        struct text packed[FORECAST_SERIES])
{
    for (int i = 0; i < FORECAST_SERIES; i++) {
        packed[i] = TEXT_EMPTY;
        if (series[i])
            steps_encode(series[i], &packed[i]);
        database_bind_bytes(statement, parameter + i,
                            series[i] ? packed[i].bytes : NULL, packed[i].length);
    }
}

static int add_forecast(struct grid_writer *writer, const struct forecast *forecast,
                        struct error *err)
{
    sqlite3_stmt *statement = writer->statements[GRID_ADD_FORECAST];
    struct source source = {forecast->zone, forecast->provider, forecast->signal,
                            forecast->synthetic};
    const struct series *const series[FORECAST_SERIES] = {
        forecast->intensity, forecast->renewable, forecast->low, forecast->high};
    struct text packed[FORECAST_SERIES];
    int64_t source_id = 0;
    int result;

    if (find_source(writer, &source, &source_id, err) < 0)
        return -1;
    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, forecast->issued);
    sqlite3_bind_int64(statement, 3, forecast->fetched);
    sqlite3_bind_int64(statement, 4, series_begins(forecast->intensity));
    sqlite3_bind_int64(statement, 5, series_ends(forecast->intensity));
    bind_series(statement, 6, series, packed);
    result = database_run(statement, err);
    for (int i = 0; i < FORECAST_SERIES; i++)
        text_release(&packed[i]);
    return result;
}

static int add_actual(struct grid_writer *writer, int64_t source_id,
                      const struct actual *actual, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[GRID_ADD_ACTUAL];

    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, actual->begins);
    sqlite3_bind_int64(statement, 3, actual->ends);
    sqlite3_bind_int64(statement, 4, actual->level);
    return database_run(statement, err);
}

/*
 * The last known interval that touches [begins, ends); level -1: none. As they do not
 * overlap, only the last that begins before `ends` can.
 */
static int find_overlap(struct grid_writer *writer, int64_t source_id,
                        const struct actual *within, struct actual *known,
                        struct error *err)
{
    sqlite3_stmt *statement = writer->statements[GRID_FIND_OVERLAP];
    bool has_row = false;

    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, within->ends);
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    known->level = -1;
    if (!has_row)
        return 0;
    known->begins = sqlite3_column_int64(statement, 0);
    known->ends = sqlite3_column_int64(statement, 1);
    if (known->ends > within->begins)
        known->level = sqlite3_column_int64(statement, 2);
    sqlite3_reset(statement);
    return 0;
}

/* Keep of a known interval what lies before and after the new one. */
static int cut(struct grid_writer *writer, int64_t source_id,
               const struct actual *known, const struct actual *actual,
               struct error *err)
{
    sqlite3_stmt *statement = writer->statements[GRID_DELETE_OVERLAP];
    struct actual before = {known->begins, actual->begins, known->level};
    struct actual after = {actual->ends, known->ends, known->level};

    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, known->begins);
    if (database_run(statement, err) < 0)
        return -1;
    if (before.begins < before.ends && add_actual(writer, source_id, &before, err) < 0)
        return -1;
    if (after.begins < after.ends && add_actual(writer, source_id, &after, err) < 0)
        return -1;
    return 0;
}

/*
 * Most actuals are revised with the bounds that they have, or new. Where a provider has
 * changed the length of its intervals, what is newer counts.
 */
static int write_actual(struct grid_writer *writer, int64_t source_id,
                        const struct actual *actual, struct error *err)
{
    sqlite3_stmt *revise = writer->statements[GRID_REVISE_ACTUAL];
    struct actual known = {0};

    sqlite3_bind_int64(revise, 1, source_id);
    sqlite3_bind_int64(revise, 2, actual->begins);
    sqlite3_bind_int64(revise, 3, actual->ends);
    sqlite3_bind_int64(revise, 4, actual->level);
    if (database_run(revise, err) < 0)
        return -1;
    if (sqlite3_changes(writer->db) > 0)
        return 0;
    for (;;) {
        if (find_overlap(writer, source_id, actual, &known, err) < 0)
            return -1;
        if (known.level < 0)
            return add_actual(writer, source_id, actual, err);
        if (cut(writer, source_id, &known, actual, err) < 0)
            return -1;
    }
}

static int write_actuals(struct grid_writer *writer, const struct actuals *actuals,
                         struct error *err)
{
    struct source source = {actuals->zone, actuals->provider, actuals->signal,
                            actuals->synthetic};
    int64_t source_id = 0;

    if (find_source(writer, &source, &source_id, err) < 0)
        return -1;
    for (size_t i = 0; i < actuals->count; i++)
        if (write_actual(writer, source_id, &actuals->items[i], err) < 0)
            return -1;
    return 0;
}

static int add_capacity(struct grid_writer *writer,
                        const struct batch_capacity *capacity, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[GRID_ADD_CAPACITY];

    database_bind_text(statement, 1, capacity->pool);
    sqlite3_bind_int64(statement, 2, capacity->at);
    sqlite3_bind_int64(statement, 3, capacity->capacity.gpus);
    sqlite3_bind_int64(statement, 4, capacity->capacity.cpus);
    sqlite3_bind_int64(statement, 5, capacity->capacity.memory);
    return database_run(statement, err);
}

static int set_drained(struct grid_writer *writer, const struct batch_drain *drain,
                       struct error *err)
{
    sqlite3_stmt *statement =
        writer->statements[drain->drained ? GRID_DRAIN : GRID_RESUME];

    database_bind_text(statement, 1, drain->pool);
    if (drain->drained)
        database_bind_text(statement, 2, drain->reason);
    return database_run(statement, err);
}

int grid_writer_write(struct grid_writer *writer, const struct store_batch *batch,
                      struct error *err)
{
    for (size_t i = 0; i < batch->forecast_count; i++)
        if (add_forecast(writer, batch->forecasts[i], err) < 0)
            return -1;
    for (size_t i = 0; i < batch->actuals_count; i++)
        if (write_actuals(writer, &batch->actuals[i], err) < 0)
            return -1;
    for (size_t i = 0; i < batch->capacity_count; i++)
        if (add_capacity(writer, &batch->capacities[i], err) < 0)
            return -1;
    for (size_t i = 0; i < batch->drain_count; i++)
        if (set_drained(writer, &batch->drains[i], err) < 0)
            return -1;
    return 0;
}

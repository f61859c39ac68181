/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/pool.h"
#include "queue/sqlite/migrate.h"
#include "queue/sqlite/row.h"

/* What follows row_add_select(), for those that read whole rows; else the statement. */
static const struct {
    bool is_row;
    const char *sql;
} statements[READ_STATEMENTS] = {
    [READ_OPEN] = {true, "WHERE j.id IN (SELECT id FROM job WHERE state <= 6) "
                         "ORDER BY j.id"},
    [READ_PERIOD] = {true, "WHERE j.id IN (SELECT id FROM job WHERE state <= 6 "
                           "UNION ALL SELECT id FROM job WHERE state >= 7 "
                           "AND ended > ?1) AND j.submitted < ?2 "
                           "AND (j.state <= 6 OR j.attempt > 0) ORDER BY j.id"},
    [READ_ASKED] = {false,
                    "SELECT submitted, begin, eligible, deadline, max_wait, "
                    "time, time_limit, coalesce(nullif(gpus_min, 0), gpus), cpus, "
                    "now FROM job "
                    "WHERE state >= 7 AND ended > ?1 AND attempt > 0"},
    [READ_JOB] = {true, "WHERE j.id = ?1"},
    [READ_LISTED] = {true, "WHERE j.id = ?1"},
    [READ_REFERRED] = {true, "WHERE j.reference = ?1 ORDER BY j.id DESC"},
    [READ_IDS] = {false, "SELECT id FROM job WHERE id < ?1 ORDER BY id DESC LIMIT ?2"},
    [READ_IDS_OF_STATE] = {false, "SELECT id FROM job WHERE state = ?3 AND id < ?1 "
                                  "ORDER BY id DESC LIMIT ?2"},
    [READ_IDS_OF_OWNER] = {false, "SELECT id FROM job WHERE owner_id = ?4 "
                                  "AND state = ?3 AND id < ?1 "
                                  "ORDER BY id DESC LIMIT ?2"},
    [READ_IDS_OF_REFERENCE] =
        {false, "SELECT id FROM job WHERE reference = (SELECT reference FROM job "
                "WHERE (reference >= ?3 AND reference < ?4) "
                "OR (reference >= ?9 AND reference < ?10) ORDER BY id DESC LIMIT 1) "
                "AND id < ?1 AND (?5 < 0 OR (array_id > 0 AND array_index = ?5)) "
                "AND (?6 = 0 OR (?6 >> state) & 1) AND owner_id IN "
                "(SELECT id FROM owner WHERE (?7 < 0 OR uid = ?7) "
                "AND (?8 IS NULL OR name = ?8)) ORDER BY id DESC LIMIT ?2"},
    [READ_OWNERS] = {false, "SELECT id FROM owner WHERE (?1 < 0 OR uid = ?1) "
                            "AND (?2 IS NULL OR name = ?2)"},
    [READ_EVENTS] = {false, "SELECT kind, at, actor, attempt, cause, status, signal, "
                            "value, pool, text FROM event WHERE job_id = ?1 "
                            "ORDER BY number"},
    [READ_AFTER] = {false, "SELECT after_id FROM job_after WHERE job_id = ?1 "
                           "ORDER BY after_id"},
    [READ_OPEN_AFTER] = {false, "SELECT a.after_id FROM job_after a CROSS JOIN job j "
                                "ON j.id = a.after_id WHERE a.job_id = ?1 "
                                "AND j.state <= 6 ORDER BY a.after_id"},
    [READ_BLOB] = {false, "SELECT bytes FROM blob WHERE id = ?1"},
    [READ_RUNS] = {false, "SELECT ended - started FROM job WHERE uid = ?1 "
                          "AND name = ?2 AND gpus = ?3 AND state = 7 "
                          "AND (attempt = 1 OR interruptible = 0) "
                          "ORDER BY ended DESC LIMIT 20"},
    /* Of many runs without a measure only the latest are looked through. */
    [READ_POWERS] =
        {false,
         "SELECT e.gpu_joules, e.ends - e.begins FROM (SELECT id, attempt, ended "
         "FROM job WHERE uid = ?1 AND name = ?2 AND gpus = ?3 AND state = 7 "
         "AND (attempt = 1 OR interruptible = 0) "
         "ORDER BY ended DESC LIMIT 200) r CROSS JOIN energy e "
         "ON e.job_id = r.id AND e.attempt = r.attempt "
         "WHERE e.gpu_joules IS NOT NULL AND e.ends > e.begins "
         "ORDER BY r.ended DESC LIMIT 20"},
    [READ_ENERGY] = {false, "SELECT job_id, attempt, pool, begins, ends, gpu_joules, "
                            "cpu_joules, idle_joules FROM energy WHERE job_id = ?1 "
                            "ORDER BY attempt"},
    [READ_PERIOD_ENERGY] =
        {false, "SELECT job_id, attempt, pool, begins, ends, gpu_joules, cpu_joules, "
                "idle_joules FROM energy WHERE job_id IN (SELECT id FROM job "
                "WHERE state <= 6 UNION ALL SELECT id FROM job WHERE state >= 7 "
                "AND ended > ?1) AND begins < ?2 ORDER BY job_id, attempt"},
    [READ_PERIOD_EVENTS] =
        {false, "SELECT kind, at, actor, attempt, cause, status, signal, value, pool, "
                "text, job_id FROM event WHERE job_id IN (SELECT id FROM job "
                "WHERE state <= 6 AND (attempt > 1 OR started = 0) AND attempt > 0 "
                "AND submitted < ?2 "
                "UNION ALL SELECT id FROM job WHERE state >= 7 AND ended > ?1 "
                "AND (attempt > 1 OR started = 0) AND attempt > 0 AND submitted < ?2) "
                "ORDER BY job_id, number"},
    [READ_IDLE_ENERGY] = {false, "SELECT pool, begins, joules FROM idle_energy "
                                 "WHERE begins >= ?1 AND begins < ?2 "
                                 "ORDER BY pool, begins"},
    [READ_TALLY] = {false, "SELECT state, jobs FROM tally"},
    [READ_START_WAITS] =
        {false,
         "SELECT s.at - o.at FROM (SELECT id FROM job "
         "WHERE reference NOT GLOB 'dry-run/*' AND started > 0 AND pool = ?1 "
         "ORDER BY started DESC LIMIT ?2) r "
         "CROSS JOIN event o ON o.job_id = r.id AND o.kind = 'starting' "
         "AND o.text = '' AND NOT EXISTS (SELECT 1 FROM event q "
         "WHERE q.job_id = r.id AND q.kind = 'requeued' AND q.number < o.number) "
         "CROSS JOIN event s ON s.job_id = r.id AND s.kind = 'started' "
         "AND s.attempt = o.attempt AND s.number > o.number "
         "ORDER BY s.at DESC LIMIT ?2"},
    [READ_CAPACITY] = {false, "SELECT at, gpus, cpus, memory FROM capacity "
                              "WHERE pool = ?1 ORDER BY at"},
    [READ_DRAINED] = {false, "SELECT pool, reason FROM drained ORDER BY pool"},
    [READ_IDLE] =
        {false, "SELECT j.id, j.uid, j.gpus, e.value, "
                "coalesce((SELECT at FROM event WHERE job_id = j.id "
                "AND number > e.number AND kind IN ('busy', 'finished', 'broke', "
                "'cancelled', 'requeued', 'paused') ORDER BY number LIMIT 1), j.ended) "
                "FROM job j JOIN event e ON e.job_id = j.id AND e.kind = 'idle' "
                "WHERE j.state >= 7 AND j.ended >= ?1 AND j.ended < ?2 "
                "ORDER BY j.id, e.number"},
    [READ_FORECASTS] =
        {false,
         "SELECT s.zone, s.provider, s.signal, s.synthetic, f.issued, f.fetched, "
         "f.intensity, f.renewable, f.low, f.high "
         "FROM source s CROSS JOIN forecast f "
         "ON f.id = (SELECT id FROM forecast WHERE source_id = s.id "
         "AND ends > ?1 ORDER BY fetched DESC, id DESC LIMIT 1) "
         "ORDER BY s.zone, s.provider, f.fetched DESC, f.id DESC"},
    [READ_FORECAST] =
        {false,
         "SELECT s.zone, s.provider, s.signal, s.synthetic, f.issued, f.fetched, "
         "f.intensity, f.renewable, f.low, f.high "
         "FROM source s CROSS JOIN forecast f "
         "ON f.id = (SELECT id FROM forecast WHERE source_id = s.id "
         "AND fetched <= ?2 ORDER BY fetched DESC, id DESC LIMIT 1) "
         "WHERE s.zone = ?1 AND (?3 IS NULL OR s.signal = ?3) "
         "ORDER BY f.fetched DESC, f.id DESC LIMIT 1"},
    [READ_ISSUES] =
        {false,
         "WITH picked AS MATERIALIZED (SELECT f.id AS id, min(f.fetched) "
         "FROM source s CROSS JOIN forecast f ON f.source_id = s.id AND f.fetched >= "
         "?4 "
         "WHERE s.zone = ?1 AND s.provider = ?2 AND s.signal = ?3 "
         "GROUP BY s.id, f.fetched / ?5) "
         "SELECT s.zone, s.provider, s.signal, s.synthetic, f.issued, f.fetched, "
         "f.intensity, f.renewable, f.low, f.high "
         "FROM picked p CROSS JOIN forecast f ON f.id = p.id "
         "CROSS JOIN source s ON s.id = f.source_id ORDER BY f.fetched, f.id"},
    [READ_NEXT_FETCH] = {false,
                         "SELECT min((SELECT min(fetched) FROM forecast "
                         "WHERE source_id = s.id AND fetched > ?2)) FROM source s "
                         "WHERE s.zone = ?1 AND (?3 IS NULL OR s.signal = ?3)"},
    [READ_COVERAGE] =
        {false, "SELECT s.id, s.provider, s.signal, s.synthetic, "
                "(SELECT sum(min(ends, ?4) - max(begins, ?3)) FROM actual "
                "WHERE source_id = s.id AND ends > ?3 AND begins < ?4 "
                "AND begins >= coalesce((SELECT max(begins) FROM actual "
                "WHERE source_id = s.id AND begins <= ?3), 0)) AS covered "
                "FROM source s WHERE s.zone = ?1 AND (?2 IS NULL OR s.provider = ?2) "
                "AND (?5 IS NULL OR s.signal = ?5) "
                "AND covered > 0 ORDER BY covered DESC, s.id LIMIT 1"},
    [READ_ACTUALS] = {false, "SELECT begins, ends, level FROM actual "
                             "WHERE source_id = ?1 AND ends > ?2 AND begins < ?3 "
                             "AND begins >= coalesce((SELECT max(begins) FROM actual "
                             "WHERE source_id = ?1 AND begins <= ?2), 0) "
                             "ORDER BY begins"},
};

static int prepare(struct store_reader *reader, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    int result = 0;

    for (size_t i = 0; i < READ_STATEMENTS && result == 0; i++) {
        text_clear(&sql);
        if (statements[i].is_row)
            row_add_select(&sql);
        text_add(&sql, statements[i].sql);
        reader->statements[i] = database_prepare(reader->db, sql.bytes, err);
        result = reader->statements[i] ? 0 : -1;
    }
    text_release(&sql);
    return result;
}

static int check_version(sqlite3 *db, struct error *err)
{
    int64_t version = 0;

    if (database_number(db, "PRAGMA user_version", &version, err) < 0)
        return -1;
    if (version != migrate_version())
        return error_set(err, ERROR_CONFLICT,
                         "the database is of version %" PRId64
                         ", and this program is of %d",
                         version, migrate_version());
    return 0;
}

struct store_reader *store_reader_open(const char *directory, struct error *err)
{
    struct store_reader *reader = xcalloc(1, sizeof(*reader));
    char *path = database_path(directory, DATABASE_FILE);

    reader->db = database_open(path, true, err);
    free(path);
    if (!reader->db || check_version(reader->db, err) < 0 || prepare(reader, err) < 0) {
        store_reader_close(reader);
        return NULL;
    }
    return reader;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader)
        return;
    database_finalize_all(reader->statements, READ_STATEMENTS);
    sqlite3_close(reader->db);
    free(reader);
}

int store_backup(struct store_reader *reader, const char *path, struct error *err)
{
    return database_copy(reader->db, path, err);
}

int reader_hand_on(sqlite3_stmt *statement,
                   int (*on_row)(const struct job_row *row, void *context,
                                 struct error *err),
                   void *context, struct error *err)
{
    bool has_row = true;

    for (;;) {
        struct job_row row;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        row_read(statement, &row);
        if (on_row(&row, context, err) < 0) {
            sqlite3_reset(statement);
            return -1;
        }
    }
}

int store_load_open(struct store_reader *reader,
                    int (*on_row)(const struct job_row *row, void *context,
                                  struct error *err),
                    void *context, struct error *err)
{
    return reader_hand_on(reader->statements[READ_OPEN], on_row, context, err);
}

int store_load_period(struct store_reader *reader, instant begins, instant ends,
                      int (*on_row)(const struct job_row *row, void *context,
                                    struct error *err),
                      void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_PERIOD];

    sqlite3_bind_int64(statement, 1, begins);
    sqlite3_bind_int64(statement, 2, ends);
    return reader_hand_on(statement, on_row, context, err);
}

int store_load_asked(struct store_reader *reader, instant since,
                     void (*on_job)(const struct job *job, void *context),
                     void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_ASKED];
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, since);
    for (;;) {
        struct job job = {.state = JOB_DONE};

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        job.submitted = sqlite3_column_int64(statement, 0);
        job.begin = sqlite3_column_int64(statement, 1);
        job.eligible = sqlite3_column_int64(statement, 2);
        job.deadline = sqlite3_column_int64(statement, 3);
        job.max_wait = sqlite3_column_int64(statement, 4);
        job.time = sqlite3_column_int64(statement, 5);
        job.time_limit = sqlite3_column_int64(statement, 6);
        job.gpus = sqlite3_column_int(statement, 7);
        job.cpus = sqlite3_column_int(statement, 8);
        job.now = sqlite3_column_int(statement, 9) != 0;
        on_job(&job, context);
    }
}

int store_load_capacity(struct store_reader *reader, const char *pool,
                        int (*on_change)(instant at, const struct resources *capacity,
                                         void *context),
                        void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_CAPACITY];
    bool has_row = true;

    database_bind_text(statement, 1, pool);
    for (;;) {
        struct resources capacity;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        capacity = (struct resources){
            .gpus = sqlite3_column_int64(statement, 1),
            .cpus = sqlite3_column_int64(statement, 2),
            .memory = sqlite3_column_int64(statement, 3),
        };
        if (on_change(sqlite3_column_int64(statement, 0), &capacity, context) < 0) {
            sqlite3_reset(statement);
            return error_set(err, ERROR_IO, "reading the capacity of %s was broken off",
                             pool);
        }
    }
}

int store_load_drained(struct store_reader *reader,
                       void (*on_pool)(const char *pool, const char *reason,
                                       void *context),
                       void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_DRAINED];
    bool has_row = true;

    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        on_pool(database_column_text(statement, 0), database_column_text(statement, 1),
                context);
    }
}

int store_load_idle(struct store_reader *reader, instant begins, instant ends,
                    void (*on_idle)(const struct store_idle *idle, void *context),
                    void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_IDLE];
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, begins);
    sqlite3_bind_int64(statement, 2, ends);
    for (;;) {
        struct store_idle idle;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        idle = (struct store_idle){
            .job_id = sqlite3_column_int64(statement, 0),
            .uid = (uint32_t)sqlite3_column_int64(statement, 1),
            .gpus = sqlite3_column_int(statement, 2),
            .since = sqlite3_column_int64(statement, 3),
            .until = sqlite3_column_int64(statement, 4),
        };
        on_idle(&idle, context);
    }
}

/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "queue/sqlite/reader.h"

int store_median_power(struct store_reader *reader, uint32_t uid, const char *name,
                       int32_t gpus, int64_t *watts, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_POWERS];
    int64_t runs[READER_RUNS_MAX];
    int64_t median;
    size_t count = 0;
    bool has_row = gpus > 0;

    sqlite3_bind_int64(statement, 1, uid);
    database_bind_text(statement, 2, name);
    sqlite3_bind_int64(statement, 3, gpus);
    while (has_row) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (has_row && count < READER_RUNS_MAX)
            runs[count++] = sqlite3_column_int64(statement, 0)
                            / sqlite3_column_int64(statement, 1) / gpus;
    }
    median = reader_median(runs, count);
    *watts = median < JOB_POWER_MAX ? median : JOB_POWER_MAX;
    return 0;
}

static int64_t read_joules(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? JOB_ENERGY_UNKNOWN
               : sqlite3_column_int64(statement, column);
}

static int hand_on(sqlite3_stmt *statement,
                   int (*on_energy)(const struct job_energy *energy, void *context,
                                    struct error *err),
                   void *context, struct error *err)
{
    bool has_row = true;

    for (;;) {
        struct job_energy energy;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        energy = (struct job_energy){
            .job_id = sqlite3_column_int64(statement, 0),
            .attempt = sqlite3_column_int(statement, 1),
            .begins = sqlite3_column_int64(statement, 3),
            .ends = sqlite3_column_int64(statement, 4),
            .gpu_joules = read_joules(statement, 5),
            .cpu_joules = read_joules(statement, 6),
            .idle_joules = sqlite3_column_int64(statement, 7),
        };
        text_copy(energy.pool, sizeof(energy.pool), database_column_text(statement, 2));
        if (on_energy(&energy, context, err) < 0) {
            sqlite3_reset(statement);
            return -1;
        }
    }
}

int store_load_energy(struct store_reader *reader, int64_t id,
                      int (*on_energy)(const struct job_energy *energy, void *context,
                                       struct error *err),
                      void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_ENERGY];

    sqlite3_bind_int64(statement, 1, id);
    return hand_on(statement, on_energy, context, err);
}

int store_load_period_energy(struct store_reader *reader, instant begins, instant ends,
                             int (*on_energy)(const struct job_energy *energy,
                                              void *context, struct error *err),
                             void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_PERIOD_ENERGY];

    sqlite3_bind_int64(statement, 1, begins);
    sqlite3_bind_int64(statement, 2, ends);
    return hand_on(statement, on_energy, context, err);
}

int store_load_idle_energy(struct store_reader *reader, instant begins, instant ends,
                           int (*on_hour)(const char *pool, instant begins,
                                          int64_t joules, void *context,
                                          struct error *err),
                           void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_IDLE_ENERGY];
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, begins);
    sqlite3_bind_int64(statement, 2, ends);
    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        if (on_hour(database_column_text(statement, 0),
                    sqlite3_column_int64(statement, 1),
                    sqlite3_column_int64(statement, 2), context, err)
            < 0) {
            sqlite3_reset(statement);
            return -1;
        }
    }
}

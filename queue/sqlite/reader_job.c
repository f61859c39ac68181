/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/sqlite/reader.h"
#include "queue/sqlite/row.h"

#define RUNS_LEAST 3

/* A text by its id, with a NUL after it; NULL for the id 0. */
static int load_text(struct store_reader *reader, int64_t id, char **bytes,
                     size_t *size, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_BLOB];
    bool has_row = false;

    if (id == 0)
        return 0;
    sqlite3_bind_int64(statement, 1, id);
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (!has_row)
        return error_set(err, ERROR_IO, "the database has lost text %lld",
                         (long long)id);
    *bytes = database_column_bytes(statement, 0, size);
    sqlite3_reset(statement);
    return 0;
}

static int load_ids(sqlite3_stmt *statement, int64_t id, int64_t ids[JOB_AFTER_MAX],
                    size_t *count, struct error *err)
{
    bool has_row = true;
    size_t length = 0;

    sqlite3_bind_int64(statement, 1, id);
    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            break;
        if (length < JOB_AFTER_MAX)
            ids[length++] = sqlite3_column_int64(statement, 0);
    }
    *count = length;
    return 0;
}

/* The words that stand in the row, and the ids of those that do not. */
static void read_words(sqlite3_stmt *statement, struct job_spec *spec, int64_t ids[3])
{
    spec->name = database_column_copy(statement, row_column(ROW_NAME));
    spec->user = database_column_copy(statement, row_column(ROW_OWNER_ID));
    spec->project = database_column_copy(statement, row_column(ROW_PROJECT));
    spec->queue = database_column_copy(statement, row_column(ROW_QUEUE));
    spec->pools = database_column_copy(statement, row_column(ROW_POOLS));
    spec->zones = database_column_copy(statement, row_column(ROW_ZONES));
    spec->reference = database_column_copy(statement, row_column(ROW_REFERENCE));
    spec->directory = database_column_copy(statement, row_column(ROW_DIRECTORY));
    spec->output = database_column_copy(statement, row_column(ROW_OUTPUT));
    spec->error = database_column_copy(statement, row_column(ROW_ERROR));
    spec->arguments = database_column_bytes(statement, row_column(ROW_ARGUMENTS),
                                            &spec->arguments_size);
    ids[0] = sqlite3_column_int64(statement, row_column(ROW_ARGUMENTS_ID));
    ids[1] = sqlite3_column_int64(statement, row_column(ROW_SCRIPT_ID));
    ids[2] = sqlite3_column_int64(statement, row_column(ROW_ENVIRONMENT_ID));
}

static int load_job(struct store_reader *reader, int64_t id, struct job_row *row,
                    struct job_spec *spec, char pool[33], struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_JOB];
    int64_t ids[3];
    bool has_row = false;

    sqlite3_bind_int64(statement, 1, id);
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (!has_row)
        return error_set(err, ERROR_MISSING, "there is no job %lld", (long long)id);
    row_read(statement, row);
    text_copy(pool, 33, row->pool);
    read_words(statement, spec, ids);
    sqlite3_reset(statement);
    if (load_text(reader, ids[0], &spec->arguments, &spec->arguments_size, err) < 0
        || load_text(reader, ids[1], &spec->script, &spec->script_size, err) < 0
        || load_text(reader, ids[2], &spec->environment, &spec->environment_size, err)
               < 0)
        return -1;
    return load_ids(reader->statements[READ_AFTER], id, spec->after, &spec->after_count,
                    err);
}

int store_find_job(struct store_reader *reader, int64_t id, struct job *job,
                   struct job_spec *spec, char pool[33], struct error *err)
{
    struct job_spec found = {0};
    struct job_row row;
    char where[33] = "";
    int result;

    if (database_execute(reader->db, "SAVEPOINT job", err) < 0)
        return -1;
    result = load_job(reader, id, &row, &found, where, err);
    database_execute(reader->db, "RELEASE job", NULL);
    if (result < 0) {
        job_spec_release(&found);
        return -1;
    }
    *job = row.job;
    *spec = found;
    memcpy(pool, where, sizeof(where));
    return 0;
}

int store_load_after(struct store_reader *reader, int64_t id,
                     int64_t after[JOB_AFTER_MAX], size_t *count, struct error *err)
{
    return load_ids(reader->statements[READ_OPEN_AFTER], id, after, count, err);
}

static int parse_kind(const char *name, enum job_event_kind *kind)
{
    for (unsigned i = 0; i < JOB_EVENTS; i++) {
        if (strcmp(name, job_event_name((enum job_event_kind)i)) == 0) {
            *kind = (enum job_event_kind)i;
            return 0;
        }
    }
    return -1;
}

static int read_event(sqlite3_stmt *statement, int64_t id, struct job_event *event,
                      struct error *err)
{
    const char *kind = database_column_text(statement, 0);

    *event = (struct job_event){
        .job_id = id,
        .at = sqlite3_column_int64(statement, 1),
        .actor = sqlite3_column_int64(statement, 2),
        .attempt = sqlite3_column_int(statement, 3),
        .cause = (enum job_cause)sqlite3_column_int(statement, 4),
        .status = sqlite3_column_int(statement, 5),
        .signal = sqlite3_column_int(statement, 6),
        .value = sqlite3_column_int64(statement, 7),
    };
    if (parse_kind(kind, &event->kind) < 0)
        return error_set(err, ERROR_IO, "the database has an unknown event '%s'", kind);
    text_copy(event->pool, sizeof(event->pool), database_column_text(statement, 8));
    text_copy(event->text, sizeof(event->text), database_column_text(statement, 9));
    return 0;
}

/* `id` 0: each row names its own. */
static int hand_on_events(sqlite3_stmt *statement, int64_t id,
                          int (*on_event)(const struct job_event *event, void *context,
                                          struct error *err),
                          void *context, struct error *err)
{
    bool has_row = true;

    for (;;) {
        struct job_event event;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        if (read_event(statement, id ? id : sqlite3_column_int64(statement, 10), &event,
                       err)
                < 0
            || on_event(&event, context, err) < 0) {
            sqlite3_reset(statement);
            return -1;
        }
    }
}

int store_load_events(struct store_reader *reader, int64_t id,
                      int (*on_event)(const struct job_event *event, void *context,
                                      struct error *err),
                      void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_EVENTS];

    sqlite3_bind_int64(statement, 1, id);
    return hand_on_events(statement, id, on_event, context, err);
}

int store_load_period_events(struct store_reader *reader, instant begins, instant ends,
                             int (*on_event)(const struct job_event *event,
                                             void *context, struct error *err),
                             void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_PERIOD_EVENTS];

    sqlite3_bind_int64(statement, 1, begins);
    sqlite3_bind_int64(statement, 2, ends);
    return hand_on_events(statement, 0, on_event, context, err);
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

int64_t reader_median(int64_t *runs, size_t count)
{
    if (count < RUNS_LEAST)
        return 0;
    qsort(runs, count, sizeof(*runs), compare_numbers);
    return (runs[(count - 1) / 2] + runs[count / 2]) / 2;
}

int store_median_time(struct store_reader *reader, uint32_t uid, const char *name,
                      int32_t gpus, duration *median, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_RUNS];
    duration runs[READER_RUNS_MAX];
    size_t count = 0;
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, uid);
    database_bind_text(statement, 2, name);
    sqlite3_bind_int64(statement, 3, gpus);
    while (has_row) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (has_row && count < READER_RUNS_MAX)
            runs[count++] = sqlite3_column_int64(statement, 0);
    }
    *median = reader_median(runs, count);
    if (*median < 1 && count >= RUNS_LEAST)
        *median = 1;
    return 0;
}

int store_count_states(struct store_reader *reader, int64_t counts[JOB_STATES],
                       struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_TALLY];
    int64_t read[JOB_STATES] = {0};
    bool has_row = true;

    for (;;) {
        int64_t state;

        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            break;
        state = sqlite3_column_int64(statement, 0);
        if (state > 0 && state < JOB_STATES)
            read[state] = sqlite3_column_int64(statement, 1);
    }
    memcpy(counts, read, sizeof(read));
    return 0;
}

int store_load_start_waits(struct store_reader *reader, const char *pool, size_t limit,
                           void (*on_wait)(duration wait, void *context), void *context,
                           struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_START_WAITS];
    bool has_row = true;

    database_bind_text(statement, 1, pool);
    sqlite3_bind_int64(statement, 2, (int64_t)limit);
    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        on_wait(sqlite3_column_int64(statement, 0), context);
    }
}

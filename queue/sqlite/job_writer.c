/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/job_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/sqlite/row.h"

/* Shorter arguments stand in the job's row: those of a sweep are all different. */
#define ARGUMENTS_INLINE_MAX 512

/* Rows of one statement, when there are that many: half the time of one by one. */
#define ROWS_AT_ONCE 16

static const char add_event_sql[] =
    "INSERT INTO event (job_id, number, kind, at, actor, attempt, cause, status, "
    "signal, value, pool, text) VALUES (?1, (SELECT max(number) + 1 FROM event "
    "WHERE job_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

/* All that SUBMITTED tells stands in the rows of the jobs. */
static const char add_submitted_sql[] =
    "INSERT INTO event (job_id, number, kind, at, actor, attempt, cause, status, "
    "signal, value, pool, text) SELECT id, 1, 'submitted', submitted, uid, 0, 0, 0, 0, "
    "0, '', '' FROM job WHERE id BETWEEN ?1 AND ?2";

static const char *const fixed_sql[JOB_STATEMENTS] = {
    [JOB_ADD_EVENT] = add_event_sql,
    [JOB_ADD_SUBMITTED] = add_submitted_sql,
    [JOB_ADD_AFTER] = "INSERT INTO job_after (job_id, after_id) VALUES (?1, ?2)",
    [JOB_FIND_OWNER] = "SELECT id FROM owner WHERE uid = ?1 AND name = ?2",
    [JOB_ADD_OWNER] = "INSERT INTO owner (uid, name) VALUES (?1, ?2)",
    [JOB_TALLY] = "UPDATE tally SET jobs = jobs + ?2 WHERE state = ?1",
    [JOB_SET_LAST_ID] = "UPDATE meta SET last_id = max(last_id, ?1)",
};

int job_writer_init(struct job_writer *writer, sqlite3 *db, struct error *err)
{
    const char *sql[JOB_STATEMENTS];
    struct text insert = TEXT_EMPTY;
    struct text insert_many = TEXT_EMPTY;
    struct text update = TEXT_EMPTY;
    int result;

    memcpy(sql, fixed_sql, sizeof(sql));
    row_add_insert(&insert, 1);
    row_add_insert(&insert_many, ROWS_AT_ONCE);
    row_add_update(&update);
    sql[JOB_INSERT] = insert.bytes;
    sql[JOB_INSERT_MANY] = insert_many.bytes;
    sql[JOB_UPDATE] = update.bytes;
    writer->db = db;
    result = database_prepare_all(db, sql, writer->statements, JOB_STATEMENTS, err);
    text_release(&insert);
    text_release(&insert_many);
    text_release(&update);
    return result < 0 ? -1 : blobs_init(&writer->blobs, db, err);
}

void job_writer_release(struct job_writer *writer)
{
    database_finalize_all(writer->statements, JOB_STATEMENTS);
    job_writer_forget(writer);
    blobs_release(&writer->blobs);
}

void job_writer_forget(struct job_writer *writer)
{
    free(writer->owner.name);
    writer->owner = (struct job_owner){0};
    blobs_forget(&writer->blobs);
    memset(writer->tally, 0, sizeof(writer->tally));
}

static int load_owner(struct job_writer *writer, uint32_t uid, const char *name,
                      int64_t *id, struct error *err)
{
    sqlite3_stmt *find = writer->statements[JOB_FIND_OWNER];
    sqlite3_stmt *add = writer->statements[JOB_ADD_OWNER];
    bool has_row = false;

    sqlite3_bind_int64(find, 1, uid);
    database_bind_text(find, 2, name);
    if (database_step(find, &has_row, err) < 0)
        return -1;
    if (has_row) {
        *id = sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
        return 0;
    }
    sqlite3_bind_int64(add, 1, uid);
    database_bind_text(add, 2, name);
    if (database_run(add, err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(writer->db);
    return 0;
}

static int find_owner(struct job_writer *writer, uint32_t uid, const char *name,
                      int64_t *id, struct error *err)
{
    struct job_owner *last = &writer->owner;

    if (last->id == 0 || last->uid != uid || strcmp(last->name, name) != 0) {
        if (load_owner(writer, uid, name, id, err) < 0)
            return -1;
        free(last->name);
        *last = (struct job_owner){.id = *id, .uid = uid, .name = xstrdup(name)};
    }
    *id = last->id;
    return 0;
}

/* Store one of a job's texts; no text has the id 0. */
static int store_text(struct job_writer *writer, enum blob_use use, const char *bytes,
                      size_t size, int64_t *id, struct error *err)
{
    *id = 0;
    if (!bytes || (use == BLOB_ARGUMENTS && size <= ARGUMENTS_INLINE_MAX))
        return 0;
    return blobs_store(&writer->blobs, use, bytes, size, id, err);
}

static int store_words(struct job_writer *writer, const struct job *job,
                       const struct job_spec *spec, struct job_words *words,
                       struct error *err)
{
    const char *user = spec->user ? spec->user : "";

    if (find_owner(writer, job->uid, user, &words->owner_id, err) < 0
        || store_text(writer, BLOB_ARGUMENTS, spec->arguments, spec->arguments_size,
                      &words->arguments_id, err)
               < 0
        || store_text(writer, BLOB_SCRIPT, spec->script, spec->script_size,
                      &words->script_id, err)
               < 0
        || store_text(writer, BLOB_ENVIRONMENT, spec->environment,
                      spec->environment_size, &words->environment_id, err)
               < 0)
        return -1;
    return 0;
}

static void bind_id(sqlite3_stmt *statement, int parameter, int64_t id)
{
    if (id == 0)
        sqlite3_bind_null(statement, parameter);
    else
        sqlite3_bind_int64(statement, parameter, id);
}

static void bind_words(sqlite3_stmt *statement, size_t row, const struct job_spec *spec,
                       const struct job_words *words)
{
    const struct {
        enum row_word word;
        const char *text;
    } texts[] = {
        {ROW_POOL, ""},
        {ROW_NAME, spec->name},
        {ROW_PROJECT, spec->project},
        {ROW_QUEUE, spec->queue},
        {ROW_POOLS, spec->pools},
        {ROW_ZONES, spec->zones},
        {ROW_REFERENCE, spec->reference},
        {ROW_DIRECTORY, spec->directory},
        {ROW_OUTPUT, spec->output},
        {ROW_ERROR, spec->error},
    };
    bool is_inline = words->arguments_id == 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        database_bind_text(statement, row_parameter(row, texts[i].word), texts[i].text);
    database_bind_bytes(statement, row_parameter(row, ROW_ARGUMENTS),
                        is_inline ? spec->arguments : NULL,
                        is_inline ? spec->arguments_size : 0);
    bind_id(statement, row_parameter(row, ROW_OWNER_ID), words->owner_id);
    bind_id(statement, row_parameter(row, ROW_ARGUMENTS_ID), words->arguments_id);
    bind_id(statement, row_parameter(row, ROW_SCRIPT_ID), words->script_id);
    bind_id(statement, row_parameter(row, ROW_ENVIRONMENT_ID), words->environment_id);
}

static int add_event(struct job_writer *writer, const struct job_event *event,
                     struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_ADD_EVENT];

    sqlite3_bind_int64(statement, 1, event->job_id);
    database_bind_text(statement, 2, job_event_name(event->kind));
    sqlite3_bind_int64(statement, 3, event->at);
    sqlite3_bind_int64(statement, 4, event->actor);
    sqlite3_bind_int(statement, 5, event->attempt);
    sqlite3_bind_int(statement, 6, (int)event->cause);
    sqlite3_bind_int(statement, 7, event->status);
    sqlite3_bind_int(statement, 8, event->signal);
    sqlite3_bind_int64(statement, 9, event->value);
    database_bind_text(statement, 10, event->pool);
    database_bind_text(statement, 11, event->text);
    return database_run(statement, err);
}

static int add_after(struct job_writer *writer, const struct job *job,
                     const struct job_spec *spec, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_ADD_AFTER];

    for (size_t i = 0; i < spec->after_count; i++) {
        sqlite3_bind_int64(statement, 1, job->id);
        sqlite3_bind_int64(statement, 2, spec->after[i]);
        if (database_run(statement, err) < 0)
            return -1;
    }
    return 0;
}

/* Words that jobs share are not even compared. */
static void use_again(struct job_writer *writer, const struct job_words *words)
{
    if (words->arguments_id != 0)
        blobs_use_again(&writer->blobs, BLOB_ARGUMENTS);
    if (words->script_id != 0)
        blobs_use_again(&writer->blobs, BLOB_SCRIPT);
    if (words->environment_id != 0)
        blobs_use_again(&writer->blobs, BLOB_ENVIRONMENT);
}

static int bind_job(struct job_writer *writer, sqlite3_stmt *statement, size_t row,
                    const struct store_batch *batch, size_t index, struct error *err)
{
    const struct batch_job *added = &batch->jobs[index];
    const struct job_spec *spec = &batch->specs[added->spec];
    bool is_same = index > 0 && added->spec == batch->jobs[index - 1].spec;

    if (is_same)
        use_again(writer, &writer->words);
    else if (store_words(writer, &added->job, spec, &writer->words, err) < 0)
        return -1;
    row_bind(statement, row, &added->job);
    bind_words(statement, row, spec, &writer->words);
    writer->tally[added->job.state]++;
    if (added->job.id > writer->last_id)
        writer->last_id = added->job.id;
    return 0;
}

static int insert_jobs(struct job_writer *writer, const struct store_batch *batch,
                       struct error *err)
{
    size_t rows;

    for (size_t i = 0; i < batch->job_count; i += rows) {
        bool is_many = batch->job_count - i >= ROWS_AT_ONCE;
        sqlite3_stmt *statement =
            writer->statements[is_many ? JOB_INSERT_MANY : JOB_INSERT];

        rows = is_many ? ROWS_AT_ONCE : 1;
        for (size_t row = 0; row < rows; row++)
            if (bind_job(writer, statement, row, batch, i + row, err) < 0)
                return -1;
        if (database_run(statement, err) < 0)
            return -1;
    }
    return 0;
}

/* One statement for each range of ids: those between may be of another batch. */
static int add_submitted(struct job_writer *writer, const struct store_batch *batch,
                         struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_ADD_SUBMITTED];
    const struct batch_job *jobs = batch->jobs;
    size_t first = 0;

    for (size_t i = 0; i < batch->job_count; i++) {
        if (i + 1 < batch->job_count && jobs[i + 1].job.id == jobs[i].job.id + 1)
            continue;
        sqlite3_bind_int64(statement, 1, jobs[first].job.id);
        sqlite3_bind_int64(statement, 2, jobs[i].job.id);
        if (database_run(statement, err) < 0)
            return -1;
        first = i + 1;
    }
    return 0;
}

static int add_jobs(struct job_writer *writer, const struct store_batch *batch,
                    struct error *err)
{
    if (insert_jobs(writer, batch, err) < 0 || add_submitted(writer, batch, err) < 0)
        return -1;
    for (size_t i = 0; i < batch->job_count; i++) {
        const struct batch_job *added = &batch->jobs[i];

        if (add_after(writer, &added->job, &batch->specs[added->spec], err) < 0)
            return -1;
    }
    return 0;
}

/* The event and what it made of the job: always together. */
static int write_event(struct job_writer *writer, const struct batch_event *change,
                       struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_UPDATE];
    const char *pool = change->event.pool;

    row_bind(statement, 0, &change->job);
    database_bind_text(statement, row_parameter(0, ROW_POOL), pool[0] ? pool : NULL);
    if (database_run(statement, err) < 0)
        return -1;
    if (sqlite3_changes(writer->db) != 1)
        return error_set(err, ERROR_IO, "the database has no job %lld",
                         (long long)change->job.id);
    writer->tally[change->before]--;
    writer->tally[change->job.state]++;
    return add_event(writer, &change->event, err);
}

static int write_tally(struct job_writer *writer, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_TALLY];

    for (int i = JOB_WAITING; i < JOB_STATES; i++) {
        if (writer->tally[i] == 0)
            continue;
        sqlite3_bind_int(statement, 1, i);
        sqlite3_bind_int64(statement, 2, writer->tally[i]);
        if (database_run(statement, err) < 0)
            return -1;
        writer->tally[i] = 0;
    }
    return 0;
}

static int write_last_id(struct job_writer *writer, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_SET_LAST_ID];

    sqlite3_bind_int64(statement, 1, writer->last_id);
    return database_run(statement, err);
}

int job_writer_write(struct job_writer *writer, const struct store_batch *batch,
                     struct error *err)
{
    if (batch->job_count == 0 && batch->event_count == 0)
        return 0;
    if (add_jobs(writer, batch, err) < 0)
        return -1;
    for (size_t i = 0; i < batch->event_count; i++)
        if (write_event(writer, &batch->events[i], err) < 0)
            return -1;
    if (blobs_flush(&writer->blobs, err) < 0 || write_tally(writer, err) < 0)
        return -1;
    return batch->job_count > 0 ? write_last_id(writer, err) : 0;
}

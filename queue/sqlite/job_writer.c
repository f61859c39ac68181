/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/job_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/sqlite/row.h"

/* Shorter arguments stand in the job's row: those of a sweep are all different. */
#define ARGUMENTS_INLINE_MAX 512

static const char add_event_sql[] =
    "INSERT INTO event (job_id, number, kind, at, actor, attempt, cause, status, "
    "signal, value, pool, text) VALUES (?1, coalesce(?2, (SELECT max(number) + 1 "
    "FROM event WHERE job_id = ?1)), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

static const char *const fixed_sql[JOB_STATEMENTS] = {
    [JOB_ADD_EVENT] = add_event_sql,
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
    struct text update = TEXT_EMPTY;
    int result;

    memcpy(sql, fixed_sql, sizeof(sql));
    row_add_insert(&insert);
    row_add_update(&update);
    sql[JOB_INSERT] = insert.bytes;
    sql[JOB_UPDATE] = update.bytes;
    writer->db = db;
    result = database_prepare_all(db, sql, writer->statements, JOB_STATEMENTS, err);
    text_release(&insert);
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

static void bind_id(sqlite3_stmt *statement, enum row_word word, int64_t id)
{
    if (id == 0)
        sqlite3_bind_null(statement, row_parameter(word));
    else
        sqlite3_bind_int64(statement, row_parameter(word), id);
}

static void bind_words(sqlite3_stmt *statement, const struct job_spec *spec,
                       const struct job_words *words)
{
    bool is_inline = words->arguments_id == 0;

    database_bind_text(statement, row_parameter(ROW_POOL), "");
    bind_id(statement, ROW_OWNER_ID, words->owner_id);
    database_bind_text(statement, row_parameter(ROW_NAME), spec->name);
    database_bind_text(statement, row_parameter(ROW_PROJECT), spec->project);
    database_bind_text(statement, row_parameter(ROW_QUEUE), spec->queue);
    database_bind_text(statement, row_parameter(ROW_POOLS), spec->pools);
    database_bind_text(statement, row_parameter(ROW_ZONES), spec->zones);
    database_bind_text(statement, row_parameter(ROW_DIRECTORY), spec->directory);
    database_bind_text(statement, row_parameter(ROW_OUTPUT), spec->output);
    database_bind_text(statement, row_parameter(ROW_ERROR), spec->error);
    database_bind_bytes(statement, row_parameter(ROW_ARGUMENTS),
                        is_inline ? spec->arguments : NULL,
                        is_inline ? spec->arguments_size : 0);
    bind_id(statement, ROW_ARGUMENTS_ID, words->arguments_id);
    bind_id(statement, ROW_SCRIPT_ID, words->script_id);
    bind_id(statement, ROW_ENVIRONMENT_ID, words->environment_id);
}

/* `number` 0: the next one. */
static int add_event(struct job_writer *writer, const struct job_event *event,
                     int number, struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_ADD_EVENT];

    sqlite3_bind_int64(statement, 1, event->job_id);
    if (number > 0)
        sqlite3_bind_int(statement, 2, number);
    else
        sqlite3_bind_null(statement, 2);
    database_bind_text(statement, 3, job_event_name(event->kind));
    sqlite3_bind_int64(statement, 4, event->at);
    sqlite3_bind_int64(statement, 5, event->actor);
    sqlite3_bind_int(statement, 6, event->attempt);
    sqlite3_bind_int(statement, 7, (int)event->cause);
    sqlite3_bind_int(statement, 8, event->status);
    sqlite3_bind_int(statement, 9, event->signal);
    sqlite3_bind_int64(statement, 10, event->value);
    database_bind_text(statement, 11, event->pool);
    database_bind_text(statement, 12, event->text);
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

static int add_job(struct job_writer *writer, const struct job *job,
                   const struct job_spec *spec, const struct job_words *words,
                   struct error *err)
{
    sqlite3_stmt *statement = writer->statements[JOB_INSERT];
    struct job_event submitted = {
        .job_id = job->id,
        .kind = JOB_EVENT_SUBMITTED,
        .at = job->submitted,
        .actor = job->uid,
    };

    row_bind(statement, job);
    bind_words(statement, spec, words);
    if (database_run(statement, err) < 0 || add_event(writer, &submitted, 1, err) < 0)
        return -1;
    writer->tally[job->state]++;
    if (job->id > writer->last_id)
        writer->last_id = job->id;
    return add_after(writer, job, spec, err);
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

static int add_jobs(struct job_writer *writer, const struct store_batch *batch,
                    struct error *err)
{
    struct job_words words = {0};

    for (size_t i = 0; i < batch->job_count; i++) {
        const struct batch_job *added = &batch->jobs[i];
        const struct job_spec *spec = &batch->specs[added->spec];
        bool is_same = i > 0 && added->spec == batch->jobs[i - 1].spec;

        if (is_same)
            use_again(writer, &words);
        else if (store_words(writer, &added->job, spec, &words, err) < 0)
            return -1;
        if (add_job(writer, &added->job, spec, &words, err) < 0)
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

    row_bind(statement, &change->job);
    database_bind_text(statement, row_parameter(ROW_POOL), pool[0] ? pool : NULL);
    if (database_run(statement, err) < 0)
        return -1;
    if (sqlite3_changes(writer->db) != 1)
        return error_set(err, ERROR_IO, "the database has no job %lld",
                         (long long)change->job.id);
    writer->tally[change->before]--;
    writer->tally[change->job.state]++;
    return add_event(writer, &change->event, 0, err);
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

/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/row.h"

enum number_type { NUMBER_INT32, NUMBER_UINT32, NUMBER_INT64, NUMBER_BOOL };

struct number {
    const char *name;
    size_t offset; /* in struct job */
    enum number_type type;
    bool changes; /* an event may change it */
};

#define FIXED(member, type)                                                            \
    {                                                                                  \
#member, offsetof(struct job, member), type, false                             \
    }
#define CHANGES(member, type)                                                          \
    {                                                                                  \
#member, offsetof(struct job, member), type, true                              \
    }

/* The first is what an update finds the row by. */
static const struct number numbers[] = {
    FIXED(id, NUMBER_INT64),
    FIXED(array_id, NUMBER_INT64),
    FIXED(array_index, NUMBER_INT32),
    FIXED(array_limit, NUMBER_INT32),
    FIXED(uid, NUMBER_UINT32),
    CHANGES(state, NUMBER_INT32),
    CHANGES(attempt, NUMBER_INT32),
    CHANGES(priority, NUMBER_INT32),
    CHANGES(gpus, NUMBER_INT32),
    FIXED(gpus_min, NUMBER_INT32),
    FIXED(gpus_max, NUMBER_INT32),
    FIXED(scaling, NUMBER_INT32),
    FIXED(cpus, NUMBER_INT32),
    FIXED(power, NUMBER_INT32),
    FIXED(memory, NUMBER_INT64),
    CHANGES(gpu_mask, NUMBER_INT64),
    CHANGES(time, NUMBER_INT64),
    CHANGES(time_limit, NUMBER_INT64),
    CHANGES(max_wait, NUMBER_INT64),
    FIXED(submitted, NUMBER_INT64),
    FIXED(begin, NUMBER_INT64),
    CHANGES(deadline, NUMBER_INT64),
    CHANGES(eligible, NUMBER_INT64),
    CHANGES(started, NUMBER_INT64),
    CHANGES(ended, NUMBER_INT64),
    CHANGES(ran, NUMBER_INT64),
    CHANGES(idle_since, NUMBER_INT64),
    FIXED(grace, NUMBER_INT64),
    FIXED(signal, NUMBER_INT32),
    CHANGES(exit_status, NUMBER_INT32),
    CHANGES(exit_signal, NUMBER_INT32),
    CHANGES(cause, NUMBER_INT32),
    FIXED(interruptible, NUMBER_BOOL),
    FIXED(requeue, NUMBER_BOOL),
    CHANGES(now, NUMBER_BOOL),
    CHANGES(late, NUMBER_BOOL),
    CHANGES(cancelling, NUMBER_BOOL),
    CHANGES(after_pending, NUMBER_BOOL),
};

#define NUMBERS (sizeof(numbers) / sizeof(*numbers))
#define COLUMNS (NUMBERS + ROW_WORDS)

static const char *const words[ROW_WORDS] = {
    [ROW_POOL] = "pool",           [ROW_OWNER_ID] = "owner_id",
    [ROW_NAME] = "name",           [ROW_PROJECT] = "project",
    [ROW_QUEUE] = "queue",         [ROW_POOLS] = "pools",
    [ROW_ZONES] = "zones",         [ROW_DIRECTORY] = "directory",
    [ROW_OUTPUT] = "output",       [ROW_ERROR] = "error",
    [ROW_ARGUMENTS] = "arguments", [ROW_ARGUMENTS_ID] = "arguments_id",
    [ROW_SCRIPT_ID] = "script_id", [ROW_ENVIRONMENT_ID] = "environment_id",
    [ROW_REFERENCE] = "reference",
};

/* The numbers of states and causes are on disk. */
_Static_assert(JOB_WAITING == 1 && JOB_PAUSED == 6 && JOB_DONE == 7
                   && JOB_CANCELLED == 9 && JOB_STATES == 10,
               "states are stored by number");
_Static_assert(JOB_CAUSE_EXIT == 1 && JOB_CAUSE_DEPENDENCY == 6 && JOB_CAUSE_IDLE == 8
                   && JOB_CAUSES == 9,
               "causes are stored by number");
_Static_assert(sizeof(enum job_state) == sizeof(int32_t)
                   && sizeof(enum job_cause) == sizeof(int32_t),
               "states and causes are written as 32 bits");

int row_parameter(size_t row, enum row_word word)
{
    return (int)(row * COLUMNS + NUMBERS) + 1 + (int)word;
}

int row_column(enum row_word word)
{
    return (int)NUMBERS + (int)word;
}

void row_add_insert(struct text *sql, size_t rows)
{
    text_add(sql, "INSERT INTO job (");
    for (size_t i = 0; i < NUMBERS; i++)
        text_add_format(sql, "%s, ", numbers[i].name);
    for (size_t i = 0; i < ROW_WORDS; i++)
        text_add_format(sql, i > 0 ? ", %s" : "%s", words[i]);
    text_add(sql, ") VALUES ");
    for (size_t row = 0; row < rows; row++) {
        text_add(sql, row > 0 ? ", (?" : "(?");
        for (size_t i = 1; i < COLUMNS; i++)
            text_add(sql, ", ?");
        text_add(sql, ")");
    }
}

void row_add_update(struct text *sql)
{
    text_add(sql, "UPDATE job SET ");
    for (size_t i = 0; i < NUMBERS; i++)
        if (numbers[i].changes)
            text_add_format(sql, "%s = ?%zu, ", numbers[i].name, i + 1);
    text_add_format(sql, "pool = coalesce(?%d, pool) WHERE id = ?1",
                    row_parameter(0, ROW_POOL));
}

void row_add_select(struct text *sql)
{
    text_add(sql, "SELECT ");
    for (size_t i = 0; i < NUMBERS; i++)
        text_add_format(sql, "j.%s, ", numbers[i].name);
    for (size_t i = 0; i < ROW_WORDS; i++)
        text_add_format(sql, "%s%s.%s", i > 0 ? ", " : "",
                        i == ROW_OWNER_ID ? "o" : "j",
                        i == ROW_OWNER_ID ? "name" : words[i]);
    text_add(sql, " FROM job j CROSS JOIN owner o ON o.id = j.owner_id ");
}

void row_bind(sqlite3_stmt *statement, size_t row, const struct job *job)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        const void *place = (const char *)job + numbers[i].offset;
        int parameter = (int)(row * COLUMNS + i) + 1;

        switch (numbers[i].type) {
        case NUMBER_INT32:
            sqlite3_bind_int64(statement, parameter, *(const int32_t *)place);
            break;
        case NUMBER_UINT32:
            sqlite3_bind_int64(statement, parameter, *(const uint32_t *)place);
            break;
        case NUMBER_INT64:
            sqlite3_bind_int64(statement, parameter, *(const int64_t *)place);
            break;
        case NUMBER_BOOL:
            sqlite3_bind_int(statement, parameter, *(const bool *)place);
            break;
        }
    }
}

static void read_job(sqlite3_stmt *statement, struct job *job)
{
    *job = (struct job){0};
    for (size_t i = 0; i < NUMBERS; i++) {
        void *place = (char *)job + numbers[i].offset;
        int64_t value = sqlite3_column_int64(statement, (int)i);

        switch (numbers[i].type) {
        case NUMBER_INT32:
            *(int32_t *)place = (int32_t)value;
            break;
        case NUMBER_UINT32:
            *(uint32_t *)place = (uint32_t)value;
            break;
        case NUMBER_INT64:
            *(int64_t *)place = value;
            break;
        case NUMBER_BOOL:
            *(bool *)place = value != 0;
            break;
        }
    }
}

void row_read(sqlite3_stmt *statement, struct job_row *row)
{
    read_job(statement, &row->job);
    row->name = database_column_text(statement, row_column(ROW_NAME));
    row->user = database_column_text(statement, row_column(ROW_OWNER_ID));
    row->project = database_column_text(statement, row_column(ROW_PROJECT));
    row->queue = database_column_text(statement, row_column(ROW_QUEUE));
    row->pools = database_column_text(statement, row_column(ROW_POOLS));
    row->zones = database_column_text(statement, row_column(ROW_ZONES));
    row->reference = database_column_text(statement, row_column(ROW_REFERENCE));
    row->pool = database_column_text(statement, row_column(ROW_POOL));
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/sqlite/reader.h"

/*
 * Lists. A filter of several states or owners would make SQLite sort all that match,
 * which may be a million rows for a page of a hundred. So each pair of an owner and a
 * state is asked for its newest ids, which an index has in order, and the pages are
 * merged here.
 */

#define ALL_OWNERS 0

struct ids {
    int64_t *items;
    size_t count;
    size_t room;
};

static void ids_add(struct ids *ids, int64_t id)
{
    ids->items = xgrow(ids->items, ids->count, &ids->room, sizeof(*ids->items));
    ids->items[ids->count++] = id;
}

static int compare_descending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left < right) - (left > right);
}

/* Add the ids that a statement brings. */
static int collect(sqlite3_stmt *statement, struct ids *ids, struct error *err)
{
    bool has_row = true;

    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        ids_add(ids, sqlite3_column_int64(statement, 0));
    }
}

/* The newest ids of an owner (or of all) in a state (0: in all). */
static int collect_page(struct store_reader *reader, const struct job_filter *filter,
                        int64_t owner, int state, struct ids *ids, struct error *err)
{
    enum read_statement which = owner != ALL_OWNERS ? READ_IDS_OF_OWNER
                                : state != 0        ? READ_IDS_OF_STATE
                                                    : READ_IDS;
    sqlite3_stmt *statement = reader->statements[which];

    sqlite3_bind_int64(statement, 1, filter->below > 0 ? filter->below : INT64_MAX);
    sqlite3_bind_int64(statement, 2, (int64_t)filter->limit);
    if (which != READ_IDS)
        sqlite3_bind_int(statement, 3, state);
    if (which == READ_IDS_OF_OWNER)
        sqlite3_bind_int64(statement, 4, owner);
    return collect(statement, ids, err);
}

static int collect_states(struct store_reader *reader, const struct job_filter *filter,
                          int64_t owner, struct ids *ids, struct error *err)
{
    for (int state = JOB_WAITING; state < JOB_STATES; state++) {
        if (filter->states != 0 && (filter->states >> state & 1) == 0)
            continue;
        if (collect_page(reader, filter, owner, state, ids, err) < 0)
            return -1;
    }
    return 0;
}

static int find_owners(struct store_reader *reader, const struct job_filter *filter,
                       struct ids *owners, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_OWNERS];

    sqlite3_bind_int64(statement, 1, filter->uid);
    database_bind_text(statement, 2, filter->user);
    return collect(statement, owners, err);
}

/* The first text that no longer begins so. The caller frees. */
static char *beyond(const char *head)
{
    char *text = head ? xstrdup(head) : NULL;

    assert(!text || *text);
    if (text)
        text[strlen(text) - 1]++;
    return text;
}

/* An index has the reference; few jobs have one, but for those of an array. */
static int collect_referred(struct store_reader *reader,
                            const struct job_filter *filter, struct ids *ids,
                            struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_IDS_OF_REFERENCE];
    char *ends[] = {beyond(filter->referred[0]), beyond(filter->referred[1])};
    int result;

    sqlite3_bind_int64(statement, 1, filter->below > 0 ? filter->below : INT64_MAX);
    sqlite3_bind_int64(statement, 2, (int64_t)filter->limit);
    database_bind_text(statement, 3, filter->referred[0]);
    database_bind_text(statement, 4, ends[0]);
    sqlite3_bind_int(statement, 5, filter->task);
    sqlite3_bind_int64(statement, 6, filter->states);
    sqlite3_bind_int64(statement, 7, filter->uid);
    database_bind_text(statement, 8, filter->user);
    database_bind_text(statement, 9, filter->referred[1]);
    database_bind_text(statement, 10, ends[1]);
    result = collect(statement, ids, err);
    free(ends[0]);
    free(ends[1]);
    return result;
}

static int collect_ids(struct store_reader *reader, const struct job_filter *filter,
                       struct ids *ids, struct error *err)
{
    struct ids owners = {0};
    int result = 0;

    if (filter->referred[0])
        return collect_referred(reader, filter, ids, err);
    if (filter->uid < 0 && !filter->user)
        return filter->states == 0
                   ? collect_page(reader, filter, ALL_OWNERS, 0, ids, err)
                   : collect_states(reader, filter, ALL_OWNERS, ids, err);
    result = find_owners(reader, filter, &owners, err);
    for (size_t i = 0; i < owners.count && result == 0; i++)
        result = collect_states(reader, filter, owners.items[i], ids, err);
    free(owners.items);
    return result;
}

static int hand_on_ids(struct store_reader *reader, const struct ids *ids, size_t limit,
                       int (*on_row)(const struct job_row *row, void *context,
                                     struct error *err),
                       void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_LISTED];

    for (size_t i = 0; i < ids->count && i < limit; i++) {
        sqlite3_bind_int64(statement, 1, ids->items[i]);
        if (reader_hand_on(statement, on_row, context, err) < 0)
            return -1;
    }
    return 0;
}

int store_list(struct store_reader *reader, const struct job_filter *filter,
               int (*on_row)(const struct job_row *row, void *context,
                             struct error *err),
               void *context, struct error *err)
{
    struct ids ids = {0};
    int result;

    assert(filter->limit <= LIST_LIMIT_MAX);
    /* One moment for the ids and their rows. */
    if (database_execute(reader->db, "SAVEPOINT list", err) < 0)
        return -1;
    result = collect_ids(reader, filter, &ids, err);
    if (result == 0 && ids.count > 0) {
        qsort(ids.items, ids.count, sizeof(*ids.items), compare_descending);
        result = hand_on_ids(reader, &ids, filter->limit, on_row, context, err);
    }
    database_execute(reader->db, "RELEASE list", NULL);
    free(ids.items);
    return result;
}

int store_load_referred(struct store_reader *reader, const char *reference,
                        int (*on_row)(const struct job_row *row, void *context,
                                      struct error *err),
                        void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_REFERRED];

    database_bind_text(statement, 1, reference);
    return reader_hand_on(statement, on_row, context, err);
}

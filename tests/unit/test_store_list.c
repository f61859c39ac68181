/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/sqlite/reader.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

struct listed {
    int64_t ids[300];
    size_t count;
    char user[40];
    char pool[40];
    char name[40];
    size_t break_after; /* 0: never */
};

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct listed *listed = context;

    listed->ids[listed->count++] = row->job.id;
    strncpy(listed->user, row->user, sizeof(listed->user) - 1);
    strncpy(listed->pool, row->pool, sizeof(listed->pool) - 1);
    strncpy(listed->name, row->name, sizeof(listed->name) - 1);
    if (listed->count == listed->break_after)
        return error_set(err, ERROR_CONFLICT, "enough");
    return 0;
}

/*
 * Twelve jobs: ada (1000) has 1 4 7 10, bob (1001) has 2 5 8 11, and eve 3 6 9 12, who
 * has the uid that was bob's. 1 to 3 are done, 4 failed, 5 is held, the rest waits.
 */
static int fill(void **state)
{
    static const char *const users[] = {"eve", "ada", "bob"};
    static const uint32_t uids[] = {1001, 1000, 1001};
    struct job_event hold = {.job_id = 5, .kind = JOB_EVENT_HELD, .at = 520};
    struct stores *stores;

    if (stores_setup(state) < 0)
        return -1;
    stores = *state;
    for (int64_t id = 1; id <= 12; id++) {
        struct job job =
            stores_add(stores, id, uids[id % 3], users[id % 3], 500 + 10 * id);

        if (id <= 3)
            stores_finish(stores, &job, JOB_DONE, 1000 * id, 1000 * id + 500);
        if (id == 4)
            stores_finish(stores, &job, JOB_FAILED, 4000, 4500);
        if (id == 5) {
            hold.at = job.submitted;
            stores_apply(stores, &job, &hold);
        }
    }
    return 0;
}

#define BIT(state) (1U << (state))

static void a_page_has_the_newest_that_match(void **state)
{
    static const struct {
        struct job_filter filter;
        int64_t ids[13]; /* up to 0 */
    } cases[] = {
        {{0, -1, NULL, 0, 100, {NULL}, -1}, {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
        {{0, -1, NULL, 0, 3, {NULL}, -1}, {12, 11, 10}},
        {{0, -1, NULL, 10, 3, {NULL}, -1}, {9, 8, 7}},
        {{0, -1, NULL, 1, 3, {NULL}, -1}, {0}},
        {{BIT(JOB_DONE), -1, NULL, 0, 100, {NULL}, -1}, {3, 2, 1}},
        {{BIT(JOB_DONE) | BIT(JOB_FAILED), -1, NULL, 0, 3, {NULL}, -1}, {4, 3, 2}},
        {{BIT(JOB_DONE) | BIT(JOB_HELD), -1, NULL, 5, 100, {NULL}, -1}, {3, 2, 1}},
        {{BIT(JOB_RUNNING), -1, NULL, 0, 100, {NULL}, -1}, {0}},
        {{0, 1000, NULL, 0, 100, {NULL}, -1}, {10, 7, 4, 1}},
        {{0, 1001, NULL, 0, 3, {NULL}, -1}, {12, 11, 9}},
        {{0, -1, "eve", 0, 100, {NULL}, -1}, {12, 9, 6, 3}},
        {{0, 1001, "bob", 9, 100, {NULL}, -1}, {8, 5, 2}},
        {{0, 1000, "bob", 0, 100, {NULL}, -1}, {0}},
        {{BIT(JOB_WAITING), 1001, "bob", 0, 100, {NULL}, -1}, {11, 8}},
        {{BIT(JOB_HELD) | BIT(JOB_DONE), 1001, NULL, 0, 100, {NULL}, -1}, {5, 3, 2}},
        {{0, 7, NULL, 0, 100, {NULL}, -1}, {0}},
        {{0, -1, "mallory", 0, 100, {NULL}, -1}, {0}},
        {{0, -1, NULL, 0, 0, {NULL}, -1}, {0}},
    };
    struct stores *stores = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct listed listed = {0};

        assert_int_equal(
            store_list(stores->reader, &cases[i].filter, on_row, &listed, NULL), 0);
        for (size_t j = 0; j <= listed.count; j++)
            if (listed.ids[j] != cases[i].ids[j])
                fail_msg("case %zu: place %zu: %lld", i, j, (long long)listed.ids[j]);
    }
}

static void a_row_brings_its_words(void **state)
{
    struct stores *stores = *state;
    struct job_filter filter = {.uid = 1000, .below = 2, .limit = 1};
    struct listed listed = {0};

    assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, NULL), 0);
    assert_string_equal(listed.user, "ada");
    assert_string_equal(listed.pool, "lab");
    assert_string_equal(listed.name, "train");
}

static void a_list_may_be_broken_off_and_asked_again(void **state)
{
    struct stores *stores = *state;
    struct job_filter filter = {.uid = -1, .limit = 100};
    struct listed listed = {.break_after = 2};
    struct error err = {0};

    assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, &err), -1);
    assert_string_equal(err.text, "enough");
    listed = (struct listed){0};
    assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 12);
    listed = (struct listed){.break_after = 3};
    assert_int_equal(store_load_open(stores->reader, on_row, &listed, NULL), -1);
    listed = (struct listed){0};
    assert_int_equal(store_load_open(stores->reader, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 8);
}

static void open_jobs_come_in_order_of_id(void **state)
{
    struct stores *stores = *state;
    struct listed listed = {0};

    assert_int_equal(store_load_open(stores->reader, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 8);
    for (size_t i = 0; i < listed.count; i++)
        assert_int_equal(listed.ids[i], 5 + (int64_t)i);
}

static void a_period_has_who_was_there_and_ran_or_may_yet(void **state)
{
    struct stores *stores = *state;
    struct listed listed = {0};
    struct job job = stores_add(stores, 13, 1000, "ada", 4000);
    struct job_event event = {.job_id = 13, .kind = JOB_EVENT_CANCELLED, .at = 9000};

    stores_apply(stores, &job, &event);
    stores_add(stores, 14, 1000, "ada", 6000);
    /* 1 ended at 1500, 2 at 2500; 13 never started; 14 came later. */
    assert_int_equal(
        store_load_period(stores->reader, 2500, 6000, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 10);
    assert_int_equal(listed.ids[0], 3);
    assert_int_equal(listed.ids[9], 12);
    listed = (struct listed){0};
    assert_int_equal(
        store_load_period(stores->reader, 2499, 6001, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 12);
    assert_int_equal(listed.ids[0], 2);
    assert_int_equal(listed.ids[11], 14);
}

static void states_are_counted(void **state)
{
    struct stores *stores = *state;
    int64_t counts[JOB_STATES];

    assert_int_equal(store_count_states(stores->reader, counts, NULL), 0);
    assert_int_equal(counts[JOB_WAITING], 7);
    assert_int_equal(counts[JOB_HELD], 1);
    assert_int_equal(counts[JOB_DONE], 3);
    assert_int_equal(counts[JOB_FAILED], 1);
    assert_int_equal(counts[JOB_RUNNING], 0);
}

static void the_median_is_of_the_last_twenty_good_runs(void **state)
{
    struct stores *stores = *state;
    duration median = -1;

    for (int64_t id = 1; id <= 25; id++) {
        struct job job = stores_add(stores, id, 1000, "ada", 500);

        if (id == 3) {
            assert_int_equal(
                store_median_time(stores->reader, 1000, "train", 1, &median, NULL), 0);
            assert_int_equal(median, 0);
        }
        /* The first five are too old to count. */
        stores_finish(stores, &job, JOB_DONE, 10000 * id,
                      10000 * id + (id <= 5 ? 9000 : 100 * id));
        if (id == 3) {
            assert_int_equal(
                store_median_time(stores->reader, 1000, "train", 1, &median, NULL), 0);
            assert_int_equal(median, 9000);
        }
    }
    for (int64_t id = 26; id <= 30; id++) {
        struct job job = stores_add(stores, id, 1000, "ada", 500);

        stores_finish(stores, &job, JOB_FAILED, 10000 * id, 10000 * id + 7);
    }
    assert_int_equal(store_median_time(stores->reader, 1000, "train", 1, &median, NULL),
                     0);
    assert_int_equal(median, (1500 + 1600) / 2);
    assert_int_equal(store_median_time(stores->reader, 1000, "train", 2, &median, NULL),
                     0);
    assert_int_equal(median, 0);
    assert_int_equal(store_median_time(stores->reader, 1001, "train", 1, &median, NULL),
                     0);
    assert_int_equal(median, 0);
    assert_int_equal(store_median_time(stores->reader, 1000, "other", 1, &median, NULL),
                     0);
    assert_int_equal(median, 0);
}

static void pruning_takes_what_ended_long_ago_in_steps(void **state)
{
    struct stores *stores = *state;
    struct job_filter filter = {.uid = -1, .limit = 100};
    struct listed listed = {0};
    int64_t counts[JOB_STATES];
    size_t deleted = 0;

    assert_int_equal(store_prune(stores->store, 3500, 0, 2, &deleted, NULL), 0);
    assert_int_equal(deleted, 2);
    assert_int_equal(store_prune(stores->store, 3500, 0, 2, &deleted, NULL), 0);
    assert_int_equal(deleted, 0);
    assert_int_equal(store_prune(stores->store, 3501, 0, 2, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 9);
    assert_int_equal(listed.ids[8], 4);
    assert_int_equal(store_count_states(stores->reader, counts, NULL), 0);
    assert_int_equal(counts[JOB_DONE], 0);
    assert_int_equal(counts[JOB_FAILED], 1);
}

static void a_job_that_others_come_after_is_kept_for_them(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job later = stores_job(13, 1000, 700);
    struct job_spec spec = stores_spec("ada", "train");
    struct job_event cancel = {.job_id = 13, .kind = JOB_EVENT_CANCELLED, .at = 9000};
    size_t deleted = 0;

    spec.after[0] = 2;
    spec.after_count = 1;
    store_batch_add_job(batch, &later, &spec);
    stores_write(stores, batch);
    assert_int_equal(store_prune(stores->store, 5000, 0, 10, &deleted, NULL), 0);
    assert_int_equal(deleted, 3);
    later.state = JOB_WAITING;
    stores_apply(stores, &later, &cancel);
    assert_int_equal(store_prune(stores->store, 5000, 0, 10, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
}

static int64_t count_texts(const struct stores *stores)
{
    char path[300];
    sqlite3 *db = database_open(stores_path(stores, "penstock.db", path), true, NULL);
    int64_t count = -1;

    assert_non_null(db);
    assert_int_equal(database_number(db, "SELECT count(*) FROM blob", &count, NULL), 0);
    sqlite3_close(db);
    return count;
}

static void texts_go_with_the_last_job_that_uses_them(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job jobs[2] = {stores_job(1, 1000, 500), stores_job(2, 1000, 500)};
    struct job_spec spec = stores_spec("ada", "array");
    struct job_spec found = {0};
    char pool[33];
    size_t deleted = 0;

    store_batch_add_jobs(batch, jobs, 2, &spec);
    stores_write(stores, batch);
    assert_int_equal(count_texts(stores), 1);
    for (int i = 0; i < 2; i++) {
        struct job job = jobs[i];

        job.state = JOB_WAITING;
        stores_finish(stores, &job, JOB_DONE, 600, 700 + i);
    }
    assert_int_equal(store_prune(stores->store, 701, 0, 10, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    assert_int_equal(store_find_job(stores->reader, 2, &jobs[1], &found, pool, NULL),
                     0);
    assert_int_equal(found.environment_size, 26);
    job_spec_release(&found);
    assert_int_equal(store_prune(stores->store, 702, 0, 10, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    assert_int_equal(count_texts(stores), 0);
    /* The same words once more: what was remembered of them must not be believed. */
    stores_add(stores, 3, 1000, "ada", 800);
    assert_int_equal(store_find_job(stores->reader, 3, &jobs[1], &found, pool, NULL),
                     0);
    assert_memory_equal(found.environment, "PATH=/usr/bin:/bin\0LANG=C", 26);
    job_spec_release(&found);
}

/* What grows without end is searched by an index, whatever is asked. */
static void no_question_looks_through_all_rows(void **state)
{
    static const char *const tables[] = {"SCAN job", "SCAN j",        "SCAN event",
                                         "SCAN a",   "SCAN forecast", "SCAN f",
                                         "SCAN blob"};
    struct stores *stores = *state;

    for (size_t i = 0; i < READ_STATEMENTS; i++) {
        struct text sql = TEXT_EMPTY;
        sqlite3_stmt *plan;
        bool has_row = true;

        text_add(&sql, "EXPLAIN QUERY PLAN ");
        text_add(&sql, sqlite3_sql(stores->reader->statements[i]));
        plan = database_prepare(stores->reader->db, sql.bytes, NULL);
        assert_non_null(plan);
        while (database_step(plan, &has_row, NULL) == 0 && has_row)
            for (size_t j = 0; j < sizeof(tables) / sizeof(*tables); j++)
                if (strstr(database_column_text(plan, 3), tables[j]))
                    fail_msg("%s: %s", sql.bytes, database_column_text(plan, 3));
        sqlite3_finalize(plan);
        text_release(&sql);
    }
}

#define WITH_JOBS(test) cmocka_unit_test_setup_teardown(test, fill, stores_teardown)
#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_JOBS(a_page_has_the_newest_that_match),
        WITH_JOBS(a_row_brings_its_words),
        WITH_JOBS(a_list_may_be_broken_off_and_asked_again),
        WITH_JOBS(open_jobs_come_in_order_of_id),
        WITH_JOBS(a_period_has_who_was_there_and_ran_or_may_yet),
        WITH_JOBS(states_are_counted),
        WITH_STORE(the_median_is_of_the_last_twenty_good_runs),
        WITH_JOBS(pruning_takes_what_ended_long_ago_in_steps),
        WITH_JOBS(a_job_that_others_come_after_is_kept_for_them),
        WITH_STORE(no_question_looks_through_all_rows),
        WITH_STORE(texts_go_with_the_last_job_that_uses_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

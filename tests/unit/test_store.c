/* SPDX-License-Identifier: MIT */
#include "queue/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

static int64_t find_state(struct stores *stores, int64_t id)
{
    struct job job = {0};
    struct job_spec spec = {0};
    char pool[33];

    if (store_find_job(stores->reader, id, &job, &spec, pool, NULL) < 0)
        return -1;
    job_spec_release(&spec);
    return (int64_t)job.state;
}

static void a_job_comes_back_with_all_its_words(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(1, 1000, 500);
    struct job_spec spec = stores_spec("ada", "train");
    struct job_spec found = {0};
    struct job row;
    char pool[33];

    spec.project = xstrdup("llm");
    spec.pools = xstrdup("lab,big");
    spec.zones = xstrdup("GB");
    spec.error = xstrdup("err-%j");
    spec.script = xstrdup("#!/bin/sh\n");
    spec.script_size = 10;
    spec.after[0] = 7;
    spec.after[1] = 5;
    spec.after_count = 2;
    store_batch_add_job(batch, &job, &spec);
    assert_null(spec.name);
    stores_write(stores, batch);
    assert_int_equal(store_find_job(stores->reader, 1, &row, &found, pool, NULL), 0);
    assert_int_equal(row.state, JOB_WAITING);
    assert_int_equal(row.eligible, 500);
    assert_string_equal(pool, "");
    assert_string_equal(found.name, "train");
    assert_string_equal(found.user, "ada");
    assert_string_equal(found.project, "llm");
    assert_string_equal(found.queue, "training");
    assert_string_equal(found.pools, "lab,big");
    assert_string_equal(found.zones, "GB");
    assert_string_equal(found.directory, "/home/ada");
    assert_string_equal(found.output, "penstock-%j.out");
    assert_string_equal(found.error, "err-%j");
    assert_int_equal(found.arguments_size, 17);
    assert_memory_equal(found.arguments, "python3\0train.py", 17);
    assert_int_equal(found.environment_size, 26);
    assert_memory_equal(found.environment, "PATH=/usr/bin:/bin\0LANG=C", 26);
    assert_int_equal(found.script_size, 10);
    assert_string_equal(found.script, "#!/bin/sh\n");
    assert_int_equal(found.after_count, 2);
    assert_int_equal(found.after[0], 5);
    assert_int_equal(found.after[1], 7);
    job_spec_release(&found);
}

static void words_that_were_not_given_are_not_made_up(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(1, 1000, 500);
    struct job_spec spec = {.arguments = xmemdup("ls", 3), .arguments_size = 3};
    struct job_spec found = {0};
    char pool[33];

    store_batch_add_job(batch, &job, &spec);
    stores_write(stores, batch);
    assert_int_equal(store_find_job(stores->reader, 1, &job, &found, pool, NULL), 0);
    assert_null(found.name);
    assert_null(found.pools);
    assert_null(found.script);
    assert_null(found.environment);
    assert_null(found.error);
    assert_int_equal(found.after_count, 0);
    job_spec_release(&found);
}

static void long_and_shared_texts_come_back_to_each_job(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    char pool[33];

    for (int64_t id = 1; id <= 40; id++) {
        struct job job = stores_job(id, 1000, 500);
        struct job_spec spec = stores_spec("ada", "train");

        free(spec.arguments);
        spec.arguments_size = 2000;
        spec.arguments = xcalloc(1, spec.arguments_size);
        memset(spec.arguments, 'a' + (int)(id % 3), spec.arguments_size - 1);
        store_batch_add_job(batch, &job, &spec);
    }
    stores_write(stores, batch);
    for (int64_t id = 1; id <= 40; id++) {
        struct job job;
        struct job_spec spec = {0};

        assert_int_equal(store_find_job(stores->reader, id, &job, &spec, pool, NULL),
                         0);
        assert_int_equal(spec.arguments_size, 2000);
        assert_int_equal(spec.arguments[1000], 'a' + (int)(id % 3));
        assert_int_equal(spec.environment_size, 26);
        job_spec_release(&spec);
    }
}

static void an_array_shares_its_words(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job jobs[3] = {stores_job(4, 1000, 500), stores_job(5, 1000, 500),
                          stores_job(6, 1000, 500)};
    struct job_spec spec = stores_spec("ada", "array");
    struct job_spec found = {0};
    struct job row;
    char pool[33];

    store_batch_add_jobs(batch, jobs, 3, &spec);
    assert_int_equal(store_batch_count(batch), 3);
    stores_write(stores, batch);
    assert_int_equal(store_find_job(stores->reader, 6, &row, &found, pool, NULL), 0);
    assert_string_equal(found.name, "array");
    assert_int_equal(found.environment_size, 26);
    job_spec_release(&found);
    assert_int_equal(store_last_id(stores->store), 6);
}

struct events {
    struct job_event items[10];
    size_t count;
};

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct events *events = context;

    (void)err;
    events->items[events->count++] = *event;
    return 0;
}

/* A job whose name, owner and time tell its id. */
static void add_numbered(struct store_batch *batch, int64_t id)
{
    struct job job = stores_job(id, (uint32_t)(1000 + id), 500 + id);
    char name[20];
    struct job_spec spec;

    snprintf(name, sizeof(name), "job-%d", (int)id);
    spec = stores_spec("ada", name);
    store_batch_add_job(batch, &job, &spec);
}

static int check_submitted(const struct job_event *event, void *context,
                           struct error *err)
{
    int64_t *id = context;

    (void)err;
    assert_int_equal(event->kind, JOB_EVENT_SUBMITTED);
    assert_int_equal(event->job_id, *id);
    assert_int_equal(event->actor, 1000 + *id);
    assert_int_equal(event->at, 500 + *id);
    *id = -*id;
    return 0;
}

static void batches_may_be_written_in_another_order_than_their_ids(void **state)
{
    struct stores *stores = *state;
    struct store_batch *around = store_batch_create();
    struct store_batch *between = store_batch_create();

    for (int64_t id = 1; id <= 80; id++)
        add_numbered(id % 40 < 3 ? around : between, id);
    stores_write(stores, between);
    stores_write(stores, around);
    for (int64_t id = 1; id <= 80; id++) {
        struct job_spec found = {0};
        int64_t told = id;
        struct job job;
        char pool[33];

        store_find_job(stores->reader, id, &job, &found, pool, NULL);
        assert_int_equal(job.uid, 1000 + id);
        assert_int_equal(strtol(found.name + strlen("job-"), NULL, 10), id);
        job_spec_release(&found);
        store_load_events(stores->reader, id, check_submitted, &told, NULL);
        assert_int_equal(told, -id);
    }
}

static void events_come_back_in_order_with_all_they_say(void **state)
{
    struct stores *stores = *state;
    struct job job = stores_add(stores, 1, 1000, "ada", 500);
    struct events events = {0};
    struct job_event event = {.job_id = 1,
                              .kind = JOB_EVENT_STARTING,
                              .at = 600,
                              .actor = JOB_ACTOR_DAEMON,
                              .attempt = 1,
                              .value = 3,
                              .pool = "lab",
                              .text = "green: 141 g/kWh"};

    stores_apply(stores, &job, &event);
    event = (struct job_event){.job_id = 1,
                               .kind = JOB_EVENT_BROKE,
                               .at = 700,
                               .actor = 0,
                               .attempt = 1,
                               .cause = JOB_CAUSE_NOT_STARTED,
                               .status = 127,
                               .signal = 2};
    stores_apply(stores, &job, &event);
    assert_int_equal(store_load_events(stores->reader, 1, on_event, &events, NULL), 0);
    assert_int_equal(events.count, 3);
    assert_int_equal(events.items[0].kind, JOB_EVENT_SUBMITTED);
    assert_int_equal(events.items[0].at, 500);
    assert_int_equal(events.items[0].actor, 1000);
    assert_int_equal(events.items[1].kind, JOB_EVENT_STARTING);
    assert_int_equal(events.items[1].actor, JOB_ACTOR_DAEMON);
    assert_int_equal(events.items[1].attempt, 1);
    assert_int_equal(events.items[1].value, 3);
    assert_string_equal(events.items[1].pool, "lab");
    assert_string_equal(events.items[1].text, "green: 141 g/kWh");
    assert_int_equal(events.items[2].kind, JOB_EVENT_BROKE);
    assert_int_equal(events.items[2].at, 700);
    assert_int_equal(events.items[2].cause, JOB_CAUSE_NOT_STARTED);
    assert_int_equal(events.items[2].status, 127);
    assert_int_equal(events.items[2].signal, 2);
}

static void a_job_may_be_held_in_the_batch_that_adds_it(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(1, 1000, 500);
    struct job_spec spec = stores_spec("ada", "train");
    struct job_event event = {.job_id = 1, .kind = JOB_EVENT_HELD, .at = 500};

    store_batch_add_job(batch, &job, &spec);
    job.state = JOB_WAITING;
    assert_int_equal(store_batch_add_event(batch, &job, &event, NULL), 0);
    stores_write(stores, batch);
    assert_int_equal(find_state(stores, 1), JOB_HELD);
}

static void an_event_that_cannot_follow_is_not_taken(void **state)
{
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(1, 1000, 500);
    struct job_event event = {.job_id = 1, .kind = JOB_EVENT_STARTED, .at = 500};
    struct error err = {0};

    (void)state;
    job.state = JOB_WAITING;
    assert_int_equal(store_batch_add_event(batch, &job, &event, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_int_equal(store_batch_count(batch), 0);
    store_batch_destroy(batch);
}

static void a_batch_with_a_fault_is_not_written_in_part(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(50, 1000, 500);
    struct job stranger = stores_job(99, 1000, 500);
    struct job_spec spec = stores_spec("ada", "train");
    struct job_event event = {.job_id = 99, .kind = JOB_EVENT_HELD, .at = 500};
    struct error err = {0};
    int64_t counts[JOB_STATES];

    store_batch_add_job(batch, &job, &spec);
    stranger.state = JOB_WAITING;
    assert_int_equal(store_batch_add_event(batch, &stranger, &event, NULL), 0);
    assert_int_equal(store_write(stores->store, batch, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    store_batch_destroy(batch);
    assert_int_equal(find_state(stores, 50), -1);
    assert_int_equal(store_last_id(stores->store), 0);
    stores_add(stores, 1, 1000, "ada", 500);
    assert_int_equal(store_last_id(stores->store), 1);
    assert_int_equal(find_state(stores, 1), JOB_WAITING);
    assert_int_equal(store_count_states(stores->reader, counts, NULL), 0);
    assert_int_equal(counts[JOB_WAITING], 1);
    assert_int_equal(counts[JOB_HELD], 0);
}

static void ids_are_remembered_when_their_jobs_are_gone(void **state)
{
    struct stores *stores = *state;
    struct job job = stores_add(stores, 41, 1000, "ada", 500);
    size_t deleted = 0;

    stores_finish(stores, &job, JOB_DONE, 600, 700);
    assert_int_equal(store_prune(stores->store, 1000, 0, 10, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    stores_close(stores);
    stores_open(stores);
    assert_int_equal(find_state(stores, 41), -1);
    assert_int_equal(store_last_id(stores->store), 41);
}

static void a_missing_job_is_said_to_be_missing(void **state)
{
    struct stores *stores = *state;
    struct job job = {.id = 7};
    struct job_spec spec = {0};
    struct error err = {0};
    char pool[33] = "as before";

    assert_int_equal(store_find_job(stores->reader, 3, &job, &spec, pool, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(job.id, 7);
    assert_string_equal(pool, "as before");
}

static void dependencies_are_told_while_they_are_open(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job done = stores_add(stores, 1, 1000, "ada", 500);
    struct job failed = stores_add(stores, 2, 1000, "ada", 500);
    struct job job = stores_job(4, 1000, 500);
    struct job_spec spec = stores_spec("ada", "train");
    int64_t after[JOB_AFTER_MAX];
    size_t count = 0;

    stores_add(stores, 3, 1000, "ada", 500);
    job.after_pending = true;
    spec.after[0] = 1;
    spec.after[1] = 2;
    spec.after[2] = 3;
    spec.after_count = 3;
    store_batch_add_job(batch, &job, &spec);
    stores_write(stores, batch);
    assert_int_equal(store_load_after(stores->reader, 4, after, &count, NULL), 0);
    assert_int_equal(count, 3);
    stores_finish(stores, &done, JOB_DONE, 600, 700);
    stores_finish(stores, &failed, JOB_FAILED, 600, 700);
    assert_int_equal(store_load_after(stores->reader, 4, after, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(after[0], 3);
}

static void a_reader_sees_what_was_committed_while_it_reads(void **state)
{
    struct stores *stores = *state;
    int64_t counts[JOB_STATES];

    stores_add(stores, 1, 1000, "ada", 500);
    stores_add(stores, 2, 1000, "ada", 500);
    assert_int_equal(store_count_states(stores->reader, counts, NULL), 0);
    assert_int_equal(counts[JOB_WAITING], 2);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_job_comes_back_with_all_its_words),
        WITH_STORE(words_that_were_not_given_are_not_made_up),
        WITH_STORE(long_and_shared_texts_come_back_to_each_job),
        WITH_STORE(an_array_shares_its_words),
        WITH_STORE(batches_may_be_written_in_another_order_than_their_ids),
        WITH_STORE(events_come_back_in_order_with_all_they_say),
        WITH_STORE(a_job_may_be_held_in_the_batch_that_adds_it),
        cmocka_unit_test(an_event_that_cannot_follow_is_not_taken),
        WITH_STORE(a_batch_with_a_fault_is_not_written_in_part),
        WITH_STORE(ids_are_remembered_when_their_jobs_are_gone),
        WITH_STORE(a_missing_job_is_said_to_be_missing),
        WITH_STORE(dependencies_are_told_while_they_are_open),
        WITH_STORE(a_reader_sees_what_was_committed_while_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

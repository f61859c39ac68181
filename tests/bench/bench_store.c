/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/store.h"
#include "tests/support/stores.h"

/*
 * What the store costs: batches of new jobs, the loading of open ones, pages of lists.
 * Usage: bench_store [JOBS]     (100 000 ended ones beside 100 000 open ones)
 */

#define BATCH INT64_C(10000)
#define OPEN  INT64_C(100000)

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_ms(const char *name, double since)
{
    printf("%s %.1f ms\n", name, now_ms() - since);
}

/* Jobs whose arguments differ, as those of a sweep, by so many users in turn. */
static struct store_batch *make_sweep(int64_t first_id, int64_t users)
{
    struct store_batch *batch = store_batch_create();

    for (int64_t id = first_id; id < first_id + BATCH; id++) {
        struct job job = stores_job(id, (uint32_t)(1000 + id % users), 1000000 + id);
        struct job_spec spec = stores_spec(id % users ? "ada" : "bob", "train");
        char argument[40];
        int length = snprintf(argument, sizeof(argument), "--seed=%lld", (long long)id);

        free(spec.arguments);
        spec.arguments = xmemdup(argument, (size_t)length + 1);
        spec.arguments_size = (size_t)length + 1;
        free(spec.environment);
        spec.environment_size = 4000;
        spec.environment = xcalloc(1, 4000);
        memset(spec.environment, 'e', 3999);
        store_batch_add_job(batch, &job, &spec);
    }
    return batch;
}

static struct store_batch *make_array(int64_t first_id)
{
    struct store_batch *batch = store_batch_create();
    struct job *jobs = xcalloc(BATCH, sizeof(*jobs));
    struct job_spec spec = stores_spec("ada", "array");

    for (int i = 0; i < BATCH; i++) {
        jobs[i] = stores_job(first_id + i, 1001, 1000000 + first_id + i);
        jobs[i].array_id = first_id;
        jobs[i].array_index = i;
    }
    store_batch_add_jobs(batch, jobs, BATCH, &spec);
    free(jobs);
    return batch;
}

static void write_or_exit(struct store *store, struct store_batch *batch)
{
    struct error err = {0};

    if (store_write(store, batch, &err) < 0) {
        fprintf(stderr, "bench_store: %s\n", err.text);
        exit(1);
    }
    store_batch_destroy(batch);
}

/* Cancel jobs; of each thousandth the state is another, so that lists have to look. */
static void end_jobs(struct store *store, int64_t first_id)
{
    struct store_batch *batch = store_batch_create();

    for (int64_t id = first_id; id < first_id + BATCH; id++) {
        struct job job = stores_job(id, (uint32_t)(1000 + id % 7), 1000000 + id);
        struct job_event event = {.job_id = id,
                                  .kind =
                                      id % 1000 ? JOB_EVENT_CANCELLED : JOB_EVENT_HELD,
                                  .at = 1000000 + id};

        job.state = JOB_WAITING;
        store_batch_add_event(batch, &job, &event, NULL);
    }
    write_or_exit(store, batch);
}

static int count_row(const struct job_row *row, void *context, struct error *err)
{
    (void)row;
    (void)err;
    ++*(size_t *)context;
    return 0;
}

static void list(struct store_reader *reader, const char *name,
                 const struct job_filter *filter)
{
    double start = now_ms();
    size_t count = 0;

    store_list(reader, filter, count_row, &count, NULL);
    print_ms(name, start);
}

static void list_all(struct store_reader *reader)
{
    unsigned held = 1U << JOB_HELD;
    unsigned ended = 1U << JOB_DONE | 1U << JOB_FAILED | 1U << JOB_CANCELLED;

    list(reader, "list_all", &(struct job_filter){.uid = -1, .limit = 100});
    list(reader, "list_rare_state",
         &(struct job_filter){.uid = -1, .limit = 100, .states = held});
    list(reader, "list_no_such_state",
         &(struct job_filter){.uid = -1, .limit = 100, .states = 1U << JOB_RUNNING});
    list(reader, "list_ended",
         &(struct job_filter){.uid = -1, .limit = 100, .states = ended});
    list(reader, "list_of_uid", &(struct job_filter){.uid = 1003, .limit = 100});
    list(reader, "list_of_user",
         &(struct job_filter){.uid = -1, .user = "bob", .limit = 100});
    list(reader, "list_of_another",
         &(struct job_filter){.uid = 1003, .user = "bob", .limit = 100});
    list(reader, "list_of_user_rare",
         &(struct job_filter){
             .uid = -1, .user = "ada", .limit = 100, .states = held, .below = 50000});
}

int main(int argc, char **argv)
{
    int64_t ended = argc > 1 ? strtoll(argv[1], NULL, 10) : 100000;
    int64_t id = 1;
    size_t count = 0;
    int64_t counts[JOB_STATES];
    struct stores stores = {0};
    struct store_batch *batch;
    double start;

    stores_make_directory(stores.directory);
    stores_open(&stores);
    for (; id <= ended; id += BATCH) {
        write_or_exit(stores.store, make_sweep(id, 7));
        end_jobs(stores.store, id);
    }
    for (int64_t open = 0; open + 2 * BATCH < OPEN; open += BATCH, id += BATCH)
        write_or_exit(stores.store, make_sweep(id, 7));
    batch = make_sweep(id, 1);
    start = now_ms();
    write_or_exit(stores.store, batch);
    print_ms("write_10000_jobs", start);
    id += BATCH;
    batch = make_array(id);
    start = now_ms();
    write_or_exit(stores.store, batch);
    print_ms("write_array_of_10000", start);
    start = now_ms();
    store_load_open(stores.reader, count_row, &count, NULL);
    print_ms("load_100000_open_jobs", start);
    list_all(stores.reader);
    start = now_ms();
    store_count_states(stores.reader, counts, NULL);
    print_ms("count_states", start);
    stores_close(&stores);
    stores_remove_directory(stores.directory);
    return 0;
}

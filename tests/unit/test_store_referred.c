/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/alloc.h"
#include "queue/store.h"
#include "tests/support/stores.h"

struct listed {
    int64_t ids[20];
    size_t count;
    char reference[40];
};

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct listed *listed = context;

    (void)err;
    listed->ids[listed->count++] = row->job.id;
    strncpy(listed->reference, row->reference ? row->reference : "",
            sizeof(listed->reference) - 1);
    return 0;
}

static void
jobs_that_another_scheduler_runs_are_found_by_its_name_for_them(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct job jobs[2] = {stores_job(1, 1000, 500), stores_job(2, 1000, 500)};
    struct job_spec spec = stores_spec("ada", "sweep");
    struct listed listed = {0};

    jobs[0].array_id = jobs[1].array_id = 1;
    jobs[1].array_index = 1;
    spec.reference = xstrdup("trial/17@500");
    store_batch_add_jobs(batch, jobs, 2, &spec);
    stores_write(stores, batch);
    stores_add(stores, 3, 1000, "ada", 600);
    assert_int_equal(
        store_load_referred(stores->reader, "trial/17@500", on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 2);
    assert_int_equal(listed.ids[0], 2);
    assert_string_equal(listed.reference, "trial/17@500");
    listed = (struct listed){0};
    assert_int_equal(
        store_load_referred(stores->reader, "trial/18@500", on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 0);
    assert_int_equal(store_load_open(stores->reader, on_row, &listed, NULL), 0);
    assert_int_equal(listed.ids[2], 3);
    assert_string_equal(listed.reference, "");
}

/* Jobs `first` and on: one, or as many tasks of an array; all are the user's. */
static void take_in(struct stores *stores, int64_t first, size_t tasks, uint32_t uid,
                    const char *reference)
{
    struct store_batch *batch = store_batch_create();
    struct job jobs[4];
    struct job_spec spec = stores_spec(uid == 1000 ? "ada" : "bob", "sweep");

    for (size_t i = 0; i < (tasks ? tasks : 1); i++) {
        jobs[i] = stores_job(first + (int64_t)i, uid, 500);
        jobs[i].array_id = tasks ? first : 0;
        jobs[i].array_index = (int32_t)i;
    }
    spec.reference = xstrdup(reference);
    store_batch_add_jobs(batch, jobs, tasks ? tasks : 1, &spec);
    stores_write(stores, batch);
}

#define ANY (-1)

static void they_are_listed_by_how_their_reference_begins(void **state)
{
    static const struct {
        const char *referred, *other;
        int32_t task;
        int64_t uid;
        const char *user;
        int64_t below;
        size_t limit;
        int64_t ids[5]; /* up to 0 */
    } cases[] = {
        {"trial/17@", NULL, ANY, -1, NULL, 0, 9, {5, 4, 3}},
        {"trial/17@", NULL, ANY, -1, NULL, 0, 2, {5, 4}},
        {"trial/17@", NULL, ANY, -1, NULL, 4, 2, {3}},
        {"trial/17@", NULL, 0, -1, NULL, 0, 9, {3}},
        {"trial/17@", NULL, 2, -1, NULL, 0, 9, {5}},
        {"trial/17@", NULL, 3, -1, NULL, 0, 9, {0}},
        {"trial/17@", NULL, ANY, 1000, NULL, 0, 9, {5, 4, 3}},
        {"trial/17@", NULL, ANY, 1001, NULL, 0, 9, {0}},
        {"trial/17@", NULL, ANY, -1, "ada", 0, 9, {5, 4, 3}},
        {"trial/17@", NULL, ANY, -1, "bob", 0, 9, {0}},
        {"trial/1@", NULL, ANY, -1, NULL, 0, 9, {1}},
        {"trial/1@", NULL, 0, -1, NULL, 0, 9, {0}},
        {"trial/170@", NULL, ANY, -1, NULL, 0, 9, {6}},
        {"trial/7@", NULL, ANY, -1, NULL, 0, 9, {0}},
        {"trial/17@", "paper/17@", ANY, -1, NULL, 0, 9, {5, 4, 3}},
        {"trial/1@", "paper/1@", ANY, -1, NULL, 0, 9, {8}},
        {"trial/8@", "paper/1@", ANY, -1, NULL, 0, 9, {8}},
    };
    struct stores *stores = *state;

    take_in(stores, 1, 0, 1000, "trial/1@400");
    take_in(stores, 2, 0, 1001, "trial/17@400"); /* its id is another's now */
    take_in(stores, 3, 3, 1000, "trial/17@500");
    take_in(stores, 6, 0, 1000, "trial/170@500");
    stores_add(stores, 7, 1000, "ada", 600);
    take_in(stores, 8, 0, 1000, "paper/1@500");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct job_filter filter = {
            .uid = cases[i].uid,
            .user = cases[i].user,
            .below = cases[i].below,
            .limit = cases[i].limit,
            .referred = {cases[i].referred, cases[i].other},
            .task = cases[i].task,
        };
        struct listed listed = {0};

        assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, NULL), 0);
        for (size_t j = 0; j <= listed.count; j++)
            if (listed.ids[j] != cases[i].ids[j])
                fail_msg("case %zu: place %zu: %lld", i, j, (long long)listed.ids[j]);
    }
}

static void of_these_too_only_those_in_a_state(void **state)
{
    struct stores *stores = *state;
    const struct job_filter filter = {.states = 1U << JOB_HELD,
                                      .uid = -1,
                                      .limit = 9,
                                      .referred = {"trial/17@"},
                                      .task = ANY};
    const struct job_event hold = {.job_id = 2, .kind = JOB_EVENT_HELD, .at = 520};
    struct job job = stores_job(2, 1000, 500);
    struct listed listed = {0};

    take_in(stores, 1, 3, 1000, "trial/17@500");
    job.array_id = 1;
    job.array_index = 1;
    job.state = JOB_WAITING;
    stores_apply(stores, &job, &hold);
    assert_int_equal(store_list(stores->reader, &filter, on_row, &listed, NULL), 0);
    assert_int_equal(listed.count, 1);
    assert_int_equal(listed.ids[0], 2);
}

#define WITH_STORE(test)                                                               \
    cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(jobs_that_another_scheduler_runs_are_found_by_its_name_for_them),
        WITH_STORE(they_are_listed_by_how_their_reference_begins),
        WITH_STORE(of_these_too_only_those_in_a_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

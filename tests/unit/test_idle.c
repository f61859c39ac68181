/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "ledger/idle.h"
#include "tests/support/stores.h"

#define START ((instant)1767225600)

static void gpu_hours_are_summed_and_jobs_counted_once(void **state)
{
    struct idle_sum sum = {0};

    (void)state;
    idle_sum_add(&sum, 7, 2, START, START + HOUR);
    idle_sum_add(&sum, 7, 2, START + 2 * HOUR, START + 3 * HOUR);
    idle_sum_add(&sum, 8, 1, START, START + 10 * HOUR);
    idle_sum_add(&sum, 9, 4, START, START - 1);
    assert_int_equal(3, sum.jobs);
    assert_int_equal(7, sum.gpus);
    assert_int_equal(14 * HOUR, sum.gpu_seconds);
}

static void happen(struct stores *stores, struct job *job, enum job_event_kind kind,
                   instant at, int64_t value)
{
    const struct job_event event = {
        .job_id = job->id,
        .kind = kind,
        .at = at,
        .actor = JOB_ACTOR_DAEMON,
        .attempt = kind == JOB_EVENT_STARTING ? job->attempt + 1 : job->attempt,
        .value = value,
        .pool = "lab",
    };

    stores_apply(stores, job, &event);
}

struct seen {
    struct store_idle items[8];
    size_t count;
};

static void on_idle(const struct store_idle *idle, void *context)
{
    struct seen *seen = context;

    assert_true(seen->count < 8);
    seen->items[seen->count++] = *idle;
}

static void times_of_idleness_are_read_from_the_events(void **state)
{
    struct stores *stores = *state;
    struct job job = stores_add(stores, 1, 1000, "ada", START);
    struct job open = stores_add(stores, 2, 1000, "ada", START);
    struct seen seen = {.count = 0};

    happen(stores, &job, JOB_EVENT_STARTING, START, 3);
    happen(stores, &job, JOB_EVENT_STARTED, START + 1, 0);
    happen(stores, &job, JOB_EVENT_IDLE, START + HOUR, START + 1);
    happen(stores, &job, JOB_EVENT_BUSY, START + 2 * HOUR, 0);
    happen(stores, &job, JOB_EVENT_IDLE, START + 4 * HOUR, START + 3 * HOUR);
    happen(stores, &job, JOB_EVENT_FINISHED, START + 5 * HOUR, 0);
    happen(stores, &open, JOB_EVENT_STARTING, START, 3);
    happen(stores, &open, JOB_EVENT_STARTED, START + 1, 0);
    happen(stores, &open, JOB_EVENT_IDLE, START + HOUR, START + 1);

    assert_int_equal(
        0, store_load_idle(stores->reader, START, START + DAY, on_idle, &seen, NULL));
    assert_int_equal(2, seen.count);
    assert_int_equal(1, seen.items[0].job_id);
    assert_int_equal(1000, seen.items[0].uid);
    assert_int_equal(job.gpus, seen.items[0].gpus);
    assert_int_equal(START + 1, seen.items[0].since);
    assert_int_equal(START + 2 * HOUR, seen.items[0].until);
    assert_int_equal(START + 3 * HOUR, seen.items[1].since);
    assert_int_equal(START + 5 * HOUR, seen.items[1].until);

    /* It ended after this. */
    seen.count = 0;
    assert_int_equal(0, store_load_idle(stores->reader, START, START + 5 * HOUR,
                                        on_idle, &seen, NULL));
    assert_int_equal(0, seen.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpu_hours_are_summed_and_jobs_counted_once),
        cmocka_unit_test_setup_teardown(times_of_idleness_are_read_from_the_events,
                                        stores_setup, stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

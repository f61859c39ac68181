/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "queue/store.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

/*
 * The current row of a job and its events are two accounts of one life. Random lives
 * are written; then the events are replayed from what was submitted.
 */

#define JOBS  150
#define TURNS 60

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static int64_t below(uint64_t *seed, int64_t limit)
{
    return (int64_t)(next_random(seed) % (uint64_t)limit);
}

static struct job random_job(uint64_t *seed, int64_t id)
{
    struct job job = stores_job(id, (uint32_t)(4294967290U + below(seed, 5)),
                                1000 + below(seed, 1000));

    job.array_id = below(seed, 2) * 3;
    job.array_index = (int32_t)below(seed, 50);
    job.array_limit = (int32_t)below(seed, 5);
    job.priority = (int32_t)below(seed, 201) - 100;
    job.gpus = (int32_t)below(seed, 9);
    job.gpus_min = job.gpus;
    job.gpus_max = job.gpus + (int32_t)below(seed, 9);
    job.scaling = 1 + (int32_t)below(seed, 100);
    job.cpus = 1 + (int32_t)below(seed, 64);
    job.power = (int32_t)below(seed, 500);
    job.memory = below(seed, JOB_MEMORY_MAX);
    job.time = 1 + below(seed, 30 * DAY);
    job.time_limit = 1 + below(seed, 30 * DAY);
    job.max_wait = below(seed, 3) == 0 ? JOB_NO_WAIT_LIMIT : below(seed, DAY);
    job.begin = below(seed, 2) * below(seed, 3000);
    job.deadline = below(seed, 2) * (INSTANT_MAX - below(seed, DAY));
    job.grace = below(seed, DAY);
    job.signal = (int32_t)below(seed, 65);
    job.interruptible = below(seed, 2) == 0;
    job.requeue = below(seed, 2) == 0;
    job.now = below(seed, 2) == 0;
    job.after_pending = below(seed, 3) == 0;
    return job;
}

static struct job_event random_event(uint64_t *seed, const struct job *job, instant at)
{
    struct job_event event = {
        .job_id = job->id,
        .kind = (enum job_event_kind)below(seed, JOB_EVENTS),
        .at = at,
        .actor = below(seed, 2) == 0 ? JOB_ACTOR_DAEMON : 4294967295,
        .cause = (enum job_cause)below(seed, JOB_CAUSES),
        .status = (int32_t)below(seed, 256),
        .signal = (int32_t)below(seed, 65),
        .value = below(seed, 100),
        .text = "by chance: \"\xc3\xbc\"",
    };

    event.attempt = below(seed, 2) == 0 ? job->attempt : 0;
    if (event.kind == JOB_EVENT_STARTING) {
        event.attempt = job->attempt + 1;
        event.value = (int64_t)(next_random(seed) << 12);
        text_copy(event.pool, sizeof(event.pool),
                  below(seed, 2) == 0 ? "lab" : "cluster");
    }
    return event;
}

/* Most random lives would end at once: ends are put off, the longer for later jobs. */
static bool is_wanted(const struct job *job, const struct job_event *event)
{
    struct job after = *job;

    if (job_apply(&after, event, NULL) < 0)
        return false;
    return job_is_open(&after) || event->at > 5000 + job->id * 10;
}

static void live(struct stores *stores, struct job *jobs, uint64_t *seed)
{
    for (int turn = 0; turn < TURNS; turn++) {
        struct store_batch *batch = store_batch_create();

        for (size_t i = 0; i < JOBS; i++) {
            struct job_event event =
                random_event(seed, &jobs[i], 5000 + 100 * turn + below(seed, 100));

            if (!is_wanted(&jobs[i], &event))
                continue;
            assert_int_equal(store_batch_add_event(batch, &jobs[i], &event, NULL), 0);
            assert_int_equal(job_apply(&jobs[i], &event, NULL), 0);
        }
        stores_write(stores, batch);
    }
}

struct replay {
    struct job job;
    char pool[33];
    size_t events;
};

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct replay *replay = context;

    replay->events++;
    if (event->pool[0])
        text_copy(replay->pool, sizeof(replay->pool), event->pool);
    return job_apply(&replay->job, event, err);
}

#define SAME(member)                                                                   \
    if (a->member != b->member)                                                        \
    fail_msg("job %lld: %s: %lld and %lld", (long long)a->id, #member,                 \
             (long long)a->member, (long long)b->member)

static void assert_same(const struct job *a, const struct job *b)
{
    SAME(id);
    SAME(array_id);
    SAME(array_index);
    SAME(array_limit);
    SAME(uid);
    SAME(state);
    SAME(attempt);
    SAME(priority);
    SAME(gpus);
    SAME(gpus_min);
    SAME(gpus_max);
    SAME(scaling);
    SAME(cpus);
    SAME(power);
    SAME(memory);
    SAME(gpu_mask);
    SAME(time);
    SAME(time_limit);
    SAME(max_wait);
    SAME(submitted);
    SAME(begin);
    SAME(deadline);
    SAME(eligible);
    SAME(started);
    SAME(ended);
    SAME(grace);
    SAME(signal);
    SAME(exit_status);
    SAME(exit_signal);
    SAME(cause);
    SAME(interruptible);
    SAME(requeue);
    SAME(now);
    SAME(late);
    SAME(cancelling);
    SAME(after_pending);
}

static void assert_replays(struct stores *stores, const struct job *submitted,
                           const struct job *lived)
{
    struct replay replay = {.job = *submitted};
    struct job_spec spec = {0};
    struct error err = {0};
    struct job row;
    char pool[33];

    assert_int_equal(
        store_find_job(stores->reader, submitted->id, &row, &spec, pool, NULL), 0);
    job_spec_release(&spec);
    if (store_load_events(stores->reader, submitted->id, on_event, &replay, &err) < 0)
        fail_msg("%s", err.text);
    assert_same(&row, &replay.job);
    assert_same(&row, lived);
    assert_string_equal(pool, replay.pool);
}

static void the_events_of_any_life_replay_to_its_row(void **state)
{
    struct stores *stores = *state;
    struct job submitted[JOBS];
    struct job lived[JOBS];
    struct store_batch *batch = store_batch_create();
    uint64_t seed = 20261121;
    unsigned states = 0;

    for (size_t i = 0; i < JOBS; i++) {
        struct job_spec spec = stores_spec("ada", "train");
        struct job_event event = {.job_id = (int64_t)i + 1,
                                  .kind = JOB_EVENT_SUBMITTED};

        submitted[i] = lived[i] = random_job(&seed, (int64_t)i + 1);
        event.at = submitted[i].submitted;
        assert_int_equal(job_apply(&lived[i], &event, NULL), 0);
        store_batch_add_job(batch, &submitted[i], &spec);
    }
    stores_write(stores, batch);
    live(stores, lived, &seed);
    for (size_t i = 0; i < JOBS; i++) {
        assert_replays(stores, &submitted[i], &lived[i]);
        states |= 1U << lived[i].state;
    }
    /* Otherwise chance has proven little. */
    assert_int_equal(states & (1U << JOB_DONE | 1U << JOB_FAILED | 1U << JOB_CANCELLED),
                     1U << JOB_DONE | 1U << JOB_FAILED | 1U << JOB_CANCELLED);
}

static int count_row(const struct job_row *row, void *context, struct error *err)
{
    int64_t *counts = context;

    (void)err;
    counts[row->job.state]++;
    return 0;
}

static void the_tally_of_states_is_that_of_the_rows(void **state)
{
    struct stores *stores = *state;
    struct job_filter filter = {.uid = -1, .limit = LIST_LIMIT_MAX};
    int64_t tally[JOB_STATES];
    int64_t counts[JOB_STATES] = {0};

    the_events_of_any_life_replay_to_its_row(state);
    assert_int_equal(store_count_states(stores->reader, tally, NULL), 0);
    assert_int_equal(store_list(stores->reader, &filter, count_row, counts, NULL), 0);
    assert_memory_equal(tally, counts, sizeof(tally));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_events_of_any_life_replay_to_its_row,
                                        stores_setup, stores_teardown),
        cmocka_unit_test_setup_teardown(the_tally_of_states_is_that_of_the_rows,
                                        stores_setup, stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

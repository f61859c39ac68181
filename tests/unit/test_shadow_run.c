/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/counterfactual.h"

#define CASES    3000
#define JOBS_MAX 800

/*
 * The rules of the shadow queue, as plainly as they can be put: at each event
 * everything is worked out anew, by looking at every job.
 */
struct plain {
    struct shadow_job *jobs;
    size_t count;
    bool started[JOBS_MAX];
    instant promised[JOBS_MAX]; /* the first reservation of a head */
    const struct shadow_capacity *history;
    size_t history_count;
    instant now;
};

static struct resources plain_capacity(const struct plain *plain)
{
    size_t i = 0;

    while (i + 1 < plain->history_count && plain->history[i + 1].at <= plain->now)
        i++;
    return plain->history[i].capacity;
}

/* What is free when those have gone whose estimates end by `until`. */
static struct resources plain_free(const struct plain *plain, instant until)
{
    struct resources room = plain_capacity(plain);

    for (size_t i = 0; i < plain->count; i++) {
        const struct shadow_job *it = &plain->jobs[i];

        if (plain->started[i] && it->start + it->length > plain->now
            && it->start + it->estimate > until)
            resources_subtract(&room, &it->wanted);
    }
    return (struct resources){room.gpus > 0 ? room.gpus : 0,
                              room.cpus > 0 ? room.cpus : 0,
                              room.memory > 0 ? room.memory : 0};
}

static instant plain_reservation(const struct plain *plain,
                                 const struct resources *wanted)
{
    instant first = INT64_MAX;

    for (size_t i = 0; i < plain->count; i++) {
        instant ends = plain->jobs[i].start + plain->jobs[i].estimate;
        struct resources room;

        if (!plain->started[i] || ends >= first
            || plain->jobs[i].start + plain->jobs[i].length <= plain->now)
            continue;
        room = plain_free(plain, ends);
        if (resources_fit(wanted, &room))
            first = ends;
    }
    return first;
}

/* Start one job, if one may. */
static bool plain_start(struct plain *plain)
{
    struct resources capacity = plain_capacity(plain);
    struct resources room = plain_free(plain, INT64_MIN), spare = {0, 0, 0};
    size_t head = plain->count;
    instant reserved = 0;

    for (size_t i = 0; i < plain->count; i++) {
        struct shadow_job *it = &plain->jobs[i];

        if (plain->started[i] || it->eligible > plain->now
            || !resources_fit(&it->wanted, &capacity))
            continue;
        if (resources_fit(&it->wanted, &room)
            && (head == plain->count || plain->now + it->estimate <= reserved
                || resources_fit(&it->wanted, &spare))) {
            it->start = plain->now;
            return plain->started[i] = true;
        }
        if (head < plain->count)
            continue;
        head = i;
        reserved = plain_reservation(plain, &it->wanted);
        spare = plain_free(plain, reserved);
        resources_subtract(&spare, &it->wanted);
        spare.gpus = spare.gpus > 0 ? spare.gpus : 0;
        spare.cpus = spare.cpus > 0 ? spare.cpus : 0;
        spare.memory = spare.memory > 0 ? spare.memory : 0;
        if (!plain->promised[i])
            plain->promised[i] = reserved;
    }
    return false;
}

static void sooner(instant *next, instant now, instant at)
{
    if (at > now && at < *next)
        *next = at;
}

static instant plain_next(const struct plain *plain)
{
    instant next = INT64_MAX;

    for (size_t i = 0; i < plain->count; i++) {
        sooner(&next, plain->now, plain->jobs[i].eligible);
        if (plain->started[i])
            sooner(&next, plain->now, plain->jobs[i].start + plain->jobs[i].length);
    }
    for (size_t i = 0; i < plain->history_count; i++)
        sooner(&next, plain->now, plain->history[i].at);
    return next;
}

static void plain_run(struct plain *plain)
{
    for (size_t i = 0; i < plain->count; i++)
        plain->jobs[i].start = plain->jobs[i].eligible;
    for (plain->now = 0; plain->now < INT64_MAX; plain->now = plain_next(plain))
        while (plain_start(plain))
            ;
}

static int64_t random_below(uint64_t *state, int64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % (uint64_t)limit);
}

/* Jobs on a pool whose capacity comes and goes, some of them past their estimates. */
static size_t make_case(uint64_t *state, struct shadow_job *jobs,
                        struct shadow_capacity *history, size_t *history_count)
{
    size_t count = 1 + (size_t)random_below(state, 30);
    int64_t crowd = 1 + random_below(state, 100);
    bool honest = random_below(state, 2);

    *history_count = honest ? 1 : 1 + (size_t)random_below(state, 4);
    for (size_t i = 0; i < *history_count; i++)
        history[i] = (struct shadow_capacity){
            (instant)i * (1 + random_below(state, 40)) * 2 + (instant)i,
            {random_below(state, 9), 1 + random_below(state, 16),
             1 + random_below(state, 100)}};
    for (size_t i = 1; i < *history_count; i++)
        if (history[i].at <= history[i - 1].at)
            history[i].at = history[i - 1].at + 1;
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct shadow_job){
            .id = (int64_t)i + 1,
            .eligible = random_below(state, crowd),
            .wanted = {random_below(state, 6), random_below(state, 6),
                       random_below(state, 40)},
            .estimate = 1 + random_below(state, 40),
        };
        jobs[i].length = 1 + random_below(state, honest ? jobs[i].estimate : 40);
    }
    return count;
}

/* Jobs must be in the order of the queue already for comparing. */
static int in_order(const void *a, const void *b)
{
    const struct shadow_job *left = a, *right = b;

    if (left->eligible != right->eligible)
        return left->eligible < right->eligible ? -1 : 1;
    return left->id < right->id ? -1 : 1;
}

/* Whether a reservation is a promise: estimates and the capacity hold. */
static bool is_honest(const struct plain *plain)
{
    for (size_t i = 0; i < plain->count; i++)
        if (plain->jobs[i].length > plain->jobs[i].estimate)
            return false;
    return plain->history_count == 1;
}

static void compare_with_plain(struct shadow_job *jobs, size_t count,
                               const struct shadow_capacity *history,
                               size_t history_count, int number)
{
    static struct shadow_job copies[JOBS_MAX];
    struct plain *plain = calloc(1, sizeof(*plain));

    assert_non_null(plain);
    qsort(jobs, count, sizeof(jobs[0]), in_order);
    memcpy(copies, jobs, count * sizeof(jobs[0]));
    plain->jobs = copies;
    plain->count = count;
    plain->history = history;
    plain->history_count = history_count;
    plain_run(plain);
    shadow_run(jobs, count, history, history_count);
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].id != copies[i].id || jobs[i].start != copies[i].start)
            fail_msg("case %d: job %ld of %zu starts at %ld, should at %ld", number,
                     (long)jobs[i].id, count, (long)jobs[i].start,
                     (long)copies[i].start);
        if (is_honest(plain) && plain->promised[i]
            && jobs[i].start > plain->promised[i])
            fail_msg("case %d: job %ld was promised %ld", number, (long)jobs[i].id,
                     (long)plain->promised[i]);
    }
    free(plain);
}

static void it_agrees_with_the_rules_put_plainly(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct shadow_capacity history[4];
        struct shadow_job jobs[30];
        size_t history_count;
        size_t count = make_case(&seed, jobs, history, &history_count);

        compare_with_plain(jobs, count, history, history_count, i);
    }
}

/* Enough of them for several blocks of releases and groups of unlike shapes. */
static void it_agrees_with_the_rules_for_hundreds_that_run(void **state)
{
    static const struct shadow_capacity history = {0, {2000, 400, 100000}};
    static struct shadow_job jobs[JOBS_MAX];
    uint64_t seed = 11;

    (void)state;
    for (size_t i = 0; i < JOBS_MAX; i++) {
        jobs[i] = (struct shadow_job){
            .id = (int64_t)i,
            .eligible = random_below(&seed, 300),
            .wanted = {random_below(&seed, 4), 1, 1 + random_below(&seed, 400)},
            .estimate = 200 + random_below(&seed, 400)};
        if (i % 50 == 0)
            jobs[i].wanted.cpus = 100;
        jobs[i].length = jobs[i].estimate - random_below(&seed, 100);
    }
    compare_with_plain(jobs, JOBS_MAX, &history, 1, 0);
}

static void capacity_is_never_exceeded(void **state)
{
    uint64_t seed = 23;

    (void)state;
    for (int number = 0; number < CASES; number++) {
        struct shadow_capacity history[4];
        struct shadow_job jobs[30];
        size_t history_count, count = make_case(&seed, jobs, history, &history_count);

        shadow_run(jobs, count, history, 1);
        for (size_t i = 0; i < count; i++) {
            struct resources taken = {0, 0, 0};

            assert_true(jobs[i].start >= jobs[i].eligible);
            if (!resources_fit(&jobs[i].wanted, &history[0].capacity))
                continue;
            for (size_t k = 0; k < count; k++)
                if (jobs[k].start <= jobs[i].start
                    && jobs[k].start + jobs[k].length > jobs[i].start
                    && resources_fit(&jobs[k].wanted, &history[0].capacity))
                    resources_add(&taken, &jobs[k].wanted);
            if (!resources_fit(&taken, &history[0].capacity))
                fail_msg("case %d: too much runs at %ld", number, (long)jobs[i].start);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_the_rules_put_plainly),
        cmocka_unit_test(it_agrees_with_the_rules_for_hundreds_that_run),
        cmocka_unit_test(capacity_is_never_exceeded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

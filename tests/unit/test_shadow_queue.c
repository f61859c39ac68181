/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "ledger/shadow_queue.h"

#define JOBS 1500

static int64_t random_below(uint64_t *state, int64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % (uint64_t)limit);
}

static size_t first_allowed(const struct shadow_job *jobs, const bool *waits,
                            const struct shadow_limits *limits)
{
    for (size_t i = 0; i < JOBS; i++)
        if (waits[i] && shadow_limits_allow(limits, &jobs[i]))
            return i;
    return SHADOW_QUEUE_NONE;
}

/* With shapes up to `shapes` in each dimension: a group for each, or many to a group.
 */
static void compare_with_walk(int64_t shapes)
{
    struct shadow_job *jobs = calloc(JOBS, sizeof(jobs[0]));
    bool *waits = calloc(JOBS, sizeof(waits[0]));
    struct shadow_queue *queue;
    uint64_t seed = 3;

    assert_true(jobs && waits);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i].wanted =
            (struct resources){random_below(&seed, shapes), random_below(&seed, shapes),
                               random_below(&seed, shapes)};
        jobs[i].estimate = random_below(&seed, 1000);
    }
    queue = shadow_queue_create(jobs, JOBS);
    for (int i = 0; i < 20000; i++) {
        size_t job = (size_t)random_below(&seed, JOBS);
        struct shadow_limits limits = {.time = random_below(&seed, 300)};

        limits.room =
            (struct resources){random_below(&seed, shapes), random_below(&seed, shapes),
                               random_below(&seed, shapes)};
        limits.spare =
            (struct resources){random_below(&seed, shapes), random_below(&seed, shapes),
                               random_below(&seed, shapes)};
        if (waits[job])
            shadow_queue_remove(queue, job);
        else
            shadow_queue_add(queue, job);
        waits[job] = !waits[job];
        assert_true(first_allowed(jobs, waits, &limits)
                    == shadow_queue_find(queue, &limits));
    }
    shadow_queue_destroy(queue);
    free(waits);
    free(jobs);
}

static void the_first_of_a_few_shapes_is_found(void **state)
{
    (void)state;
    compare_with_walk(1);
    compare_with_walk(4);
}

static void the_first_of_many_shapes_is_found(void **state)
{
    (void)state;
    compare_with_walk(20);
    compare_with_walk(INT64_C(1) << 30);
}

static void limits_are_room_and_either_time_or_spare_room(void **state)
{
    static const struct shadow_limits limits = {{4, 4, 4}, {1, 1, 1}, 60};
    static const struct {
        struct resources wanted;
        duration estimate;
        bool allowed;
    } cases[] = {
        {{4, 4, 4}, 60, true},  {{4, 4, 4}, 61, false}, {{1, 1, 1}, 61, true},
        {{5, 1, 1}, 60, false}, {{1, 5, 1}, 60, false}, {{1, 1, 5}, 60, false},
        {{2, 1, 1}, 61, false}, {{0, 0, 0}, 61, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct shadow_job job = {.wanted = cases[i].wanted,
                                       .estimate = cases[i].estimate};

        assert_int_equal(cases[i].allowed, shadow_limits_allow(&limits, &job));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_a_few_shapes_is_found),
        cmocka_unit_test(the_first_of_many_shapes_is_found),
        cmocka_unit_test(limits_are_room_and_either_time_or_spare_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

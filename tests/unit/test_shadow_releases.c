/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/shadow_releases.h"

#define RELEASES_MAX 2000

/* The same as a plain array, in order. */
struct sorted {
    struct shadow_release items[RELEASES_MAX];
    size_t count;
};

static int64_t random_below(uint64_t *state, int64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % (uint64_t)limit);
}

static void sorted_add(struct sorted *sorted, const struct shadow_release *release)
{
    size_t i = sorted->count++;

    for (; i > 0 && sorted->items[i - 1].at > release->at; i--)
        sorted->items[i] = sorted->items[i - 1];
    sorted->items[i] = *release;
}

static void sorted_remove(struct sorted *sorted, size_t i)
{
    sorted->count--;
    memmove(sorted->items + i, sorted->items + i + 1,
            (sorted->count - i) * sizeof(sorted->items[0]));
}

static instant sorted_until(const struct sorted *sorted, const struct resources *wanted,
                            struct resources *room)
{
    instant until = INSTANT_MAX;

    for (size_t i = 0; i < sorted->count && sorted->items[i].at <= until; i++) {
        resources_add(room, &sorted->items[i].held);
        if (until == INSTANT_MAX && resources_fit(wanted, room))
            until = sorted->items[i].at;
    }
    return until;
}

static void compare(const struct shadow_releases *releases, const struct sorted *sorted,
                    int64_t gpus)
{
    struct resources wanted = {gpus, gpus / 2, gpus}, room = {-3, 0, 0}, plain = room;

    assert_int_equal(sorted_until(sorted, &wanted, &plain),
                     shadow_releases_until(releases, &wanted, &room));
    assert_int_equal(plain.gpus, room.gpus);
    assert_int_equal(plain.cpus, room.cpus);
    assert_int_equal(plain.memory, room.memory);
}

/* Grows to thousands, shrinks to none, twice: blocks are split and dropped. */
static void they_look_ahead_as_a_sorted_array_does(void **state)
{
    struct shadow_releases *releases = shadow_releases_create();
    struct sorted *sorted = calloc(1, sizeof(*sorted));
    uint64_t seed = 5;
    size_t job = 0;

    (void)state;
    assert_non_null(sorted);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 1900; i++) {
            struct shadow_release release = {random_below(&seed, 700),
                                             job++,
                                             {1 + random_below(&seed, 8),
                                              1 + random_below(&seed, 8),
                                              1 + random_below(&seed, 8)}};
            if (round % 2) {
                size_t gone = (size_t)random_below(&seed, (int64_t)sorted->count);

                shadow_releases_remove(releases, sorted->items[gone].at,
                                       sorted->items[gone].job);
                sorted_remove(sorted, gone);
            } else {
                shadow_releases_add(releases, &release);
                sorted_add(sorted, &release);
            }
            if (i % 16 == 0)
                compare(releases, sorted, 1 + random_below(&seed, 9000));
        }
    assert_int_equal(0, sorted->count);
    compare(releases, sorted, 1);
    shadow_releases_destroy(releases);
    free(sorted);
}

static void what_is_overdrawn_keeps_nobody_out_who_wants_none(void **state)
{
    static const struct {
        struct resources wanted, room;
        instant until;
    } cases[] = {
        {{0, 2, 2}, {-9, 1, 1}, 10}, {{2, 0, 2}, {1, -9, 1}, 10},
        {{2, 2, 0}, {1, 1, -9}, 10}, {{2, 2, 2}, {1, 1, -9}, INSTANT_MAX},
        {{2, 2, 2}, {1, 1, 0}, 20},
    };
    static const struct shadow_release first = {10, 0, {1, 1, 1}},
                                       second = {20, 1, {1, 1, 1}};
    struct shadow_releases *releases = shadow_releases_create();

    (void)state;
    shadow_releases_add(releases, &second);
    shadow_releases_add(releases, &first);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct resources room = cases[i].room;

        assert_int_equal(cases[i].until,
                         shadow_releases_until(releases, &cases[i].wanted, &room));
    }
    shadow_releases_destroy(releases);
    shadow_releases_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_look_ahead_as_a_sorted_array_does),
        cmocka_unit_test(what_is_overdrawn_keeps_nobody_out_who_wants_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "nodes/pool.h"

#include <string.h>

#include "tests/support/cmocka.h"

static struct pool lab(int64_t gpus)
{
    return (struct pool){
        .name = "lab",
        .zone = "GB",
        .capacity = {.gpus = gpus, .cpus = 16, .memory = 1024},
    };
}

static void resources_fit_only_if_each_of_them_does(void **state)
{
    static const struct {
        struct resources wanted;
        bool fits;
    } rows[] = {
        {{0, 0, 0}, true},  {{2, 4, 8}, true},  {{3, 4, 8}, false},
        {{2, 5, 8}, false}, {{2, 4, 9}, false},
    };
    const struct resources room = {2, 4, 8};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(resources_fit(&rows[i].wanted, &room), rows[i].fits);
}

static void the_lowest_free_gpus_are_given(void **state)
{
    struct pool pool = lab(4);
    const struct resources two = {2, 1, 1};
    const struct resources one = {1, 1, 1};
    uint64_t first;
    uint64_t second;
    uint64_t third;

    (void)state;
    assert_int_equal(pool_take(&pool, &one, &first, NULL), 0);
    assert_int_equal(first, 0x1);
    assert_int_equal(pool_take(&pool, &one, &second, NULL), 0);
    assert_int_equal(second, 0x2);
    pool_give_back(&pool, &one, first);
    assert_int_equal(pool_take(&pool, &two, &third, NULL), 0);
    assert_int_equal(third, 0x5);
    assert_int_equal(pool.taken_gpus, 0x7);
    assert_int_equal(pool_free(&pool).gpus, 1);
    assert_int_equal(pool_free(&pool).cpus, 14);
}

static void what_does_not_fit_takes_nothing(void **state)
{
    static const struct resources rows[] = {{5, 1, 1}, {1, 17, 1}, {1, 1, 1025}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pool pool = lab(4);
        struct error err = {0};
        uint64_t gpus = 99;

        assert_int_equal(pool_take(&pool, &rows[i], &gpus, &err), -1);
        assert_int_equal(err.code, ERROR_CONFLICT);
        assert_int_equal(gpus, 99);
        assert_int_equal(pool.taken_gpus, 0);
        assert_int_equal(pool.taken.cpus, 0);
    }
}

static void all_sixty_four_gpus_can_be_taken(void **state)
{
    struct pool pool = lab(64);
    const struct resources all = {64, 1, 1};
    uint64_t gpus;

    (void)state;
    assert_int_equal(pool_take(&pool, &all, &gpus, NULL), 0);
    assert_true(gpus == UINT64_MAX);
    pool_give_back(&pool, &all, gpus);
    assert_int_equal(pool.taken_gpus, 0);
    assert_int_equal(pool.taken.gpus, 0);
}

static void a_large_pool_only_counts(void **state)
{
    struct pool pool = lab(65);
    const struct resources most = {60, 1, 1};
    uint64_t gpus = 99;

    (void)state;
    assert_int_equal(pool_take(&pool, &most, &gpus, NULL), 0);
    assert_int_equal(gpus, 0);
    assert_int_equal(pool_take(&pool, &most, &gpus, NULL), -1);
    assert_int_equal(pool_free(&pool).gpus, 5);
}

static void a_drained_pool_starts_nothing(void **state)
{
    struct pool pool = lab(4);
    const struct resources one = {1, 1, 1};
    struct error err = {0};
    uint64_t gpus;

    (void)state;
    pool.drained = true;
    assert_int_equal(pool_take(&pool, &one, &gpus, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_non_null(strstr(err.text, "drained"));
    assert_int_equal(pool_take_again(&pool, &one, 0x1, NULL), 0);
}

static void a_job_found_running_may_overdraw_a_pool_that_shrank(void **state)
{
    struct pool pool = lab(2);
    const struct resources four = {4, 32, 1};
    const struct resources one = {1, 1, 1};
    uint64_t gpus;

    (void)state;
    assert_int_equal(pool_take_again(&pool, &four, 0xf0, NULL), 0);
    assert_int_equal(pool_free(&pool).gpus, 0);
    assert_int_equal(pool_free(&pool).cpus, 0);
    assert_int_equal(pool_take(&pool, &one, &gpus, NULL), -1);
    pool_give_back(&pool, &four, 0xf0);
    assert_int_equal(pool_take(&pool, &one, &gpus, NULL), 0);
    assert_int_equal(gpus, 0x1);
}

static void no_gpu_is_ever_shared(void **state)
{
    struct pool pool = lab(4);
    const struct resources two = {2, 1, 1};
    struct error err = {0};
    uint64_t gpus;

    (void)state;
    assert_int_equal(pool_take_again(&pool, &two, 0x6, NULL), 0);
    assert_int_equal(pool_take_again(&pool, &two, 0xc, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_int_equal(pool.taken.gpus, 2);
    assert_int_equal(pool_take(&pool, &two, &gpus, NULL), 0);
    assert_int_equal(gpus, 0x9);
}

static void foreign_and_lost_gpus_are_given_to_nobody(void **state)
{
    struct pool pool = lab(4);
    const struct resources one = {1, 1, 1};
    const struct resources two = {2, 1, 1};
    const struct resources three = {3, 1, 1};
    uint64_t gpus = 0;

    (void)state;
    pool.foreign_gpus = 0x1;
    pool.lost_gpus = 0x4;
    assert_int_equal(pool_usable(&pool).gpus, 2);
    assert_int_equal(pool_usable(&pool).cpus, 16);
    assert_int_equal(pool_free(&pool).gpus, 2);
    assert_int_equal(pool_take(&pool, &three, &gpus, NULL), -1);
    assert_int_equal(pool_take(&pool, &two, &gpus, NULL), 0);
    assert_int_equal(gpus, 0xa);
    assert_int_equal(pool_take(&pool, &one, &gpus, NULL), -1);
    pool.foreign_gpus = 0;
    assert_int_equal(pool_take(&pool, &one, &gpus, NULL), 0);
    assert_int_equal(gpus, 0x1);
}

static void a_gpu_that_a_job_holds_stays_its_own_when_it_is_lost(void **state)
{
    struct pool pool = lab(4);
    const struct resources one = {1, 1, 1};
    const struct resources three = {3, 1, 1};
    uint64_t held = 0;
    uint64_t gpus = 0;

    (void)state;
    assert_int_equal(pool_take(&pool, &one, &held, NULL), 0);
    pool.lost_gpus = held;
    assert_int_equal(pool_usable(&pool).gpus, 4);
    assert_int_equal(pool_free(&pool).gpus, 3);
    assert_int_equal(pool_take(&pool, &three, &gpus, NULL), 0);
    assert_int_equal(gpus, 0xe);
    pool_give_back(&pool, &one, held);
    assert_int_equal(pool_usable(&pool).gpus, 3);
    assert_int_equal(pool_free(&pool).gpus, 0);
    /* As after a restart: it is there, whatever is the matter with its GPU. */
    assert_int_equal(pool_take_again(&pool, &one, held, NULL), 0);
}

static void masks_reach_no_further_than_the_pool(void **state)
{
    struct pool pool = lab(64);
    struct pool large = lab(65);

    (void)state;
    pool.lost_gpus = UINT64_MAX;
    assert_int_equal(pool_usable(&pool).gpus, 0);
    pool.capacity.gpus = 3;
    assert_int_equal(pool_usable(&pool).gpus, 0);
    large.lost_gpus = UINT64_MAX;
    assert_int_equal(pool_usable(&large).gpus, 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resources_fit_only_if_each_of_them_does),
        cmocka_unit_test(the_lowest_free_gpus_are_given),
        cmocka_unit_test(what_does_not_fit_takes_nothing),
        cmocka_unit_test(all_sixty_four_gpus_can_be_taken),
        cmocka_unit_test(a_large_pool_only_counts),
        cmocka_unit_test(a_drained_pool_starts_nothing),
        cmocka_unit_test(a_job_found_running_may_overdraw_a_pool_that_shrank),
        cmocka_unit_test(no_gpu_is_ever_shared),
        cmocka_unit_test(foreign_and_lost_gpus_are_given_to_nobody),
        cmocka_unit_test(a_gpu_that_a_job_holds_stays_its_own_when_it_is_lost),
        cmocka_unit_test(masks_reach_no_further_than_the_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "daemon/slurm_refusals.h"

#define NOW 5000

static const struct slurm_job record = {.submitted = 1000};
static const struct slurm_job later_record = {.submitted = 2000};

static struct slurm_unit unit_of(int64_t id, int32_t task)
{
    return (struct slurm_unit){.id = id, .task = task, .record = &record};
}

static int setup(void **state)
{
    *state = slurm_refusals_create();
    return 0;
}

static int teardown(void **state)
{
    slurm_refusals_destroy(*state);
    return 0;
}

static void a_job_that_was_refused_is_told_of_once(void **state)
{
    const struct slurm_unit unit = unit_of(17, -1);

    assert_null(slurm_refusals_find(*state, &unit, NOW));
    assert_true(slurm_refusals_add(*state, &unit, -1, "no room", NOW));
    assert_string_equal("no room", slurm_refusals_find(*state, &unit, NOW + 1));
    slurm_refusals_sweep(*state);
    assert_non_null(slurm_refusals_find(*state, &unit, NOW + SLURM_REFUSALS_AGAIN - 1));
    slurm_refusals_sweep(*state);
    assert_null(slurm_refusals_find(*state, &unit, NOW + SLURM_REFUSALS_AGAIN));
    assert_false(
        slurm_refusals_add(*state, &unit, -1, "full", NOW + SLURM_REFUSALS_AGAIN));
    assert_string_equal(
        "full", slurm_refusals_find(*state, &unit, NOW + SLURM_REFUSALS_AGAIN + 1));
}

static void the_tasks_of_an_array_are_refused_as_one(void **state)
{
    const struct slurm_unit first = unit_of(17, 2);
    const struct slurm_unit before = unit_of(17, 1);
    const struct slurm_unit last = unit_of(17, 4);
    const struct slurm_unit after = unit_of(17, 5);

    assert_true(slurm_refusals_add(*state, &first, 4, "no room", NOW));
    assert_non_null(slurm_refusals_find(*state, &last, NOW));
    assert_null(slurm_refusals_find(*state, &before, NOW));
    assert_null(slurm_refusals_find(*state, &after, NOW));
}

static void an_id_that_is_given_anew_is_another_job(void **state)
{
    struct slurm_unit unit = unit_of(17, -1);

    assert_true(slurm_refusals_add(*state, &unit, -1, "no room", NOW));
    unit.record = &later_record;
    assert_null(slurm_refusals_find(*state, &unit, NOW));
}

static void what_is_no_longer_listed_is_forgotten(void **state)
{
    const struct slurm_unit stays = unit_of(17, -1);
    const struct slurm_unit goes = unit_of(18, -1);

    assert_true(slurm_refusals_add(*state, &goes, -1, "no room", NOW));
    assert_true(slurm_refusals_add(*state, &stays, -1, "no room", NOW));
    slurm_refusals_sweep(*state);
    assert_non_null(slurm_refusals_find(*state, &stays, NOW));
    slurm_refusals_sweep(*state);
    assert_null(slurm_refusals_find(*state, &goes, NOW));
    assert_non_null(slurm_refusals_find(*state, &stays, NOW));
}

static void more_than_can_be_kept_are_not_told_of(void **state)
{
    for (int64_t id = 1; id <= SLURM_REFUSALS_MAX; id++) {
        const struct slurm_unit unit = unit_of(id, -1);

        assert_true(slurm_refusals_add(*state, &unit, -1, "no room", NOW));
    }
    const struct slurm_unit one_more = unit_of(SLURM_REFUSALS_MAX + 1, -1);

    assert_false(slurm_refusals_add(*state, &one_more, -1, "no room", NOW));
    assert_null(slurm_refusals_find(*state, &one_more, NOW));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_was_refused_is_told_of_once),
        TEST(the_tasks_of_an_array_are_refused_as_one),
        TEST(an_id_that_is_given_anew_is_another_job),
        TEST(what_is_no_longer_listed_is_forgotten),
        TEST(more_than_can_be_kept_are_not_told_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

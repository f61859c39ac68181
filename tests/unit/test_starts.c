/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/starts.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define SLOT  (15 * MINUTE)
#define SLOTS 200
#define GPUS  12

/* A plan with one pool and few kinds of runs, so that they are asked for again. */
static struct plan *make_plan(uint64_t *seed)
{
    struct plan_settings settings = {SLOT, SLOTS, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct pool pool = planning_pool(GPUS);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    intensity levels[SLOTS];

    /* Hours of equal levels: many starts are equally cheap, and the first is meant. */
    policy.patience_ppm = 0;
    planning_make_levels(seed, START, SLOT, levels, SLOTS);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct plan_search random_search(const struct plan *plan, uint64_t *seed)
{
    static const int32_t lengths[] = {1, 4, 17, 230};
    int32_t length = lengths[planning_between(seed, 0, 3)];
    struct resources wanted = {planning_between(seed, 1, 2) * 3, 0, 0};

    return (struct plan_search){
        .profile = plan->pools[0].profile,
        .need = profile_need(&wanted),
        .units = wanted.gpus,
        .budget = planning_between(seed, 0, 1) == 0 ? 6 : INT64_MAX,
        .slots = SLOTS,
        .first = (int32_t)planning_between(seed, 0, 3) * 20,
        .last = (int32_t)planning_between(seed, 60, SLOTS - 1),
        .first_length = length + (int32_t)planning_between(seed, 0, 1),
        .length = length,
    };
}

/* Every start tried. */
static int32_t find_by_trying(const struct plan_search *search,
                              const struct plan_row *row)
{
    int32_t best = -1;

    for (int32_t i = search->first; i <= search->last; i++) {
        if (plan_search_has(search, i) && (best < 0 || row->area[i] < row->area[best]))
            best = i;
    }
    return best;
}

static void take_at(struct profile *profile, const struct plan_search *search,
                    int32_t slot)
{
    int32_t length = slot == search->first ? search->first_length : search->length;
    struct resources taken = {search->units, 0, 0};

    profile_take(profile, slot, slot + length, &taken);
    profile_count_start(profile, slot, search->units);
}

/* Room, or starts that the ramp counted. */
static void give_something_back(struct profile *profile, uint64_t *seed)
{
    struct resources given = {3, 0, 0};
    int64_t begins = planning_between(seed, 0, SLOTS - 1);

    if (planning_between(seed, 0, 1) == 0) {
        profile_give(profile, begins, begins + 4, &given);
        return;
    }
    for (int32_t i = 0; i < SLOTS; i++) {
        if (profile->started[i] > 0)
            profile_count_start(profile, i, -3);
    }
}

static void what_is_remembered_leads_where_every_start_tried_does(void **state)
{
    size_t remembered = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed;
        struct plan *plan = make_plan(&random);
        struct profile *profile = plan->pools[0].profile;

        for (int round = 0; round < 150; round++) {
            struct plan_search search = random_search(plan, &random);
            const struct plan_row *row = plan_find_row(plan, 0, 0, search.length);
            int32_t expected = find_by_trying(&search, row);
            int32_t found = -1;

            if (starts_find_cheapest(&search, row, &found)) {
                assert_int_equal(found, expected);
                remembered++;
            }
            if (expected >= 0)
                take_at(profile, &search, expected);
            if (planning_between(&random, 0, 39) == 0)
                give_something_back(profile, &random);
        }
        plan_destroy(plan);
    }
    assert_true(remembered > 1000);
}

static void a_new_forecast_is_not_weighed_by_what_is_remembered(void **state)
{
    uint64_t seed = 5;
    struct plan *plan = make_plan(&seed);
    struct plan_search search = random_search(plan, &seed);
    intensity levels[SLOTS];
    int32_t found = -1;

    (void)state;
    search.first = 0;
    search.first_length = search.length = 1;
    search.last = SLOTS - 1;
    for (int i = 0; i < 2; i++)
        starts_find_cheapest(&search, plan_find_row(plan, 0, 0, search.length), &found);
    assert_in_range(found, 1, SLOTS - 31);
    for (int32_t i = 0; i < SLOTS; i++)
        levels[i] = G_PER_KWH(i == found + 30 ? 10 : 300);
    plan_set_zone(plan, 0, levels, NULL);
    for (int i = 0; i < 2; i++) {
        int32_t again = found + 30;

        starts_find_cheapest(&search, plan_find_row(plan, 0, 0, search.length), &again);
        assert_int_equal(again, found + 30);
    }
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_remembered_leads_where_every_start_tried_does),
        cmocka_unit_test(a_new_forecast_is_not_weighed_by_what_is_remembered),
    };

    return cmocka_run_group_tests_name("starts", tests, NULL, NULL);
}

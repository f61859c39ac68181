/* SPDX-License-Identifier: MIT */
#include "tests/support/small_plan.h"

#include "tests/support/planning.h"

#define START SMALL_PLAN_START
#define SLOTS SMALL_PLAN_SLOTS
#define JOBS  SMALL_PLAN_JOBS
#define POOLS SMALL_PLAN_POOLS

static void make_pools(struct small_plan *small, uint64_t *random)
{
    for (int i = 0; i < POOLS; i++) {
        bool is_known = planning_between(random, 0, 5) > 0;

        small->pools[i] = planning_pool(planning_between(random, 2, 3));
        small->pools[i].gpu_power = 100 * planning_between(random, 2, 4);
        small->pools[i].pue_ppm = 100000 * planning_between(random, 10, 15);
        for (int j = 0; j < SLOTS; j++)
            small->levels[i][j] =
                is_known ? G_PER_KWH(planning_between(random, 1, 400)) : -1;
    }
    small->pools[2].capacity.gpus = 0;
    small->pools[2].capacity.cpus = 4;
}

static void make_policies(struct small_plan *small)
{
    small->policies[0] = planning_policy(POLICY_CLEANEST);
    small->policies[1] = planning_policy(POLICY_CLEANEST);
    small->policies[1].patience_ppm = 200000;
    small->policies[2] = planning_policy(POLICY_IMMEDIATE);
    small->policies[3] = planning_policy(POLICY_THRESHOLD);
    small->policies[3].below_percentile = 30;
}

static void make_job(struct small_plan *small, uint64_t *random, int i)
{
    int64_t gpus = planning_between(random, 0, 2);

    small->jobs[i] = (struct plan_job){
        .id = i + 1,
        .pools = (uint64_t)planning_between(random, 1, 7),
        .wanted = {gpus, planning_between(random, 1, 3), 1},
        .power = 150 * planning_between(random, 0, 1),
        .time = HOUR * planning_between(random, 1, 4),
        .earliest = START + HOUR * planning_between(random, -4, 3),
        .latest = START + HOUR * planning_between(random, 1, 7),
        .class = (uint8_t)(planning_between(random, 0, 7) % 6 % SMALL_PLAN_CLASSES),
    };
    small->reservations[i] = RESERVATION_NONE;
}

/* One that waits, or one that runs and may pause at once. */
static void make_split(struct small_plan *small, uint64_t *random)
{
    struct plan_split *split = &small->split;
    int64_t hours = planning_between(random, 2, 3);
    bool runs = planning_between(random, 0, 2) == 0;

    *split = (struct plan_split){
        .job = small->jobs[JOBS - 1],
        .restart = 600 * planning_between(random, 0, 1),
        .runs_in = runs ? 0 : -1,
        .pieces = PLAN_PIECES_NONE,
    };
    split->job.id = JOBS;
    split->job.class = (uint8_t)planning_between(random, 0, 1);
    split->job.time = hours * HOUR;
    split->job.latest = START + HOUR * planning_between(random, 2, SLOTS - hours);
    split->job.wanted.gpus = 1;
    split->job.earliest = runs ? small->now : split->job.earliest;
    if (runs)
        split->pieces = (struct plan_pieces){
            .list = {{small->now, START + 4 * HOUR}}, .count = 1, .pool = 0};
    small->before = *split;
    small->count = JOBS - 2;
}

static void make_plan(struct small_plan *small, uint64_t *random)
{
    const struct plan_settings settings = {HOUR, SLOTS, 20000, 0, 0};
    const struct resources one = {1, 1, 1};

    small->plan = plan_create(&settings, small->now);
    for (int i = 0; i < POOLS; i++) {
        plan_set_zone(small->plan, i, small->levels[i][0] < 0 ? NULL : small->levels[i],
                      NULL);
        plan_set_pool(small->plan, i, i, &small->pools[i]);
    }
    for (int i = 0; i < SMALL_PLAN_CLASSES; i++)
        plan_set_class(small->plan, i, &small->policies[i]);
    for (int i = 0; i < POOLS; i++) {
        int64_t begins = planning_between(random, 0, SLOTS);

        for (int j = 0; j < SLOTS; j++)
            small->free[i][j] = small->pools[i].capacity;
        plan_occupy(small->plan, i, START + begins * HOUR, START + (begins + 2) * HOUR,
                    &one);
        for (int64_t j = begins; j < begins + 2 && j < SLOTS; j++)
            resources_subtract(&small->free[i][j], &one);
    }
}

void small_plan_init(struct small_plan *small, uint64_t seed, bool has_split)
{
    uint64_t random = seed * 977 + 3;

    *small = (struct small_plan){.now = START + 600 * planning_between(&random, 0, 1),
                                 .count = JOBS,
                                 .has_split = has_split};
    make_pools(small, &random);
    make_policies(small);
    for (int i = 0; i < JOBS; i++)
        make_job(small, &random, i);
    make_plan(small, &random);
    if (has_split)
        make_split(small, &random);
    if (has_split && small->split.runs_in >= 0)
        plan_split_hold(small->plan, &small->split, small->now);
    small->batch = plan_batch_create(small->plan, small->count, small->now);
    for (size_t i = 0; i < small->count; i++)
        plan_batch_add(small->batch, &small->jobs[i], &small->reservations[i]);
    plan_run_split(small->plan, &small->split, has_split, &small->batch, small->now);
    for (size_t i = 0; i < small->count; i++)
        small->reservations[i] = plan_batch_reservation(small->batch, i);
}

void small_plan_release(struct small_plan *small)
{
    plan_batch_destroy(small->batch);
    plan_destroy(small->plan);
}

struct plan *small_plan_make(const intensity *levels, size_t slots, int64_t gpus,
                             enum policy_kind kind)
{
    const struct plan_settings settings = {HOUR, slots, 0, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(kind);
    struct pool pool = planning_pool(gpus);

    policy.patience_ppm = 0;
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_pool(plan, 0, 0, &pool);
    plan_set_class(plan, 0, &policy);
    return plan;
}

struct plan_job small_plan_job(int64_t id, duration time, duration wait)
{
    return (struct plan_job){.id = id,
                             .pools = 1,
                             .wanted = {1, 1, 1},
                             .time = time,
                             .latest = START + wait};
}

bool small_plan_bound(struct plan_made *made, const struct plan_job *jobs,
                      const struct reservation *reservations, size_t count,
                      struct plan_bound *bound)
{
    struct plan_batch *batch = plan_batch_create(made->plan, count, made->now);
    bool is_found;

    for (size_t i = 0; i < count; i++)
        plan_batch_add(batch, &jobs[i], &reservations[i]);
    made->batch = batch;
    is_found = plan_find_bound(made, bound);
    plan_batch_destroy(batch);
    return is_found;
}

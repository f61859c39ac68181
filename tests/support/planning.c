/* SPDX-License-Identifier: MIT */
#include "tests/support/planning.h"

#include <stdlib.h>

#include "base/alloc.h"

/* splitmix64 */
uint64_t planning_random(uint64_t *seed)
{
    uint64_t bits = *seed += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

int64_t planning_between(uint64_t *seed, int64_t least, int64_t most)
{
    return least + (int64_t)(planning_random(seed) % (uint64_t)(most - least + 1));
}

void planning_make_levels(uint64_t *seed, instant begins, duration slot,
                          intensity *levels, size_t count)
{
    static const int64_t of_hour[24] = {260, 250, 245, 240, 245, 260, 290, 300,
                                        270, 220, 180, 150, 140, 145, 165, 210,
                                        280, 340, 370, 360, 340, 320, 300, 280};
    int64_t weather = planning_between(seed, -60, 60);
    instant hour = -1;
    intensity level = 0;

    for (size_t i = 0; i < count; i++) {
        instant when = begins + (instant)i * slot;

        if (when / HOUR != hour) {
            hour = when / HOUR;
            weather += planning_between(seed, -15, 15);
            weather = weather > 90 ? 90 : weather < -90 ? -90 : weather;
            level = G_PER_KWH(of_hour[hour % 24] + weather)
                    + planning_between(seed, -5000, 5000);
        }
        levels[i] = level;
    }
}

struct pool planning_pool(int64_t gpus)
{
    return (struct pool){
        .name = "lab",
        .zone = "DE",
        .capacity = {gpus, 8 * gpus, 65536 * gpus},
        .gpu_power = 300,
        .idle_power = 60,
        .cpu_power = 10,
        .pue_ppm = 1200000,
    };
}

struct policy planning_policy(enum policy_kind kind)
{
    return (struct policy){
        .name = "training",
        .kind = kind,
        .time = 2 * HOUR,
        .max_wait = DAY,
        .max_intensity = POLICY_NOT_SET,
        .below_percentile = POLICY_NOT_SET,
        .min_renewable = POLICY_NOT_SET,
        .patience_ppm = kind == POLICY_CLEANEST ? 2000 : 0,
    };
}

/* 10 minutes doubled a number of times that piles up in the middle, and a rest. */
static duration run_time(uint64_t *seed)
{
    int64_t doublings = 0;
    duration time;

    for (int i = 0; i < 6; i++)
        doublings += planning_between(seed, 0, 1);
    time = (10 * MINUTE) << doublings;
    time += planning_between(seed, 0, time - 1);
    return time > 12 * HOUR ? 12 * HOUR : time;
}

struct plan_job planning_job(uint64_t *seed, int64_t id, instant now)
{
    static const int64_t gpus[] = {1, 1, 1, 1, 2, 2, 4, 8};
    int64_t wanted = gpus[planning_between(seed, 0, 7)];

    return (struct plan_job){
        .id = id,
        .pools = 1,
        .wanted = {wanted, 4 * wanted, 32768 * wanted},
        .time = run_time(seed),
        .earliest = 0,
        .latest = now + planning_between(seed, 2 * HOUR, 92 * HOUR),
    };
}

void planning_count_free(const struct planning_view *view, const struct plan_job *jobs,
                         const struct reservation *reservations, size_t count,
                         struct resources *free)
{
    for (size_t slot = 0; slot < view->slots; slot++)
        free[slot] = view->capacity;
    for (size_t i = 0; i < count; i++) {
        instant ends = reservations[i].start + jobs[i].time;

        if (reservations[i].pool != view->pool)
            continue;
        for (size_t slot = 0; slot < view->slots; slot++) {
            instant begins = view->begins + (instant)slot * view->slot;

            if (reservations[i].start < begins + view->slot && ends > begins)
                resources_subtract(&free[slot], &jobs[i].wanted);
        }
    }
}

bool planning_has_room(const struct planning_view *view, const struct plan_job *jobs,
                       const struct reservation *reservations, size_t count)
{
    struct resources *left = xcalloc(view->slots, sizeof(left[0]));
    bool has_room = true;

    planning_count_free(view, jobs, reservations, count, left);
    for (size_t slot = 0; slot < view->slots; slot++) {
        if (left[slot].gpus < 0 || left[slot].cpus < 0 || left[slot].memory < 0)
            has_room = false;
    }
    free(left);
    return has_room;
}

void planning_run(struct plan *plan, const struct plan_job *jobs,
                  struct reservation *reservations, size_t count, instant now)
{
    struct plan_batch *batch = plan_batch_create(plan, count, now);

    for (size_t i = 0; i < count; i++)
        plan_batch_add(batch, &jobs[i], &reservations[i]);
    plan_run(plan, batch);
    for (size_t i = 0; i < count; i++)
        reservations[i] = plan_batch_reservation(batch, i);
    plan_batch_destroy(batch);
}

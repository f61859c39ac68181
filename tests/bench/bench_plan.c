/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scheduler/plan_batch.h"
#include "scheduler/plan_bound.h"
#include "tests/support/planning.h"

/*
 * How long planning takes: jobs from a seed on a cluster that they fill by half, over
 * 96 h. One line for each figure: name, value, unit. Times are medians of RUNS.
 */

#define START ((instant)1800000000)
#define RUNS  5

/* What is measured: jobs that may run in any of some pools, each in its own zone. */
struct scene {
    size_t count;
    duration slot;
    int zones;
    int64_t gpus; /* of each pool */
    struct plan_job *jobs;
    struct reservation *reservations;
};

static void scene_init(struct scene *scene, size_t count, duration slot, int zones)
{
    duration gpu_seconds = 0;
    uint64_t seed = 1;

    *scene = (struct scene){.count = count, .slot = slot, .zones = zones};
    scene->jobs = xcalloc(count, sizeof(scene->jobs[0]));
    scene->reservations = xcalloc(count, sizeof(scene->reservations[0]));
    for (size_t i = 0; i < count; i++) {
        scene->jobs[i] = planning_job(&seed, (int64_t)i + 1, START);
        scene->jobs[i].pools = (UINT64_C(1) << zones) - 1;
        gpu_seconds += scene->jobs[i].time * scene->jobs[i].wanted.gpus;
    }
    scene->gpus = gpu_seconds * 2 / (96 * HOUR) / zones + 8;
}

static void scene_release(struct scene *scene)
{
    free(scene->jobs);
    free(scene->reservations);
}

static struct plan *make_plan(const struct scene *scene, uint64_t seed)
{
    struct plan_settings settings = {scene->slot, (size_t)(96 * HOUR / scene->slot),
                                     20000, 100000, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(scene->gpus);
    intensity *levels = xcalloc(settings.slots, sizeof(levels[0]));

    for (int i = 0; i < scene->zones; i++) {
        planning_make_levels(&seed, START, scene->slot, levels, settings.slots);
        plan_set_zone(plan, i, levels, NULL);
        plan_set_pool(plan, i, i, &pool);
    }
    plan_set_class(plan, 0, &policy);
    free(levels);
    return plan;
}

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double times[RUNS])
{
    qsort(times, RUNS, sizeof(times[0]), compare);
    return times[RUNS / 2];
}

static void print(const struct scene *scene, const char *name, double value,
                  const char *unit)
{
    printf("plan_%s_%zu_jobs_%d_min", name, scene->count, (int)(scene->slot / MINUTE));
    if (scene->zones > 1)
        printf("_%d_zones", scene->zones);
    printf(" %.3f %s\n", value, unit);
}

/* One after the other, as they are submitted. */
static double place_all(struct scene *scene)
{
    struct plan *plan = make_plan(scene, 7);
    double begun = milliseconds();
    double ended;

    for (size_t i = 0; i < scene->count; i++)
        scene->reservations[i] = plan_place(plan, &scene->jobs[i], START);
    ended = milliseconds();
    plan_destroy(plan);
    return ended - begun;
}

static struct plan_batch *make_batch(const struct scene *scene, const struct plan *plan,
                                     const struct reservation *before)
{
    struct plan_batch *batch = plan_batch_create(plan, scene->count, START);

    for (size_t i = 0; i < scene->count; i++)
        plan_batch_add(batch, &scene->jobs[i], before ? &before[i] : &RESERVATION_NONE);
    return batch;
}

static double plan_from_scratch(struct scene *scene)
{
    struct plan *plan = make_plan(scene, 7);
    struct plan_batch *batch = make_batch(scene, plan, NULL);
    double begun = milliseconds();
    double ended;

    plan_run(plan, batch);
    ended = milliseconds();
    for (size_t i = 0; i < scene->count; i++)
        scene->reservations[i] = plan_batch_reservation(batch, i);
    plan_batch_destroy(batch);
    plan_destroy(plan);
    return ended - begun;
}

/* With the reservations that there are, by another forecast. */
static double plan_again(struct scene *scene)
{
    struct plan *plan = make_plan(scene, 8);
    struct plan_batch *batch = make_batch(scene, plan, scene->reservations);
    double begun = milliseconds();
    double ended;

    plan_run(plan, batch);
    ended = milliseconds();
    plan_batch_destroy(batch);
    plan_destroy(plan);
    return ended - begun;
}

/* How far from the best possible plan the last one is, and how long that takes. */
static void measure_bound(struct scene *scene)
{
    struct plan *plan = make_plan(scene, 7);
    struct plan_batch *batch = make_batch(scene, plan, NULL);
    const struct plan_made made = {.plan = plan, .batch = batch, .now = START};
    struct plan_bound bound = {0, 0, 0, 0};
    double times[RUNS];

    plan_run(plan, batch);
    for (int i = 0; i < RUNS; i++) {
        double begun = milliseconds();

        plan_find_bound(&made, &bound);
        times[i] = milliseconds() - begun;
    }
    print(scene, "bound", median(times), "ms");
    print(scene, "gap", (double)bound.gap / 1e4, "%");
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

struct key {
    uint32_t latest;
    uint32_t index;
};

/*
 * What to hold planning against: the same jobs put in the order of their latest start,
 * by a radix sort of 8-byte keys in four passes and one copy of each job.
 */
static double sort_jobs(struct scene *scene)
{
    struct key *keys = xcalloc(scene->count, sizeof(keys[0]));
    struct key *spare = xcalloc(scene->count, sizeof(spare[0]));
    struct plan_job *sorted = xcalloc(scene->count, sizeof(sorted[0]));
    double begun = milliseconds();
    double ended;

    for (size_t i = 0; i < scene->count; i++)
        keys[i] = (struct key){(uint32_t)(scene->jobs[i].latest - START), (uint32_t)i};
    for (int shift = 0; shift < 32; shift += 8) {
        size_t at[257] = {0};
        struct key *swapped = keys;

        for (size_t i = 0; i < scene->count; i++)
            at[(keys[i].latest >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++)
            at[i + 1] += at[i];
        for (size_t i = 0; i < scene->count; i++)
            spare[at[keys[i].latest >> shift & 255]++] = keys[i];
        keys = spare;
        spare = swapped;
    }
    for (size_t i = 0; i < scene->count; i++)
        sorted[i] = scene->jobs[keys[i].index];
    ended = milliseconds();
    free(keys);
    free(spare);
    free(sorted);
    return ended - begun;
}

static double measure(struct scene *scene, double (*run)(struct scene *scene))
{
    double times[RUNS];

    for (int i = 0; i < RUNS; i++)
        times[i] = run(scene);
    return median(times);
}

/* A line of /proc/self/status, in KiB; -1 if there is none. */
static long read_status(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;

    while (file && kib < 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    }
    if (file)
        fclose(file);
    return kib;
}

/*
 * What planning needs at its peak, with what it is given: from scratch, and again. Of a
 * child, since what was freed before is not given back to the system.
 */
static void measure_memory(struct scene *scene, const char *name,
                           double (*run)(struct scene *scene))
{
    long before;

    fflush(stdout);
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    malloc_trim(0);
    mallopt(M_MMAP_THRESHOLD, 1 << 20); /* so that large blocks are given back */
    before = read_status("VmRSS:");
    FILE *file = fopen("/proc/self/clear_refs", "w");
    bool is_cleared = file && fputs("5", file) >= 0;

    is_cleared = file && fclose(file) == 0 && is_cleared;
    run(scene);
    if (is_cleared && before >= 0)
        print(scene, name,
              (double)(read_status("VmHWM:") - before) * 1024 / (double)scene->count,
              "B/job");
    fflush(stdout);
    _exit(0);
}

static void measure_scene(size_t count, duration slot, int zones)
{
    struct scene scene;
    size_t late = 0;
    double scratch;
    double sorting;

    scene_init(&scene, count, slot, zones);
    print(&scene, "place", measure(&scene, place_all) * 1e3 / (double)count, "us/job");
    sorting = measure(&scene, sort_jobs);
    scratch = measure(&scene, plan_from_scratch);
    print(&scene, "from_scratch", scratch, "ms");
    print(&scene, "sort", sorting, "ms");
    print(&scene, "from_scratch_by_sort", scratch / sorting, "times");
    for (size_t i = 0; i < count; i++)
        late += scene.reservations[i].start > scene.jobs[i].latest;
    print(&scene, "late", (double)late, "jobs");
    print(&scene, "again", measure(&scene, plan_again), "ms");
    if (count == 1000000) {
        measure_memory(&scene, "memory_from_scratch", plan_from_scratch);
        measure_memory(&scene, "memory_again", plan_again);
    }
    measure_bound(&scene);
    scene_release(&scene);
}

static void print_processor(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    while (file && fgets(line, sizeof(line), file)) {
        const char *colon = strchr(line, ':');

        if (colon && strncmp(line, "model name", 10) == 0) {
            printf("# processor%s", colon);
            break;
        }
    }
    if (file)
        fclose(file);
}

int main(void)
{
    print_processor();
    for (size_t count = 10000; count <= 1000000; count *= 10) {
        measure_scene(count, 5 * MINUTE, 1);
        measure_scene(count, 15 * MINUTE, 1);
        measure_scene(count, 15 * MINUTE, 3);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "ledger/shadow_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

/*
 * Within a group of one shape, only the estimates differ, and a search is a descent.
 * When there are more shapes than this, those that agree in their leading bits share a
 * group: a search may then look into branches whose minima come from different jobs.
 */
#define GROUPS_MAX 256

/* The least that any job below this node asks for. */
struct node {
    struct resources wanted;
    duration estimate;
};

static const struct node nobody = {{INT64_MAX, INT64_MAX, INT64_MAX}, INT64_MAX};

/* An implicit binary tree, its root at 1, its leaves, in order of jobs, from `leaves`
 * on. */
struct group {
    struct node *nodes;
    size_t *jobs; /* of its leaves */
    size_t leaves;
};

struct place {
    size_t group;
    size_t leaf;
};

struct shadow_queue {
    const struct shadow_job *jobs;
    struct place *places; /* of each job */
    struct group *groups;
    size_t group_count;
    struct node *nodes; /* of all groups */
    size_t *leaf_jobs;
};

struct shape {
    struct resources wanted;
    size_t job;
};

/* A number with all but its `bits` leading bits cleared. */
static int64_t round_down(int64_t number, int bits)
{
    int shift = 0;

    assert(number >= 0);
    while (number >> shift >= INT64_C(1) << bits)
        shift++;
    return shift < 63 ? number >> shift << shift : 0;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_wanted(const struct resources *a, const struct resources *b)
{
    int order = compare_numbers(a->gpus, b->gpus);

    if (!order)
        order = compare_numbers(a->cpus, b->cpus);
    return order ? order : compare_numbers(a->memory, b->memory);
}

static int compare_shapes(const void *a, const void *b)
{
    const struct shape *left = a, *right = b;
    int order = compare_wanted(&left->wanted, &right->wanted);

    return order ? order : (left->job > right->job) - (left->job < right->job);
}

/* Sort jobs by shape, to this many bits. Returns how many shapes there are. */
static size_t sort_shapes(const struct shadow_job *jobs, struct shape *shapes,
                          size_t count, int bits)
{
    size_t distinct = 0;

    for (size_t i = 0; i < count; i++) {
        shapes[i].wanted.gpus = round_down(jobs[i].wanted.gpus, bits);
        shapes[i].wanted.cpus = round_down(jobs[i].wanted.cpus, bits);
        shapes[i].wanted.memory = round_down(jobs[i].wanted.memory, bits);
        shapes[i].job = i;
    }
    qsort(shapes, count, sizeof(shapes[0]), compare_shapes);
    for (size_t i = 0; i < count; i++)
        distinct +=
            i == 0 || compare_wanted(&shapes[i - 1].wanted, &shapes[i].wanted) != 0;
    return distinct;
}

static size_t leaves_for(size_t count)
{
    size_t leaves = 1;

    while (leaves < count)
        leaves *= 2;
    return leaves;
}

/* How many of the shapes from `first` on are alike. */
static size_t count_alike(const struct shape *shapes, size_t first, size_t count)
{
    size_t next = first + 1;

    while (next < count && !compare_wanted(&shapes[first].wanted, &shapes[next].wanted))
        next++;
    return next - first;
}

/* Lay out the trees one behind the other. */
static void place_groups(struct shadow_queue *queue, const struct shape *shapes,
                         size_t count)
{
    size_t room = 0, g = 0, used = 0, alike;

    for (size_t i = 0; i < count; i += alike) {
        alike = count_alike(shapes, i, count);
        room += leaves_for(alike);
    }
    queue->nodes = xcalloc(2 * room, sizeof(queue->nodes[0]));
    queue->leaf_jobs = xcalloc(room, sizeof(queue->leaf_jobs[0]));
    for (size_t i = 0; i < 2 * room; i++)
        queue->nodes[i] = nobody;
    for (size_t i = 0; i < count; i += alike, g++) {
        struct group *group = &queue->groups[g];

        alike = count_alike(shapes, i, count);
        group->leaves = leaves_for(alike);
        group->nodes = queue->nodes + 2 * used;
        group->jobs = queue->leaf_jobs + used;
        used += group->leaves;
        for (size_t k = 0; k < alike; k++) {
            group->jobs[k] = shapes[i + k].job;
            queue->places[shapes[i + k].job] = (struct place){g, k};
        }
    }
    assert(g == queue->group_count && used == room);
}

struct shadow_queue *shadow_queue_create(const struct shadow_job *jobs, size_t count)
{
    struct shadow_queue *queue = xcalloc(1, sizeof(*queue));
    struct shape *shapes = xcalloc(count, sizeof(shapes[0]));
    int bits = 62;

    queue->jobs = jobs;
    queue->group_count = sort_shapes(jobs, shapes, count, bits);
    for (bits = 4; queue->group_count > GROUPS_MAX && bits >= 0; bits--)
        queue->group_count = sort_shapes(jobs, shapes, count, bits);
    queue->groups = xcalloc(queue->group_count, sizeof(queue->groups[0]));
    queue->places = xcalloc(count, sizeof(queue->places[0]));
    place_groups(queue, shapes, count);
    free(shapes);
    return queue;
}

void shadow_queue_destroy(struct shadow_queue *queue)
{
    if (!queue)
        return;
    free(queue->places);
    free(queue->groups);
    free(queue->nodes);
    free(queue->leaf_jobs);
    free(queue);
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static struct node least_of(const struct node *a, const struct node *b)
{
    return (struct node){{lesser(a->wanted.gpus, b->wanted.gpus),
                          lesser(a->wanted.cpus, b->wanted.cpus),
                          lesser(a->wanted.memory, b->wanted.memory)},
                         lesser(a->estimate, b->estimate)};
}

static void set_leaf(struct shadow_queue *queue, size_t job, const struct node *leaf)
{
    struct group *group = &queue->groups[queue->places[job].group];
    size_t i = group->leaves + queue->places[job].leaf;

    group->nodes[i] = *leaf;
    for (i /= 2; i > 0; i /= 2)
        group->nodes[i] = least_of(&group->nodes[2 * i], &group->nodes[2 * i + 1]);
}

void shadow_queue_add(struct shadow_queue *queue, size_t job)
{
    struct node leaf = {queue->jobs[job].wanted, queue->jobs[job].estimate};

    set_leaf(queue, job, &leaf);
}

void shadow_queue_remove(struct shadow_queue *queue, size_t job)
{
    set_leaf(queue, job, &nobody);
}

static bool allow(const struct shadow_limits *limits, const struct resources *wanted,
                  duration estimate)
{
    return resources_fit(wanted, &limits->room)
           && (estimate <= limits->time || resources_fit(wanted, &limits->spare));
}

bool shadow_limits_allow(const struct shadow_limits *limits,
                         const struct shadow_job *job)
{
    return allow(limits, &job->wanted, job->estimate);
}

/* The first job of a group within the limits. */
static size_t find_in_group(const struct group *group,
                            const struct shadow_limits *limits)
{
    size_t i = 1;

    for (;;) {
        const struct node *node = &group->nodes[i];

        if (allow(limits, &node->wanted, node->estimate)) {
            if (i >= group->leaves)
                return group->jobs[i - group->leaves];
            i *= 2;
            continue;
        }
        /* Not in here: on to the nearest branch to the right. */
        while (i % 2)
            i /= 2;
        if (i == 0)
            return SHADOW_QUEUE_NONE;
        i++;
    }
}

size_t shadow_queue_find(const struct shadow_queue *queue,
                         const struct shadow_limits *limits)
{
    size_t first = SHADOW_QUEUE_NONE;

    for (size_t g = 0; g < queue->group_count; g++) {
        size_t found = find_in_group(&queue->groups[g], limits);

        if (found < first)
            first = found;
    }
    return first;
}

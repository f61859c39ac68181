/* SPDX-License-Identifier: MIT */
#ifndef NODES_POOL_H
#define NODES_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* What a job takes of a pool, or a pool has. */
struct resources {
    int64_t gpus;
    int64_t cpus;
    int64_t memory; /* MiB */
};

bool resources_fit(const struct resources *wanted, const struct resources *room);
void resources_add(struct resources *sum, const struct resources *more);
void resources_subtract(struct resources *sum, const struct resources *less);

#define POOL_NAME_MAX 32

/* A pool of one machine tracks its GPUs one by one; 64 of them fit a mask. */
#define POOL_TRACKED_GPUS_MAX 64

/* Whether a pool's machines are on. They are asleep as soon as they are told to be. */
enum pool_sleep {
    POOL_AWAKE,
    POOL_FALLING_ASLEEP,
    POOL_ASLEEP,
    POOL_WAKING,
    POOL_SLEEPS
};

const char *pool_sleep_name(enum pool_sleep sleep); /* "falling asleep", ... */

/*
 * A pool: machines that share an executor, a zone and a price in carbon. It counts what
 * is taken, and knows which of its GPUs are, so that none is ever given to two jobs.
 * Foreign and lost GPUs are given to nobody and are not free; a job that had one before
 * it became so keeps it, and it counts as taken.
 */
struct pool {
    char name[POOL_NAME_MAX + 1];
    char zone[33];
    struct resources capacity;
    struct resources taken; /* by jobs from starting to their end */
    uint64_t taken_gpus;    /* bit per GPU; unused above POOL_TRACKED_GPUS_MAX GPUs */
    uint64_t foreign_gpus;  /* not to be had for now: somebody else computes on it, or
                               it does not answer */
    uint64_t lost_gpus;     /* drained: lost or broken */
    int64_t gpu_power;      /* W, mean of a GPU that works, unless the job says */
    int64_t idle_power;     /* W per GPU when nothing runs on it */
    int64_t cpu_power;      /* W per CPU that works, for jobs without GPUs */
    int64_t pue_ppm;        /* power usage effectiveness times 1000000 */
    int first_gpu;          /* of its machine's GPUs, the one that is its first */
    bool drained;           /* nothing new starts here */
    bool delegated;         /* another scheduler says what runs where: only jobs that it
                               knows come here, and no GPU is told from another */
    struct resources others; /* of a delegated one: taken by jobs that are not ours */
    enum pool_sleep sleep;   /* nothing starts here unless it is awake */
};

/*
 * What a pool has to give now: its capacity without the foreign and lost GPUs that no
 * job of ours holds, and without what others took: never below 0.
 */
struct resources pool_usable(const struct pool *pool);

/*
 * Take resources, and write which GPUs they are (lowest free ones first) to `*gpus`, as
 * a mask; 0 for a pool of more than POOL_TRACKED_GPUS_MAX and for a delegated one.
 * ERROR_CONFLICT, and nothing taken, if there is not enough free or the pool is drained
 * or not awake.
 */
int pool_take(struct pool *pool, const struct resources *wanted, uint64_t *gpus,
              struct error *err);

/*
 * Take just these GPUs: for a job that was found running after a restart. It is allowed
 * to overdraw the pool (the config may have shrunk) and to be on foreign and lost GPUs,
 * never to share a GPU with another job.
 */
int pool_take_again(struct pool *pool, const struct resources *wanted, uint64_t gpus,
                    struct error *err);

/* Give back what was taken. */
void pool_give_back(struct pool *pool, const struct resources *taken, uint64_t gpus);

/* What is free of what is usable: never below 0. */
struct resources pool_free(const struct pool *pool);

#endif

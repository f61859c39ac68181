/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PROFILE_H
#define SCHEDULER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nodes/pool.h"
#include "scheduler/plan.h"

/*
 * What is free in one pool, slot by slot, and how much has been told to start in each.
 * Slots are numbered from 0, the one that holds now; what is said of slots before 0 is
 * forgotten, what is said of slots after the horizon is kept until they come into it.
 *
 * Slots are summed up in blocks of PROFILE_BLOCK, so that a search steps over sixteen
 * of them at once where all are free or none is: plans are mostly one or the other.
 */

#define PROFILE_BLOCK    16
#define PROFILE_FAILURES 8

/* How many blocks hold some slots; the last may be short. */
#define PROFILE_BLOCKS(slots) (((slots) + PROFILE_BLOCK - 1) / PROFILE_BLOCK)

/* From the slot `at` on, more (or less, if negative) is taken. Beyond the horizon. */
struct profile_change {
    int64_t at;
    struct resources more;
};

/* A search that found no slot at all: whoever asks for no less will find none either.
 */
struct profile_failure {
    struct resources need;
    int32_t first;
    int32_t first_length;
    int32_t length;
};

struct starts;

struct profile {
    int32_t slots;
    struct resources capacity;
    struct resources *free;  /* by slot; below 0 where the pool is overdrawn */
    int64_t *started;        /* by slot: GPUs; CPUs in a pool that has none */
    struct resources *least; /* of what is free, by block */
    struct resources *most;
    int64_t *most_started;          /* by block */
    struct profile_change *changes; /* ascending, all after the horizon */
    size_t change_count;
    size_t change_room;
    struct profile_failure failures[PROFILE_FAILURES];
    size_t failure_count;
    uint64_t given;        /* how often room came back, or searches were forgotten */
    struct starts *starts; /* what searches remember; see there */
};

struct profile *profile_create(int32_t slots, const struct resources *capacity);
struct profile *profile_copy(const struct profile *profile);
void profile_destroy(struct profile *profile);

/* Let the pool grow or shrink; what is taken stays taken. */
void profile_resize(struct profile *profile, const struct resources *capacity);

/* Take resources in the slots [begins, ends), or give them back. */
void profile_take(struct profile *profile, int64_t begins, int64_t ends,
                  const struct resources *taken);
void profile_give(struct profile *profile, int64_t begins, int64_t ends,
                  const struct resources *given);

/* What counts of a job against the ramp: GPUs, or CPUs in a pool that has none. */
static inline int64_t profile_units(const struct profile *profile,
                                    const struct resources *wanted)
{
    return profile->capacity.gpus > 0 ? wanted->gpus : wanted->cpus;
}

/* Count a start in a slot; negative units take one back. */
void profile_count_start(struct profile *profile, int64_t slot, int64_t units);

/* Let the first `slots` slots pass. */
void profile_advance(struct profile *profile, int64_t slots);

/*
 * What a slot must have free for these resources: of what is not wanted nothing, not
 * even that it is not overdrawn.
 */
static inline struct resources profile_need(const struct resources *wanted)
{
    return (struct resources){
        wanted->gpus > 0 ? wanted->gpus : INT64_MIN,
        wanted->cpus > 0 ? wanted->cpus : INT64_MIN,
        wanted->memory > 0 ? wanted->memory : INT64_MIN,
    };
}

static inline bool profile_fits(const struct resources *need,
                                const struct resources *free)
{
    return need->gpus <= free->gpus && need->cpus <= free->cpus
           && need->memory <= free->memory;
}

/* Whether the need fits in all the slots [begins, ends) of the horizon. */
bool profile_has_room(const struct profile *profile, int64_t begins, int64_t ends,
                      const struct resources *need);

/* The first slot of [begins, ends), within the horizon, where it does not; or `ends`.
 */
int32_t profile_find_full(const struct profile *profile, int32_t begins, int32_t ends,
                          const struct resources *need);

/* Forget all that was learnt by searches: what they weigh has changed. */
static inline void profile_forget_searches(struct profile *profile)
{
    profile->failure_count = 0;
    profile->given++;
}

/* Whether a failed search has shown that this one will fail; and note that one failed.
 */
bool profile_is_hopeless(const struct profile *profile,
                         const struct profile_failure *search);
void profile_note_failure(struct profile *profile,
                          const struct profile_failure *search);

#endif

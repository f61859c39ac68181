/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CARDS_H
#define TESTS_SUPPORT_CARDS_H

#include "nodes/local/nvml.h"

/* GPUs that a test makes up, and NVML's functions for them. Any call counts. */
#define CARDS_MAX 80

struct nvml_device {
    char uuid[NVML_UUID_SIZE]; /* need not have an end */
    unsigned int bus;
    int result;      /* of every call but those below */
    int by_uuid;     /* of the call for its handle */
    int error_calls; /* of the calls for power, energy and use */
    unsigned long long memory;
    unsigned int power;
    unsigned long long energy;
    unsigned int utilization;
    unsigned int pids[8];
    unsigned int pid_count; /* what the list says, not what is in it */
    unsigned int drawing[8];
    unsigned int drawing_count;
    unsigned long long ecc;
    unsigned int rows_failed;
};

struct cards {
    struct nvml_device items[CARDS_MAX];
    unsigned int count; /* as NVML says */
    int init;
    int inits;
    int shutdowns;
    /* Called by each call for a power; may be NULL. May block. */
    void (*on_power)(void);
};

extern struct cards cards;

/* No cards, and all functions there are. */
struct nvml cards_reset(void);

/* `count` cards on the buses 1, 2, ..., named GPU-1, GPU-2, ... */
struct nvml cards_make(unsigned int count);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_ENERGY_LOOK_H
#define NODES_LOCAL_ENERGY_LOOK_H

#include <stdbool.h>
#include <uv.h>

#include "nodes/local/cpu_time.h"
#include "nodes/local/rapl.h"
#include "nodes/meter.h"

/* One look at the CPUs of the machine, on libuv's pool. For energy_watch.c alone. */

struct energy_look {
    uv_work_t work;
    struct rapl *rapl; /* nobody else's during the look */
    void (*on_looked)(struct energy_look *look);
    void *context;
    /* Whose time is wanted; shares and trees are of one order. */
    struct meter_share *shares;
    struct cpu_time_tree *trees;
    size_t count;
    /* What was found. */
    int64_t at_ms;
    struct meter_cpu cpu;
    struct error error; /* ERROR_NONE: all is well */
};

/* Begin a look; on_looked follows on the loop, and frees it. */
void energy_look_start(struct energy_look *look, uv_loop_t *loop);

/* Copy what was found to the shares, and leave out those that were not. */
void energy_look_take(struct energy_look *look);

void energy_look_destroy(struct energy_look *look);

#endif

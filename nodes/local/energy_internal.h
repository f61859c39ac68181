/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_ENERGY_INTERNAL_H
#define NODES_LOCAL_ENERGY_INTERNAL_H

#include "nodes/local/energy_look.h"
#include "nodes/local/energy_watch.h"

/* The inside of an energy watch: energy_watch.c begins, looks and keeps, energy_end.c
 * ends. */

struct watched {
    struct watched *next;
    int64_t job_id;
    int32_t attempt;
    uint64_t gpu_mask;
    struct meter_record
        *record; /* what was found after a restart; NULL: it began here */
    int64_t saved_ms;
    /* Of one that has ended. */
    bool is_ending;
    bool wants_gpus;
    bool wants_cpu;
    int64_t ended_ms;
    struct executor_report report;
};

struct energy_watch {
    struct energy_watch_settings settings;
    struct meter *meter;
    int files; /* the directory; -1: nothing is kept */
    struct rapl rapl;
    bool has_rapl;
    bool is_looking;
    bool look_again; /* one that ended needs a look that begins from now on */
    bool said_trouble;
    uv_timer_t period;
    uv_timer_t patience;
    int open_handles;
    bool destroying;
    struct watched *list;
};

struct watched *energy_find(const struct energy_watch *watch, int64_t job_id,
                            int32_t attempt);

/* Look at the packages, and with `at_trees` at what runs. */
void energy_look_at(struct energy_watch *watch, bool at_trees);

/* Ask for a sample from now on; it comes by energy_watch_on_gpus(). */
bool energy_ask_gpus(struct energy_watch *watch, uint64_t gpu_mask);

/* Keep what is too old, some of it. */
void energy_save(struct energy_watch *watch);

/* A look was had: give what ended its CPU time. */
void energy_add_endings(struct energy_watch *watch, const struct energy_look *look);

/* Tell of those that wait for nothing more or, with `due`, have waited long enough. */
void energy_finish(struct energy_watch *watch, bool due);

#endif

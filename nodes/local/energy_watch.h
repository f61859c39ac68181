/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_ENERGY_WATCH_H
#define NODES_LOCAL_ENERGY_WATCH_H

#include <sys/types.h>
#include <uv.h>

#include "nodes/executor.h"
#include "nodes/local/gpu_watch.h"

/*
 * Measures what the attempts on this machine take: hands what it sees to a meter
 * (nodes/meter.h). GPUs are seen by the watch over them; CPU packages are looked at on
 * libuv's pool every ENERGY_WATCH_PERIOD_MS, while an attempt runs and once after.
 *
 * What has been measured is kept in STATE/meters/ID.ATTEMPT from the begin of an
 * attempt until its end is stored, so that a restart leaves no hole. On a clock that
 * runs fast a joule counts for as many as seconds do, so that watts stay what they are.
 */
struct energy_watch;

#define ENERGY_WATCH_PERIOD_MS 10000
#define ENERGY_WATCH_SAVE_MS   30000 /* how old what is kept may be */
#define ENERGY_WATCH_SAVES_MAX 32    /* files written in one turn */

/* How long the end of an attempt waits for what was taken last. */
#define ENERGY_WATCH_PATIENCE_MS 1000

/* An attempt that ended so long before we learnt it ended while nobody looked. */
#define ENERGY_WATCH_LATE_MS 3000

struct energy_watch_settings {
    uv_loop_t *loop;
    const char *state_dir;  /* `meters` is made in it */
    int runs;               /* the directory of all runs */
    const char *powercap;   /* the kernel's tree; NULL: CPUs are not looked at */
    struct gpu_watch *gpus; /* NULL: none */
    const struct clock *clock;
    /* The runner of an attempt that runs; 0: not known. */
    pid_t (*runner_of)(int64_t job_id, int32_t attempt, void *runners);
    void *runners;
    /* A report that energy_watch_end() held back, now with its energy. */
    executor_on_report *on_measured;
    void *context;
};

/* What cannot be looked at is said once, in the log. `settings` are copied. */
struct energy_watch *energy_watch_create(const struct energy_watch_settings *settings);

/* Reports that are held back are dropped. Freed by the loop. NULL does nothing. */
void energy_watch_destroy(struct energy_watch *watch);

/* An attempt begins now, and holds these GPUs of the machine. */
void energy_watch_begin(struct energy_watch *watch, int64_t job_id, int32_t attempt,
                        uint64_t gpu_mask);

/* An attempt of before a restart is found again. */
void energy_watch_resume(struct energy_watch *watch, int64_t job_id, int32_t attempt);

/*
 * An attempt has ended. True: the report is held back until its last samples are there,
 * for ENERGY_WATCH_PATIENCE_MS at most. False: it is as complete as it will be.
 */
bool energy_watch_end(struct energy_watch *watch, struct executor_report *report);

/* Its end is stored: remove what was kept of it. */
void energy_watch_forget(struct energy_watch *watch, int64_t job_id, int32_t attempt);

/* For whoever has the watch over the GPUs: each of its sets of samples. */
void energy_watch_on_gpus(struct energy_watch *watch, const struct gpu_sample *samples,
                          size_t count);

/* See nodes/meter.h. */
void energy_watch_set_idle(struct energy_watch *watch, size_t gpu, int64_t watts);
int64_t energy_watch_take_idle(struct energy_watch *watch, size_t gpu);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <uv.h>

#include "config/config.h"
#include "nodes/local/executor.h"
#include "queue/store.h"
#include "scheduler/engine.h"

struct http;
struct http_server;
struct writer;
struct grid_watch;
struct clock_watch;
struct sleepers;
struct slurm_watch;
struct gpu_tick;

/* See daemon/energy_tally.h. */
struct energy_tally {
    struct energy_tally_pool {
        int64_t measured; /* joules of attempts that have ended; so for the next */
        int64_t estimated;
        int64_t idle; /* of GPUs without a job */
        int64_t milligrams;
        int64_t idle_milligrams;
    } pools[PLAN_POOLS_MAX];
    int64_t moved_ms; /* when idle energy was last stored */
};

/* The whole program. There is one, on the stack of main(). */
struct daemon {
    uv_loop_t loop;
    const char *config_path;
    int64_t clock_rate; /* as asked for on the command line; so is the next */
    instant clock_start;
    struct config *config;
    struct fast_clock fast_clock;
    const struct clock *clock;
    struct store *store;
    struct store_reader *reader; /* for the loop */
    struct engine *engine;
    struct http *http; /* the one client of all that is fetched */
    struct local_executor *local;
    struct slurm_watch *slurm; /* NULL: no pool is of Slurm */
    struct gpu_tick *gpus;     /* NULL: nothing is known of them */
    struct writer *writer;
    struct grid_watch *grid;         /* fetches forecasts and actuals */
    struct sleepers *sleepers;       /* puts pools to sleep, and wakes them */
    struct clock_watch *clock_watch; /* NULL with a fast clock, which nobody sets */
    struct http_server *server;
    uint32_t serves_uid;  /* our own, and the only user whose jobs are taken, */
    bool serves_all;      /* unless a launcher starts those of all */
    char serves[160];     /* the same, for people */
    instant energy_swept; /* when old records of energy were last looked for */
    instant started;
    int64_t started_ms;      /* monotonic, for the uptime */
    char store_failure[256]; /* why the last write failed; "" when it did not */
    int64_t plan_ms;         /* how long the last full plan took */
    int64_t worst_turn_us;   /* longest time that one turn of the loop took */
    int64_t commits;
    int64_t pauses; /* jobs that were told to pause, since the start */
    int64_t turns;  /* of the loop, since the start */
    struct energy_tally tally;
    bool stopping;

    /* The driver's own. */
    uv_timer_t wake;
    uv_timer_t prune;
    uv_prepare_t prepare;
    uint64_t turn_began_ns;
    uint64_t turn_idle_ns;
    bool poked;
    bool planning;
};

/* Something has happened: step the engine before the loop sleeps again. */
void daemon_poke(struct daemon *daemon);

/* The executors' on_report, with the daemon as context: tells the engine, and pokes. */
void daemon_on_report(const struct executor_report *report, void *context);

#endif

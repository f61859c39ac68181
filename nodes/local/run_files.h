/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUN_FILES_H
#define NODES_LOCAL_RUN_FILES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "nodes/local/run_process.h"

/*
 * The files of a run: what the daemon and the runner of one attempt of one job tell
 * each other, so that either may be killed at any moment and started again. Pure.
 *
 *   spec     what to run; written by the daemon before it spawns the runner
 *   script   the job's script, when it has one
 *   lock     who may run the command: the runner, or nobody ever (a tombstone). It
 *            appears once, with its content, before the command is started
 *   started  when the command really began
 *   exit     how it ended, or why it could not begin
 *
 * They live in STATE/runs/ID.ATTEMPT. All but the script are records "key=value", each
 * ended by a NUL, the last being "end"; NULs may follow, since `started` and `exit` are
 * allocated before they are needed. Parsing is strict: what is unknown, doubled,
 * missing or out of its limits is ERROR_INVALID. Only what later versions added may be
 * missing, and is 0 then: a job may outlive an upgrade of the daemon.
 */

#define RUN_SPEC_FILE    "spec"
#define RUN_SCRIPT_FILE  "script"
#define RUN_LOCK_FILE    "lock"
#define RUN_STARTED_FILE "started"
#define RUN_EXIT_FILE    "exit"

#define RUN_SPEC_MAX       (4 << 20) /* bytes of the file */
#define RUN_SCRIPT_MAX     (4 << 20)
#define RUN_STRINGS_MAX    (128 << 10) /* arguments; variables of the environment */
#define RUN_PATH_MAX       4095
#define RUN_TOKEN_LENGTH   32
#define RUN_TEXT_SIZE      160
#define RUN_USER_MAX       255
#define RUN_RECORD_SIZE    1024 /* bytes of `lock`, `started` and `exit` */
#define RUN_TIME_LIMIT_MAX (400 * DAY)
/* Thirty years of uptime; times CLOCK_RATE_MAX it stays below 2^63. */
#define RUN_MONOTONIC_MAX  (INT64_C(1000000000) * 1000)
#define RUN_CPUS_MAX       (1 << 20)
#define RUN_MEMORY_MAX     (INT64_C(1) << 40) /* MiB */
#define RUN_CPU_MS_MAX     (RUN_MONOTONIC_MAX * 1000)
#define RUN_TOKEN_VARIABLE "PENSTOCK_TOKEN"
#define RUN_NOTICE_SIZE    256
/* The runner's notices on descriptor 3: the command began; all that the runner was
 * asked for is done, and nothing of the command is left; it failed, and why. */
#define RUN_NOTICE_STARTED    's'
#define RUN_NOTICE_ENDED      'e'
#define RUN_NOTICE_FAILED     'f'
#define RUN_NOTICE_DESCRIPTOR 3
#define RUN_PAUSE_SIGNAL      SIGUSR1 /* to the runner; SIGTERM stops */

struct run_spec {
    const char
        *token; /* RUN_TOKEN_LENGTH hexadecimal digits; marks what belongs to it */
    duration time_limit; /* 0: none */
    duration grace;
    int32_t pause_signal;
    int64_t rate;     /* of the daemon's clock */
    int32_t cpus;     /* 0: no limit */
    int64_t memory;   /* MiB; 0: no limit */
    bool script;      /* run the script; `arguments` are its arguments */
    const char *user; /* the owner's name when the job was submitted; NULL: not said */
    const char *directory;
    const char *output;
    const char *error; /* NULL: the same as output */
    char **arguments;  /* ends in NULL, as does the environment */
    size_t argument_count;
    char **environment;
    size_t environment_count;
};

/* A moment on two clocks: the wall's for people, the monotonic one for a fast clock. */
struct run_moment {
    instant utc;
    int64_t monotonic_ms;
};

struct run_lock {
    struct run_process holder; /* pid 0: a tombstone */
};

struct run_exit {
    bool refused; /* the command never began; see text */
    bool timed_out;
    bool stopped;       /* it was asked to end */
    bool paused;        /* it was asked to pause */
    bool out_of_memory; /* the kernel killed it, or part of it, for that */
    int64_t cpu_ms;     /* that it and its children took, as far as known */
    int32_t status;
    int32_t signal;
    struct run_moment started;
    struct run_moment ended;
    char text[RUN_TEXT_SIZE];
};

/* Add the content of the file. The spec's strings must be within their limits. */
void run_spec_format(const struct run_spec *spec, struct text *bytes);
void run_lock_format(const struct run_lock *lock, struct text *bytes);
void run_started_format(const struct run_moment *started, struct text *bytes);
void run_exit_format(const struct run_exit *exit, struct text *bytes);

/*
 * Parse a file. The strings of a spec borrow `bytes`; its arrays are its own, see
 * run_spec_release. `bytes` end in a NUL that `size` does not count.
 */
int run_spec_parse(char *bytes, size_t size, struct run_spec *spec, struct error *err);
int run_lock_parse(char *bytes, size_t size, struct run_lock *lock, struct error *err);
int run_started_parse(char *bytes, size_t size, struct run_moment *started,
                      struct error *err);
int run_exit_parse(char *bytes, size_t size, struct run_exit *exit, struct error *err);

/* Free the arrays; the strings are whose they were. */
void run_spec_release(struct run_spec *spec);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUN_PROCESS_H
#define NODES_LOCAL_RUN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Processes, known so that a number used again is never taken for the one before: by
 * pid, start time and the boot they belong to.
 */

#define RUN_BOOT_ID_LENGTH 36

struct run_process {
    int64_t pid;
    int64_t
        start_ticks; /* since the boot, in clock ticks: field 22 of /proc/PID/stat */
    char boot_id[RUN_BOOT_ID_LENGTH + 1];
};

/* What /proc/PID/stat says of a process. */
struct run_process_stat {
    pid_t pid;
    char state; /* 'Z': it has ended, and waits to be reaped */
    pid_t parent;
    pid_t session;
    int64_t start_ticks;
    int64_t cpu_ms; /* that it took, and the children that it has reaped */
};

/*
 * Read a file of /proc, which comes in one piece, and put a NUL after it. ERROR_MISSING
 * if there is none or nothing in it.
 */
int run_process_read(const char *path, char *text, size_t size, struct error *err);

/* ERROR_MISSING if there is no such process, ERROR_IO if that cannot be told. */
int run_process_stat(pid_t pid, struct run_process_stat *stat, struct error *err);

/* The process of a pidfd, by proc(5); 0: it is gone, or that cannot be told. */
pid_t run_process_of(int pidfd);

/* Who the caller is. */
int run_process_self(struct run_process *self, struct error *err);

/* The machine's present boot. */
int run_process_boot_id(char boot_id[RUN_BOOT_ID_LENGTH + 1], struct error *err);

/* Whether a process that has this stat still does anything: not stopped, not ended. */
bool run_process_is_active(const struct run_process_stat *stat);

/*
 * Send a signal to the process that the stat is of, and to no other that bears its
 * number by now: ERROR_MISSING. ERROR_UNAVAILABLE for want of a descriptor.
 */
int run_process_signal(const struct run_process_stat *stat, int signal,
                       struct error *err);

/*
 * Parse the text of a stat file. The name in it is chosen by the process and may hold
 * anything, parentheses and newlines too. Pure.
 */
int run_process_stat_parse(const char *text, struct run_process_stat *stat,
                           struct error *err);

/*
 * Call for each process of the machine, this one too, as far as /proc shows them.
 * ERROR_IO if some could not be looked at; the others were.
 */
typedef void run_process_on_each(const struct run_process_stat *stat, void *context);
int run_process_each(run_process_on_each *on_each, void *context, struct error *err);

#endif

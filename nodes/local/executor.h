/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_EXECUTOR_H
#define NODES_LOCAL_EXECUTOR_H

#include <sys/types.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/executor.h"
#include "nodes/local/energy_watch.h"
#include "nodes/local/gpu_watch.h"

/*
 * Runs jobs as processes of this machine, each under a penstock-runner of its own that
 * outlives the daemon. What an attempt needs and what became of it are files in
 * STATE/runs/ID.ATTEMPT (see run_files.h), so nothing is lost whoever is killed:
 *
 *   no lock                     it has not begun; a tombstone sees that it never will
 *   lock, runner alive          it runs, and is watched
 *   lock, runner gone, exit     it ended as the file says
 *   lock, runner gone, no exit  it is lost: what is left of it is killed first
 *
 * With a launcher a run's directory belongs to the job's owner from the start on, and
 * the daemon reads it by its group; whatever is to be done to processes of that owner,
 * the launcher has done as him. See docs/rights.md.
 *
 * stop() is the runner's to carry out, so it needs the runner, not this daemon, to live
 * on. The job's environment is the user's, but for these, which are ours to set or to
 * take away: PENSTOCK_JOB_ID, _ATTEMPT, _RESTART, _GPUS, _CPUS, _POOL, _ARRAY_ID,
 * _ARRAY_INDEX, _TOKEN, CUDA_VISIBLE_DEVICES (by UUID where those are known, else by
 * number) and, with GPUs, CUDA_DEVICE_ORDER.
 */
struct local_executor;

struct local_settings {
    const char *state_dir;     /* exists; `runs` is made in it */
    const char *runner;        /* the program, by its absolute path */
    const struct clock *clock; /* of a rate other than 1: a struct fast_clock */
    uid_t uid;                 /* the daemon's own */
    const char
        *launcher;      /* its socket: jobs run as their owners. NULL: of `uid` only */
    const char *cgroup; /* see cgroup_open_root(); NULL: "none" */
    const char *powercap; /* where CPU energy is read; NULL: nowhere */

    /*
     * Called with on_report's context; both or neither. With them GPUs are watched
     * where there is NVML: each set of samples is handed on, and before each is taken
     * it is asked which GPUs of the machine a job holds, as a mask.
     */
    gpu_watch_on_samples *on_gpus;
    uint64_t (*gpus_of)(int64_t job_id, void *context);
};

/*
 * `settings` are copied but for the clock. One report will be made on `loop` per
 * outcome, to `on_report` with `context`. ERROR_INVALID or ERROR_IO if the directory or
 * the runner cannot be used, or processes of others cannot be seen and must be.
 */
struct local_executor *local_executor_create(uv_loop_t *loop,
                                             const struct local_settings *settings,
                                             executor_on_report *on_report,
                                             void *context, struct error *err);

/*
 * Once all attempts that may be running are adopted: remove what is left of others, see
 * removal.h.
 */
void local_executor_clear(struct local_executor *local);

/*
 * What the machine has; its GPUs by NVML, else by their device files. The same for the
 * executor's life.
 */
struct resources local_executor_machine(const struct local_executor *local);

/* The watch over the machine's GPUs; NULL where there is none. It is the executor's. */
struct gpu_watch *local_executor_watch(const struct local_executor *local);

/* What measures the attempts. It is the executor's. */
struct energy_watch *local_executor_energy(const struct local_executor *local);
/* How jobs are held to their limits: see cgroup_describe(). */
void local_executor_describe_limits(const struct local_executor *local, char *text,
                                    size_t size);

/* Why the launcher cannot be reached; "" if it was when it was last asked. */
const char *local_executor_trouble(const struct local_executor *local);

/* The port: owned by, and as long-lived as, the local executor. */
struct executor *local_executor_port(struct local_executor *local);

/*
 * Let go of all attempts; jobs run on, to be adopted by the next daemon. No report is
 * made any more. Memory is freed by the loop, which must run until its handles are
 * closed. NULL does nothing.
 */
void local_executor_destroy(struct local_executor *local);

#endif

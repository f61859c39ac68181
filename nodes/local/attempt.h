/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_ATTEMPT_H
#define NODES_LOCAL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/clock.h"
#include "nodes/executor.h"
#include "nodes/local/launch_call.h"
#include "nodes/local/leftovers.h"
#include "nodes/local/run_files.h"

/*
 * One attempt as the daemon sees it, from its start or adoption to its end: a pidfd of
 * its runner, which becomes readable when the runner ends, whoever's child it is.
 */
struct attempt;

/* A report of an attempt. Not to be handed on at once: it may come from within a call.
 */
typedef void attempt_on_report(const struct executor_report *report, void *context);

/* What all attempts of an executor share. */
struct attempt_host {
    uv_loop_t *loop;
    int runs;                       /* the directory of all runs */
    uid_t uid;                      /* the daemon's own */
    struct launch_client *launcher; /* NULL: none, and all attempts are of `uid` */
    int cgroups; /* where there is one for each job; -1: there is not */
    const struct clock *clock;
    attempt_on_report *on_report;
    void (*on_closed)(void *context); /* an attempt is gone from the loop */
    void *context;
};

enum attempt_state {
    ATTEMPT_ASKED,    /* the launcher is to start its runner */
    ATTEMPT_LOOKING,  /* what became of it is not known; looks again by and by */
    ATTEMPT_WATCHING, /* its runner lives */
    ATTEMPT_SWEEPING, /* its runner is gone; its processes are being killed */
    ATTEMPT_OVER,     /* its end was reported */
};

struct attempt {
    struct attempt *next; /* the executor's list */
    const struct attempt_host *host;
    int64_t job_id;
    int32_t number;
    uid_t uid; /* whose it is, and so who may touch its processes */
    enum attempt_state state;
    uv_timer_t timer;
    uv_poll_t runner_poll;
    uv_poll_t notice_poll;
    int runner;    /* pidfd; -1: none yet */
    pid_t watched; /* the process of that; 0: not known */
    int notice;    /* pipe from the runner; -1: none */
    int open_handles;
    pid_t child;      /* the runner, where it is our child; else 0 */
    int asked_notice; /* the pipe's other end, and the cgroup's directory, while the */
    int asked_cgroup; /* launcher is asked to start its runner */
    struct launch_call *call; /* of the launcher, under way */
    bool ended_well;          /* its runner has seen to what the command left behind */
    bool is_started;          /* and has been reported so */
    bool launcher_is_away;    /* so it was never started */
    bool stop_asked;
    bool pause_asked;
    bool closing;
    bool warned;
    bool has_runner;    /* `process` is known from the lock */
    bool has_tombstone; /* in place of that, or there is no run at all */
    bool is_of_this_boot;
    struct run_process process;
    char token[RUN_TOKEN_LENGTH + 1];
    int tries;                   /* of what the state does by the timer */
    char failure[RUN_TEXT_SIZE]; /* why the runner began nothing, in its words */
};

/* The name of an attempt's directory in `runs`. */
#define ATTEMPT_NAME_SIZE 40
void attempt_format_name(int64_t job_id, int32_t number, char name[ATTEMPT_NAME_SIZE]);

struct attempt *attempt_create(const struct attempt_host *host, int64_t job_id,
                               int32_t number);

/* Watch a runner that was just spawned. Its pipe is the attempt's from now on. */
void attempt_watch_child(struct attempt *attempt, pid_t runner, int notice);

/*
 * Have the launcher start a runner for user `uid`, and watch that. The directory of the
 * cgroup, -1 if there is none, is the attempt's from now on.
 */
int attempt_launch(struct attempt *attempt, uid_t uid, int cgroup, struct error *err);

/* Whose its run is: its owner's since the launcher had the order, or still ours. */
void attempt_find_owner(struct attempt *attempt);

/* Find out from the files what became of it, and watch it if it runs. */
void attempt_look(struct attempt *attempt);

/* Ask its runner to stop it, now or once that is found. */
void attempt_stop(struct attempt *attempt);

/* Ask its runner to pause it, now or once that is found. */
void attempt_pause(struct attempt *attempt);

/* Let go of it. It is freed, and on_closed called, by the loop. */
void attempt_close(struct attempt *attempt);

/* Used among the attempt's own files. */

enum attempt_holder { HOLDER_GONE, HOLDER_WATCHED, HOLDER_UNKNOWN };

/* Have the launcher do an errand for it; what it did before is let go of. */
void attempt_send(struct attempt *attempt, enum launch_verb verb, int tries_max,
                  launch_on_done *on_done);

/* Watch a runner by its pidfd, which is the attempt's from now on. */
bool attempt_watch(struct attempt *attempt, int runner);

/* Listen to a runner on its pipe, likewise. */
void attempt_watch_notices(struct attempt *attempt, int notice);

/* Tell the runner to stop or to pause. */
void attempt_signal(struct attempt *attempt, enum launch_verb verb);

/* Begin to watch the process that holds the lock, if it lives. */
enum attempt_holder attempt_watch_holder(struct attempt *attempt);

/* Its directory, or -1 with errno. The caller closes it. */
int attempt_open_run(const struct attempt *attempt);

/*
 * Report the start, if that is not done and its file is there; with `is_certain` also
 * without the file.
 */
void attempt_report_start(struct attempt *attempt, bool is_certain);

/* Report how it ended, as far as the files tell. */
void attempt_report_end(struct attempt *attempt);

/* Report that it never ran and never will. */
void attempt_report_not_run(struct attempt *attempt);

#endif

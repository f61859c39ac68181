/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_JOB_H
#define QUEUE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * A job: what was asked for (struct job_spec for the strings, struct job for what
 * decisions need) and how far it has come. The engine keeps a struct job for each open
 * job in memory; strings stay in the store.
 */

enum job_state {
    JOB_WAITING = 1,
    JOB_HELD,
    JOB_STARTING,
    JOB_RUNNING,
    JOB_PAUSING,
    JOB_PAUSED,
    JOB_DONE,
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_STATES
};

/* Why an ended job ended as it did, or an attempt was given up. */
enum job_cause {
    JOB_CAUSE_NONE,
    JOB_CAUSE_EXIT,        /* it ended by itself; status or signal say how */
    JOB_CAUSE_TIME_LIMIT,  /* it was killed at its limit */
    JOB_CAUSE_LOST,        /* its runner or its machine is gone */
    JOB_CAUSE_NOT_STARTED, /* its command, directory or files could not be had */
    JOB_CAUSE_USER,        /* somebody cancelled it */
    JOB_CAUSE_DEPENDENCY,  /* a job that it comes after did not end well */
    JOB_CAUSE_MEMORY,      /* the kernel killed it for passing its memory */
    JOB_CAUSE_IDLE,        /* its queue stops jobs that leave their GPUs idle */
    JOB_CAUSES
};

enum job_event_kind {
    JOB_EVENT_SUBMITTED,
    JOB_EVENT_HELD,
    JOB_EVENT_RELEASED,
    JOB_EVENT_ELIGIBLE,     /* all that it comes after ended well: its wait begins */
    JOB_EVENT_STARTING,     /* attempt N was ordered; value: mask of its GPUs */
    JOB_EVENT_STARTED,      /* its command runs */
    JOB_EVENT_START_FAILED, /* attempt N never ran; it waits again */
    JOB_EVENT_PAUSING,
    JOB_EVENT_PAUSED,
    JOB_EVENT_FINISHED,     /* the command ended with 0 */
    JOB_EVENT_BROKE,        /* it ended otherwise: see cause, status, signal */
    JOB_EVENT_REQUEUED,     /* lost, or put back: it waits again */
    JOB_EVENT_CANCEL_ASKED, /* to be stopped; CANCELLED follows when it has */
    JOB_EVENT_CANCELLED,
    JOB_EVENT_PRIORITY_SET,   /* value: the new one; so for the four below */
    JOB_EVENT_TIME_LIMIT_SET, /* told by the scheduler that runs it */
    JOB_EVENT_DEADLINE_SET,
    JOB_EVENT_MAX_WAIT_SET,
    JOB_EVENT_NOW_SET, /* it no longer waits for green power */
    JOB_EVENT_LATE,    /* its planned start is past its latest start; see text */
    JOB_EVENT_IDLE,    /* its GPUs have stood idle since value */
    JOB_EVENT_BUSY,    /* they work again */
    JOB_EVENTS
};

/* Something that happened to a job; never changed once stored. */
struct job_event {
    int64_t job_id;
    enum job_event_kind kind;
    instant at;
    int64_t actor;   /* uid of who did it; JOB_ACTOR_DAEMON for ourselves */
    int32_t attempt; /* which attempt it is about; 0: none */
    enum job_cause cause;
    int32_t status; /* exit status of FINISHED and BROKE; of STARTING how many GPUs it
                       has, 0: as many as before */
    int32_t signal; /* the signal that ended it; 0: none */
    int64_t value;  /* what a _SET event sets; of STARTING the mask of GPUs; of IDLE
                       since when; of PAUSING the level of its power, mg/kWh, -1 if
                       not known; of PAUSED, and of the end of one that ran, the
                       seconds of its work that the attempt got done */
    char pool[33];  /* STARTING: where */
    char text[160]; /* for people; may be "" */
};

#define JOB_ACTOR_DAEMON (-1)

#define JOB_TIME_MAX        (30 * DAY)
#define JOB_GPUS_MAX        4096
#define JOB_SCALING_MAX     100 /* per cent */
#define JOB_CPUS_MAX        65536
#define JOB_MEMORY_MIN      INT64_C(1)         /* MiB, where a job says what it needs */
#define JOB_MEMORY_MAX      (INT64_C(1) << 24) /* MiB: 16 TiB */
#define JOB_POWER_MAX       10000              /* W per GPU */
#define JOB_PRIORITY_MAX    100
#define JOB_ARRAY_MAX       10000
#define JOB_AFTER_MAX       64
#define JOB_SCRIPT_MAX      (4 << 20)
#define JOB_ENVIRONMENT_MAX (128 << 10)
#define JOB_ARGUMENTS_MAX   (128 << 10) /* bytes of all arguments with their NULs */
#define JOB_NAME_MAX        64
#define JOB_PATH_MAX        4095
#define JOB_REFERENCE_MAX   120
#define JOB_QUEUE_NAME_MAX  32
#define JOB_PLACE_NAME_MAX  32     /* of a pool or a zone */
#define JOB_TIME_LEFT_MIN   MINUTE /* of a paused job, before what restarting costs */
#define JOB_WAIT_MAX        (400 * DAY)
#define JOB_GRACE_MAX       DAY
#define JOB_GRACE_DEFAULT   30

struct job {
    int64_t id;
    int64_t array_id; /* the first job of its array; 0: not of an array */
    int32_t array_index;
    int32_t array_limit; /* at most so many of the array at once; 0: no limit */
    uint32_t uid;
    enum job_state state;
    int32_t attempt; /* the last one ordered; 0: none yet */
    int32_t priority;
    int32_t gpus;     /* what it holds, or held last; of one that waits the least */
    int32_t gpus_min; /* it may have any count from this one... */
    int32_t gpus_max; /* ... to this one: an elastic job, if that is more */
    int32_t scaling;  /* per cent: see job_scale_time() */
    int32_t cpus;
    int32_t power;     /* W per GPU, 0: not said */
    int64_t memory;    /* MiB */
    uint64_t gpu_mask; /* which GPUs of its pool it holds, while active */
    duration time;     /* expected run time, on the least GPUs */
    duration time_limit;
    duration max_wait; /* JOB_NO_WAIT_LIMIT: none */
    instant submitted;
    instant begin;      /* 0: none */
    instant deadline;   /* 0: none */
    instant eligible;   /* 0: it still waits for others to end */
    instant started;    /* of the last attempt; 0: never, or it waits again */
    instant ended;      /* 0: open */
    duration ran;       /* of its time, done by attempts that were paused; once it has
                           ended, by the last one too */
    instant idle_since; /* its GPUs stand idle; 0: they do not */
    duration grace;
    int32_t signal; /* to pause it */
    int32_t exit_status;
    int32_t exit_signal;
    enum job_cause cause;
    bool interruptible;
    bool requeue;
    bool now;
    bool late; /* told so; see job_stays_late() */
    bool cancelling;
    bool after_pending; /* comes after jobs of which some are open */
};

#define JOB_NO_WAIT_LIMIT ((duration)-1)

/* The words of a job. All strings are owned; NULL when not given. */
struct job_spec {
    char *name;
    char *user; /* the owner's name at submission */
    char *project;
    char *queue;
    char *pools; /* "a,b"; NULL: all that fit */
    char *zones;
    char *reference; /* how its pool's own scheduler knows it, see below; NULL: ours */
    char *arguments; /* NUL-terminated strings, one after the other */
    size_t arguments_size;
    char *script; /* NULL: `arguments` is the command; else its arguments */
    size_t script_size;
    char *environment; /* NUL-terminated "K=V" strings, one after the other */
    size_t environment_size;
    char *directory;
    char *output; /* with %j %a %x still in it */
    char *error;
    int64_t after[JOB_AFTER_MAX];
    size_t after_count;
};

/*
 * A job with a reference was not handed to us but to another scheduler, which runs it
 * and tells how it fares: it has no command, no directory and no environment of ours.
 * The reference is printable ASCII, the same for all jobs of an array, and never used
 * for two submissions.
 */

void job_spec_release(struct job_spec *spec);

/*
 * ERROR_INVALID or ERROR_TOO_LARGE, naming the field, if no scheduler could do what a
 * newly submitted job asks: a limit broken, a deadline that leaves no room for `time`
 * from `submitted` on, gpus above gpus_max, a range of GPUs that begins with none or is
 * interruptible, a name that is not text_is_name(), a
 * relative directory, a script without "#!".
 */
int job_check(const struct job *job, const struct job_spec *spec, struct error *err);

/*
 * Let an event happen to a job. This is the only code that changes a job's state, both
 * as things happen and when a restart or a test replays what happened.
 * ERROR_CONFLICT, and the job unchanged, if the event cannot follow the job's state, or
 * is about an attempt that is not the job's: STARTING orders attempt + 1, others name
 * the last one ordered, or 0.
 *
 * A job begins with state 0, and SUBMITTED makes it wait; its `eligible` is then
 * max(submitted, begin), or 0 with after_pending until ELIGIBLE. A job that is being
 * cancelled starts no more. One that breaks while pausing is paused. What an attempt
 * got done is added to `ran` when it is paused, and then never comes to more than the
 * time limit, and when it ends; what was done by one that was lost, and not paused, is
 * lost.
 */
int job_apply(struct job *job, const struct job_event *event, struct error *err);

/* Whether the event may follow, without letting it. */
bool job_allows(const struct job *job, enum job_event_kind kind);

bool job_is_open(const struct job *job);   /* it has not ended */
bool job_is_active(const struct job *job); /* it holds resources: starting to pausing */

/*
 * The latest start: with a deadline and no max_wait, deadline - time_limit; otherwise
 * min(eligible + max_wait, deadline - time_limit), and INSTANT_MAX with neither.
 * Counted from max(submitted, begin, eligible); never before that.
 */
instant job_latest_start(const struct job *job);

/* Whether it is decided when it starts how many GPUs it has. */
static inline bool job_is_elastic(const struct job *job)
{
    return job->gpus_min > 0 && job->gpus_max > job->gpus_min;
}

/*
 * How long a run takes on `to` GPUs that takes `time` on `from`: time x (from / to) to
 * the power of scaling / 100, rounded up, from a second to JOB_TIME_MAX. Of 100 % each
 * GPU adds as much as the first; of 90 % twice the GPUs are 1.87 times as fast, and
 * take 7 % more energy. CarbonScaler (POMACS 2023) takes throughput m^alpha alike.
 */
duration job_scale_time(duration time, int32_t from, int32_t to, int32_t scaling);

/* The expected time of a whole run on the GPUs that it has; `time` if that is the
 * least.
 */
duration job_expected_time(const struct job *job);

/*
 * What is left of a job that has been paused, where coming back takes `restart_cost` of
 * run time: how long its next attempt is expected to run, max(time - ran, a minute) +
 * restart_cost, and what it may run at most, max(time_limit - ran, a minute) +
 * restart_cost. Of one that was never paused, or had got nothing done, its expected
 * time and `time_limit`. At most JOB_TIME_MAX.
 */
duration job_time_left(const struct job *job, duration restart_cost);
duration job_limit_left(const struct job *job, duration restart_cost);

/*
 * The latest start of its next attempt. One that was never paused: job_latest_start().
 * Else latest start + ran - restart_cost: from there what job_limit_left() grants ends
 * at latest start + time_limit, as if it had never been paused, and so by its deadline
 * where it has one. Never before its earliest start.
 */
instant job_latest_resume(const struct job *job, duration restart_cost);

/* Whether it would end past its deadline if it started then and ran to its limit. */
bool job_misses_deadline(const struct job *job, instant start);

/* Whether what it was told of its lateness still holds if it starts then. */
bool job_stays_late(const struct job *job, instant start);

/* The soonest it may start: max(submitted, begin, eligible). */
instant job_earliest_start(const struct job *job);

const char *job_state_name(enum job_state state);
int job_state_parse(const char *name, enum job_state *state, struct error *err);
const char *job_event_name(enum job_event_kind kind);
const char *job_cause_name(enum job_cause cause);

/* Whether an end of this cause has an exit status or a signal: somebody saw it. */
bool job_cause_has_exit(enum job_cause cause);

#endif

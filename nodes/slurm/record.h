/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_RECORD_H
#define NODES_SLURM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/pool.h"

/*
 * What Slurm says of its jobs, nodes and reservations, whichever version and door it
 * came through. Times are Slurm's: real time, in UTC. Every string may have been shaped
 * by a user; none is ever NULL unless it says so.
 */

#define SLURM_JOBS_MAX         200000 /* of one listing; with more it is refused */
#define SLURM_NODES_MAX        20000
#define SLURM_RESERVATIONS_MAX 10000
#define SLURM_TASKS_MAX        10000 /* of one array that are told apart */
#define SLURM_COMMENT_MAX      1024  /* bytes of a comment, or name, that are kept */
#define SLURM_AMOUNT_MAX       (1 << 30) /* of GPUs, CPUs or MiB that a record says */

enum slurm_state {
    SLURM_PENDING,
    SLURM_RUNNING, /* configuring, too */
    SLURM_SUSPENDED,
    SLURM_COMPLETING, /* its nodes are being cleaned */
    SLURM_COMPLETED,  /* ended with 0; from here on it has ended */
    SLURM_CANCELLED,
    SLURM_FAILED,
    SLURM_TIMEOUT,
    SLURM_NODE_FAIL,
    SLURM_PREEMPTED,
    SLURM_OUT_OF_MEMORY,
    SLURM_DEADLINE, /* removed: it could no longer end by its deadline */
    SLURM_BOOT_FAIL,
    SLURM_STATE_UNKNOWN, /* of a newer Slurm; counts as open */
    SLURM_STATES
};

const char *slurm_state_name(enum slurm_state state); /* "PENDING", ... */
bool slurm_state_has_ended(enum slurm_state state);

/* What a word of Slurm's means, be it a flag. SLURM_STATE_UNKNOWN: nothing known. */
enum slurm_state slurm_state_find(const char *word);

/* Why a pending job does not run. */
enum slurm_reason {
    SLURM_REASON_OTHER, /* resources, priority, limits, ... */
    SLURM_REASON_BEGIN_TIME,
    SLURM_REASON_HELD_USER,
    SLURM_REASON_HELD_ADMIN,
    SLURM_REASON_DEPENDENCY,       /* it may still be met */
    SLURM_REASON_DEPENDENCY_NEVER, /* it will never be */
    SLURM_REASON_ARRAY_LIMIT,      /* as many tasks of its array run as may at once */
    SLURM_REASONS
};

/*
 * One record of a listing. The tasks of an array that still wait share one record;
 * a task that has been started, or was changed by itself, has one of its own. Each part
 * of a heterogeneous job has one.
 */
struct slurm_job {
    int64_t job_id;     /* of the record: what `scontrol show job` takes */
    int64_t array_id;   /* the array's; 0: of none */
    int64_t array_task; /* -1: not one task alone */
    char *array_tasks;  /* "0-9,12%2" of the record of those that wait; "" */
    int64_t het_id;     /* the first part's id; 0: no heterogeneous job */
    int32_t het_offset; /* which part */
    uint32_t uid;
    char *user;
    char *name;
    char *account;
    char *partition; /* may be "a,b" while it is pending */
    char *qos;
    char *comment;       /* what is above SLURM_COMMENT_MAX is cut; so for the next */
    char *admin_comment; /* only the administrator and plugins write it */
    char *nodes;         /* the hostlist that it runs on; "" */
    enum slurm_state state;
    enum slurm_reason reason;
    instant submitted; /* or requeued */
    instant begin;     /* of a pending one: since or from when on it is eligible; 0:
                          not before it is let go, its dependency is met, or another
                          task of its array has ended */
    instant started;   /* 0: it has not */
    instant ended;     /* 0: it has not */
    instant deadline;  /* 0: none */
    duration limit;    /* 0: none */
    struct resources wanted; /* of the record, or of one of its waiting tasks; what
                                it was given once it has started */
    int32_t status;          /* of one that has ended; so for the next */
    int32_t signal;
    int32_t restarts;
    bool requeue;     /* it may be requeued */
    bool is_batch;    /* a script runs; else somebody waits for it */
    bool is_reserved; /* it runs in a reservation */
};

/* Whether somebody, or another job, keeps one that waits from starting. */
bool slurm_job_is_kept(const struct slurm_job *job);

struct slurm_listing {
    struct slurm_job *jobs;
    size_t count;
};

/* Ends as an empty one. */
void slurm_listing_release(struct slurm_listing *listing);

struct slurm_node {
    char *name;
    char *partitions; /* ",a,b," */
    char *reason;     /* why it is not up; "" */
    struct resources capacity;
    struct resources used; /* by all that runs on it */
    char gpu_type[32];     /* of its first kind of GPU; "" */
    bool is_up;            /* neither down nor drained nor draining */
};

/* Nodes that are kept for somebody, or for maintenance, for a time. */
struct slurm_reservation {
    char *name;
    char *nodes; /* a hostlist */
    instant begins;
    instant ends;
    struct resources taken; /* of the partition's nodes, all of each node's if whole */
};

struct slurm_nodes {
    struct slurm_node *items;
    size_t count;
    struct slurm_reservation *reservations;
    size_t reservation_count;
};

/* Ends as an empty one. */
void slurm_nodes_release(struct slurm_nodes *nodes);

/*
 * The documents of `squeue --json` (and of slurmrestd's /jobs) and of `sinfo --json`
 * (`scontrol show nodes --json` from 23.02 on, and /nodes). Read leniently: numbers may
 * be numbers, null, or {"set", "infinite", "number"}; a state may be a string or a
 * list; members that are not there, and numbers that make no sense, are as if they said
 * nothing. What is not UTF-8 becomes '?'. A document that tells of errors fails with
 * the first of them, as slurm_fault() has it, whatever else it holds: a list may then
 * be empty. ERROR_INVALID if it is no JSON or has no list of jobs (nodes);
 * ERROR_TOO_LARGE above SLURM_JOBS_MAX (SLURM_NODES_MAX). A record without an id is
 * passed over.
 */
int slurm_listing_parse(const char *json, size_t size, struct slurm_listing *listing,
                        struct error *err);
int slurm_nodes_parse(const char *json, size_t size, struct slurm_nodes *nodes,
                      struct error *err);

/*
 * What `scontrol --oneliner show reservation` says, or slurmrestd's /reservations; they
 * are added to `nodes`, by whose items what they take is counted. Those that take no
 * nodes are passed over, as are hosts that are not among the items. ERROR_TOO_LARGE
 * above SLURM_RESERVATIONS_MAX, ERROR_INVALID if it is no such document or a hostlist
 * is none; `nodes` is then as before.
 */
int slurm_reservations_parse(const char *lines, size_t size, struct slurm_nodes *nodes,
                             struct error *err);
int slurm_reservations_parse_json(const char *json, size_t size,
                                  struct slurm_nodes *nodes, struct error *err);

/*
 * What accounting has of jobs: the lines of `sacct --parsable2 --noheader` with these
 * fields, of which users shape none, in UTC. (The JSON of 22.05 has no exit codes.)
 * Members that these do not tell are as of an empty record. ERROR_INVALID if a line has
 * another number of fields; what is no job, nor one task, is passed over.
 */
#define SLURM_ACCOUNTING_FIELDS                                                        \
    "JobIDRaw,JobID,Submit,Start,End,NodeList,ExitCode,State"
int slurm_accounting_parse(const char *lines, size_t size,
                           struct slurm_listing *listing, struct error *err);

/*
 * What became of a job, or of one task of an array (else -1), that was submitted then:
 * ids are given anew. A requeue has a record of its own; the last one counts, with as
 * many `restarts`, and that submission. False if it has not ended, or is not there.
 * What is found has no strings to release.
 */
bool slurm_accounting_find(const struct slurm_listing *listing, int64_t id,
                           int64_t task, instant submitted, struct slurm_job *found);

/*
 * Call `on_task` with each task of "0-9,12,20-30:5%2", in rising order. ERROR_INVALID,
 * and some may have been told, if it is no such list; ERROR_TOO_LARGE above
 * SLURM_TASKS_MAX.
 */
int slurm_tasks_parse(const char *tasks, void (*on_task)(int32_t task, void *context),
                      void *context, struct error *err);

#endif

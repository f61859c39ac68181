/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_JOB_JSON_H
#define QUEUE_JOB_JSON_H

#include "queue/job.h"

/*
 * Submissions as JSON, in the form of docs/api.md. Parsing is pure and may run on any
 * thread; every byte is taken as hostile.
 */

/* What one JSON object asks for: one job, or an array of jobs that differ by index. */
struct submission {
    struct job
        job; /* time, time_limit, max_wait, gpus...: what was given, see `given` */
    struct job_spec spec;
    struct {
        bool queue, time, time_limit, max_wait, memory, gpus, scaling;
    } given; /* what the queue's or history's defaults are to fill in */
    bool held;
    int32_t array_first; /* array "0-99%4": 0, 99 and job.array_limit 4 */
    int32_t array_last;  /* array_first > array_last: not an array */
};

void submission_release(struct submission *submission);

#define REQUEST_BODY_MAX   (16 << 20)
#define REQUEST_JOBS_MAX   10000
#define REQUEST_VALUES_MAX 1000000 /* what a small body may make of memory */
#define ARRAY_INDEX_MAX    1000000

/*
 * Parse a request body: an object, or an array of 1 to REQUEST_JOBS_MAX objects. On
 * success `*submissions` is a new array for the caller to release and free, and
 * `*is_array` tells which it was. Errors name the field, and in an array the item
 * ("jobs[3].gpus"). Unknown members are errors. All arrays together may make at most
 * REQUEST_JOBS_MAX jobs.
 */
int submissions_parse(const char *body, size_t size, struct submission **submissions,
                      size_t *count, bool *is_array, struct error *err);

/* "0-99", "7", "1-5%2": as in --array. */
int array_range_parse(const char *text, int32_t *first, int32_t *last, int32_t *limit,
                      struct error *err);

/* "2" or "2-8": as in --gpus. */
int gpu_range_parse(const char *text, int32_t *least, int32_t *most, struct error *err);

/* What PATCH /v1/jobs/{id} may change. `null` takes a deadline or a max_wait away. */
struct job_update {
    bool has_priority, has_deadline, has_max_wait, now;
    int32_t priority;
    instant deadline;    /* 0: none */
    duration max_wait;   /* JOB_NO_WAIT_LIMIT: none */
    duration time_limit; /* 0: not given; no request gives it */
};

int job_update_parse(const char *body, size_t size, struct job_update *update,
                     struct error *err);

#endif

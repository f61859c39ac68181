/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_CHILD_H
#define NODES_SLURM_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

/*
 * A program that is run as a child, without a shell, for what it writes. It has its
 * environment from us, nothing to read, a session of its own, and of our descriptors
 * none. It is bounded in time and in output: what exceeds them is ended with all that
 * it has started, by SIGTERM and, CHILD_GRACE_MS later, SIGKILL.
 */
struct child;

#define CHILD_GRACE_MS   2000
#define CHILD_ABANDON_MS 5000 /* after SIGKILL; then it cannot be ended */

struct child_order {
    const char *const *arguments;   /* the first is the program; looked for in our PATH
                                       if it has no slash; NULL after the last */
    const char *const *environment; /* "NAME=value"; NULL after the last */
    int64_t timeout_ms;
    size_t output_max; /* bytes of either output */
};

/* All of it is borrowed until the callback returns. */
struct child_result {
    const struct error *failure; /* NULL: it has ended by itself, as follows */
    int status;                  /* 0 to 255; -1: by a signal */
    int signal;                  /* 0: by none */
    const char *output;          /* ends in a NUL that `size` does not count */
    size_t size;
    const char *complaint; /* of its standard error */
};

typedef void child_on_done(const struct child_result *result, void *context);

/*
 * Start it. `on_done` is called once, from the loop and never from within this
 * function, unless the child is cancelled: when it has ended and nobody holds its
 * output any more, or, with ERROR_UNAVAILABLE, when its time is up, or with
 * ERROR_TOO_LARGE. The child is gone then. The order is copied. NULL with ERROR_IO if
 * it cannot be run.
 */
struct child *child_start(uv_loop_t *loop, const struct child_order *order,
                          child_on_done *on_done, void *context, struct error *err);

/* Kill it, and do not call back. Run the loop to be rid of its memory. */
void child_cancel(struct child *child);

#endif

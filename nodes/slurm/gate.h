/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_GATE_H
#define NODES_SLURM_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * What protects slurmctld from us, and us from a slurmctld that does not answer: a
 * budget of calls, and a breaker. It asks no clock: moments are in milliseconds of one
 * that never goes back.
 *
 * The budget is a bucket of `burst` calls that fills at a rate. The breaker opens when
 * `failures_max` calls in a row find that slurmctld is not to be had (others are its
 * answers), and then lets nothing through for a time that doubles from `pause_ms` to
 * `pause_max_ms`; after it, one call is let through to try, and closes it or opens it
 * again.
 */

struct gate_settings {
    int64_t calls_per_second; /* 1 to GATE_RATE_MAX */
    int64_t burst;            /* 1 to GATE_RATE_MAX */
    int failures_max;         /* at least 1 */
    int64_t pause_ms;         /* at least 1 */
    int64_t pause_max_ms;     /* at least pause_ms */
};

#define GATE_RATE_MAX 10000

enum gate_state {
    GATE_CLOSED, /* calls go through */
    GATE_OPEN,   /* none does */
    GATE_TRYING, /* one has gone through, and is not back */
    GATE_STATES
};

const char *gate_state_name(enum gate_state state);

struct gate {
    struct gate_settings settings;
    int64_t credit; /* in thousandths of a call */
    int64_t filled_ms;
    enum gate_state state;
    int failures; /* in a row */
    int64_t pause_ms;
    int64_t until_ms; /* of the pause */
};

/* A closed gate with a full bucket. */
struct gate gate_make(const struct gate_settings *settings, int64_t now_ms);

/*
 * Whether a call may be made now; if so it counts, and its end must be told by
 * gate_note(). If not, `*again_ms` is when to ask again; INT64_MAX: when the call that
 * tries is back.
 */
bool gate_pass(struct gate *gate, int64_t now_ms, int64_t *again_ms);

/*
 * How a call ended: ERROR_NONE, or why it failed. What ends after the breaker has
 * opened, and is not the call that tries, changes nothing but by going well.
 */
void gate_note(struct gate *gate, enum error_code code, int64_t now_ms);

#endif

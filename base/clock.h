/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* A point in time: whole seconds since the Unix epoch, in UTC. */
typedef int64_t instant;

/* The last moment that we plan for: the end of the year 9999. There are none below 0.
 */
#define INSTANT_MAX ((instant)253402300799)

/* A length of time, in whole seconds. */
typedef int64_t duration;

#define MINUTE ((duration)60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/*
 * Where the time comes from. Nothing in grid/, queue/, nodes/, ledger/ or scheduler/
 * calls time(2): whoever decides is handed the moment to decide for, and tests hand out
 * their own.
 */
struct clock {
    instant (*now)(const struct clock *clock);
    int64_t rate; /* clock seconds for each second of real time; 1 but in a demo */
};

/* The machine's wall clock. */
extern const struct clock system_clock;

#define CLOCK_RATE_MAX 86400

/*
 * A clock that runs `rate` times as fast as real time: at the monotonic time
 * `anchor_ms` it shows `start`.
 */
struct fast_clock {
    struct clock clock; /* first, so that a pointer to it is one to the whole */
    instant start;
    int64_t anchor_ms;
};

struct fast_clock fast_clock_from(int64_t rate, instant start, int64_t anchor_ms);

/* A clock that stands still until its owner moves it: for replays and for tests. */
struct virtual_clock {
    struct clock clock; /* first, so that a pointer to it is one to the whole */
    instant time;
};

struct virtual_clock virtual_clock_at(instant time);

/* Milliseconds of CLOCK_MONOTONIC: for anchors and for what must not see clock steps.
 */
int64_t monotonic_ms(void);

/* How many real milliseconds a length of this clock's time takes; at least 1. */
int64_t clock_real_ms(const struct clock *clock, duration length);

#endif

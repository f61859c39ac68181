/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_REST_H
#define SCHEDULER_REST_H

#include <stdbool.h>

#include "base/clock.h"
#include "nodes/pool.h"

/*
 * When a pool is put to sleep and woken: a machine of states, to be asked again and
 * again, that orders commands and is told how they ended. Pure.
 *
 * A pool sleeps when nothing runs in it and by the plan nothing starts there for longer
 * than sleep_after, and longer than it takes to wake. It is woken wake_before the next
 * start. A wake that fails is tried again after REST_RETRY, then twice that; after
 * REST_WAKES_MAX failures in a row it is given up. Sleep that fails is tried again
 * after sleep_after. A drained pool is left as it is: somebody may be at work on it.
 */

#define REST_WAKES_MAX 3
#define REST_RETRY     MINUTE

struct rest_settings {
    duration sleep_after;
    duration wake_before;
};

struct rest {
    enum pool_sleep sleep;
    int failures;     /* of wakes, in a row */
    instant not_soon; /* nothing is tried before */
};

/* What is known of a pool's work. */
struct rest_outlook {
    bool is_known;  /* else a start may be planned that is not known of yet */
    bool is_active; /* something runs, or is being started or paused */
    bool is_drained;
    instant next_start; /* INSTANT_MAX: none */
};

enum rest_order { REST_STAY, REST_SLEEP, REST_WAKE };

/* How far ahead the next start of a pool matters. */
duration rest_horizon(const struct rest_settings *settings);

/* What is to be done now. The pool then is falling asleep or waking. */
enum rest_order rest_decide(struct rest *rest, const struct rest_settings *settings,
                            const struct rest_outlook *outlook, instant now);

/*
 * The command that was ordered has ended. True if that was the last try to wake the
 * pool: it is to be drained, and is tried anew when somebody resumes it.
 */
bool rest_end(struct rest *rest, const struct rest_settings *settings, bool well,
              instant now);

#endif

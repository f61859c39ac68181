/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CLOCK_WATCH_H
#define DAEMON_CLOCK_WATCH_H

#include <uv.h>

#include "base/error.h"

/*
 * Tells when the wall clock is set, and when the machine wakes from a suspend, which
 * sets it too: timers of the loop run on the monotonic clock and sleep through both.
 * The kernel's word for it is timerfd_create(2), TFD_TIMER_CANCEL_ON_SET.
 */
struct clock_watch;

/* Called on the loop, each time. */
typedef void clock_watch_on_set(void *context);

/* ERROR_IO if the kernel gives no timer. It does not keep the loop alive. */
struct clock_watch *clock_watch_start(uv_loop_t *loop, clock_watch_on_set *on_set,
                                      void *context, struct error *err);

/* Freed by the loop. NULL does nothing. */
void clock_watch_stop(struct clock_watch *watch);

#endif

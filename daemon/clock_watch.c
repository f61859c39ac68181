/* SPDX-License-Identifier: MIT */
#include "daemon/clock_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

struct clock_watch {
    uv_poll_t poll;
    int timer;
    clock_watch_on_set *on_set;
    void *context;
};

/* A moment that never comes: only the setting of the clock makes it readable. */
static int arm(int timer)
{
    const struct itimerspec never = {.it_value = {.tv_sec = INSTANT_MAX}};

    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                           NULL);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct clock_watch *watch = poll->data;
    uint64_t expirations;
    bool was_set =
        read(watch->timer, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;

    (void)status;
    (void)events;
    /* Armed before anybody looks at the clock: no step between is lost. */
    arm(watch->timer);
    if (was_set)
        watch->on_set(watch->context);
}

static void on_closed(uv_handle_t *handle)
{
    struct clock_watch *watch = handle->data;

    close(watch->timer);
    free(watch);
}

struct clock_watch *clock_watch_start(uv_loop_t *loop, clock_watch_on_set *on_set,
                                      void *context, struct error *err)
{
    int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    struct clock_watch *watch;

    if (timer < 0) {
        error_set(err, ERROR_IO, "no timer of the wall clock: %s", strerror(errno));
        return NULL;
    }
    watch = xcalloc(1, sizeof(*watch));
    *watch = (struct clock_watch){.timer = timer, .on_set = on_set, .context = context};
    watch->poll.data = watch;
    arm(timer);
    uv_poll_init(loop, &watch->poll, timer);
    uv_poll_start(&watch->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&watch->poll);
    return watch;
}

void clock_watch_stop(struct clock_watch *watch)
{
    if (!watch)
        return;
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

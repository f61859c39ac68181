/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

static instant system_now(const struct clock *clock)
{
    (void)clock;
    return (instant)time(NULL);
}

const struct clock system_clock = {.now = system_now, .rate = 1};

static instant fast_now(const struct clock *clock)
{
    const struct fast_clock *fast = (const struct fast_clock *)clock;

    return fast->start + (monotonic_ms() - fast->anchor_ms) * clock->rate / 1000;
}

struct fast_clock fast_clock_from(int64_t rate, instant start, int64_t anchor_ms)
{
    return (struct fast_clock){
        .clock = {.now = fast_now, .rate = rate},
        .start = start,
        .anchor_ms = anchor_ms,
    };
}

static instant virtual_now(const struct clock *clock)
{
    return ((const struct virtual_clock *)clock)->time;
}

struct virtual_clock virtual_clock_at(instant time)
{
    return (struct virtual_clock){.clock = {virtual_now, 1}, .time = time};
}

int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_real_ms(const struct clock *clock, duration length)
{
    int64_t real = length > INT64_MAX / 1000 ? INT64_MAX / clock->rate
                                             : length * 1000 / clock->rate;

    return real < 1 ? 1 : real;
}

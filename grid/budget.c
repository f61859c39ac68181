/* SPDX-License-Identifier: MIT */
#include "grid/budget.h"

#include <assert.h>
#include <string.h>

#define HOUR_MS     INT64_C(3600000)
#define BURST_SHARE 10

void budget_init(struct budget *budget, int64_t hourly, duration spacing)
{
    memset(budget, 0, sizeof(*budget));
    budget->hourly = hourly;
    budget->spacing = spacing;
}

/* Milliseconds from one request to the next at the limit. */
static int64_t interval_ms(const struct budget *budget)
{
    return (HOUR_MS + budget->hourly - 1) / budget->hourly;
}

/* By how much requests may run ahead of that. */
static int64_t burst_ms(const struct budget *budget)
{
    return budget->hourly / BURST_SHARE * interval_ms(budget);
}

/* What lies further ahead than it can was set by a clock that has been set back. */
static instant within(instant when, instant now, duration most)
{
    return when > now + most ? now : when;
}

instant budget_next(const struct budget *budget, instant now)
{
    instant open_until = within(budget->open_until, now, BUDGET_RETRY_MAX);
    instant spaced = within(budget->last_start, now, 0) + budget->spacing;
    instant next = now;

    if (budget->in_flight)
        return INSTANT_MAX;
    next = open_until > next ? open_until : next;
    if (budget->last_start > 0 && budget->last_start <= now && spaced > next)
        next = spaced;
    if (budget->hourly > 0) {
        int64_t conforming_ms = budget->arrival_ms - burst_ms(budget);

        if (conforming_ms > next * 1000 && conforming_ms <= (now + HOUR) * 1000)
            next = (conforming_ms + 999) / 1000;
    }
    return next;
}

void budget_started(struct budget *budget, instant now)
{
    assert(!budget->in_flight);
    budget->in_flight = true;
    budget->last_start = now;
    if (budget->hourly == 0)
        return;
    if (budget->arrival_ms < now * 1000
        || budget->arrival_ms > (now + HOUR) * 1000 + burst_ms(budget))
        budget->arrival_ms = now * 1000;
    budget->arrival_ms += interval_ms(budget);
}

void budget_succeeded(struct budget *budget)
{
    budget->in_flight = false;
    budget->failures = 0;
    budget->openings = 0;
    budget->open_until = 0;
}

static duration doubled(duration least, duration most, int times)
{
    duration length = least;

    while (times-- > 0 && length < most)
        length *= 2;
    return length < most ? length : most;
}

void budget_failed(struct budget *budget, instant now, enum budget_failure failure,
                   duration retry_after)
{
    duration length = 0;

    budget->in_flight = false;
    if (failure == BUDGET_ZONE) {
        /* It answers: the circuit is none of this failure's business. */
        budget->failures = 0;
        budget->openings = 0;
        budget->open_until = 0;
    } else if (failure == BUDGET_DENIED) {
        length = doubled(BUDGET_DENIED_MIN, BUDGET_DENIED_MAX, budget->openings);
    } else if (++budget->failures >= BUDGET_FAILURES_MAX) {
        budget->failures = BUDGET_FAILURES_MAX;
        length = doubled(BUDGET_OPEN_MIN, BUDGET_OPEN_MAX, budget->openings);
    }
    if (length > 0)
        budget->openings += budget->openings < 30 ? 1 : 0;
    if (retry_after > BUDGET_RETRY_MAX)
        retry_after = BUDGET_RETRY_MAX;
    length = length > retry_after ? length : retry_after;
    if (length > 0)
        budget->open_until = now + length;
}

bool budget_is_open(const struct budget *budget, instant now)
{
    return within(budget->open_until, now, BUDGET_RETRY_MAX) > now;
}

int64_t budget_left(const struct budget *budget, instant now)
{
    int64_t ahead_ms;

    if (budget->hourly == 0)
        return -1;
    ahead_ms = budget->arrival_ms - now * 1000;
    if (ahead_ms < 0)
        ahead_ms = 0;
    if (ahead_ms > burst_ms(budget))
        return 0;
    return (burst_ms(budget) - ahead_ms) / interval_ms(budget) + 1;
}

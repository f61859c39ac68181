/* SPDX-License-Identifier: MIT */
#ifndef GRID_BUDGET_H
#define GRID_BUDGET_H

#include <stdbool.h>

#include "base/clock.h"

/*
 * How often one provider may be asked, for all zones together: one request at a time,
 * some time apart, so many in an hour, and none for a while after it has refused us or
 * failed time and again.
 *
 * Requests in an hour follow the generic cell rate algorithm (ITU-T I.371, annex A): a
 * tenth of an hour's may come at once. The circuit breaker opens after
 * BUDGET_FAILURES_MAX failures in a row, for a minute and twice as long each time it
 * fails again, up to half an hour; at once where we were denied, for five minutes and
 * so on up to six hours; and for as long as a Retry-After says, up to a day. When it
 * has been open for so long, one request goes through; what comes of it closes or opens
 * it again.
 */

#define BUDGET_FAILURES_MAX 5
#define BUDGET_OPEN_MIN     MINUTE
#define BUDGET_OPEN_MAX     (30 * MINUTE)
#define BUDGET_DENIED_MIN   (5 * MINUTE)
#define BUDGET_DENIED_MAX   (6 * HOUR)
#define BUDGET_RETRY_MAX    DAY

/* Whom a failure concerns. */
enum budget_failure {
    BUDGET_ZONE,    /* one zone: its body was bad, or the service does not know it */
    BUDGET_TROUBLE, /* the service: it is not reached, overloaded, or broken */
    BUDGET_DENIED,  /* us: it wants other credentials */
};

struct budget {
    int64_t hourly;   /* requests in an hour; 0: no limit */
    duration spacing; /* between the starts of two */
    bool in_flight;
    instant last_start; /* 0: never */
    int64_t arrival_ms; /* theoretical arrival time of the next */
    int failures;       /* in a row */
    int openings;       /* in a row */
    instant open_until; /* 0: closed */
};

void budget_init(struct budget *budget, int64_t hourly, duration spacing);

/* From when on a request may start; INSTANT_MAX while one is under way. */
instant budget_next(const struct budget *budget, instant now);

void budget_started(struct budget *budget, instant now);
void budget_succeeded(struct budget *budget);
void budget_failed(struct budget *budget, instant now, enum budget_failure failure,
                   duration retry_after);

/* Whether no request may start because of failures, until `open_until`. */
bool budget_is_open(const struct budget *budget, instant now);

/* How many requests could start at once by the hourly limit; -1: no limit. */
int64_t budget_left(const struct budget *budget, instant now);

#endif

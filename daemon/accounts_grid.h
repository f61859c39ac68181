/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_GRID_H
#define DAEMON_ACCOUNTS_GRID_H

#include "daemon/accounts.h"

/*
 * What is known of a zone's grid, and what runs are booked at: for accounts*.c alone.
 *
 * Hours without actuals are booked by the forecast that was at hand when the run began;
 * where that ends, by the one that was at hand then; where there was none, by the next
 * that was fetched before the run ended. What none of them covers is unknown, and taken
 * at the nearest level. So nothing but new actuals changes what an ended run cost, and
 * a run is booked alike whoever asks.
 */

/* Levels this far from a run may stand in for it when nothing covers it. */
#define ACCOUNTS_NEAR (7 * DAY)

#define ACCOUNTS_ISSUES_KEPT 256

/* A forecast, and when it was the newest. */
struct accounts_issue {
    instant from;
    instant until; /* 0: this place is free */
    bool has_signal;
    enum signal signal; /* that was asked for, if one was */
    struct forecast *forecast;
};

struct accounts_grid {
    const struct accounts_zone *zone;
    struct store_reader *reader;
    struct actuals actuals;
    instant settled; /* actuals up to here are final */
    struct accounts_issue *issues;
    size_t next_issue; /* the place to be taken next */
};

/* Know the zone for runs within [begins, ends). The caller releases. */
void accounts_grid_load(struct accounts_grid *grid, const struct accounts_zone *zone,
                        struct store_reader *reader, instant begins, instant ends,
                        instant now);
void accounts_grid_release(struct accounts_grid *grid);

/* What a run, or a part of it, is booked at. Begin with zeros. */
struct accounts_booking {
    struct emissions emissions;
    enum signal signal;
    bool has_signal; /* any level was known; once set, `signal` is held to */
    bool synthetic;  /* any of the levels was made up */
};

/* Add a steady draw of `watts` over [begins, ends). */
void accounts_grid_book(struct accounts_grid *grid, int64_t watts, instant begins,
                        instant ends, struct accounts_booking *booking);

/* The same of an even draw of so much in all; in no time at all, at its moment. */
void accounts_grid_book_joules(struct accounts_grid *grid, int64_t joules,
                               instant begins, instant ends,
                               struct accounts_booking *booking);

/* Where nothing was drawn over [begins, ends), which may be no time at all: know of
 * what signal and kind the grid was then, and how surely. Adds no mass. */
void accounts_grid_book_nothing(struct accounts_grid *grid, instant begins,
                                instant ends, struct accounts_booking *booking);

#endif

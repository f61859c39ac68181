/* SPDX-License-Identifier: MIT */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Moments as people write and read them, in the local time of TZ. Local time exists
 * only where people do: in cli/, and in what they ask for when they submit jobs to
 * Slurm. Everything else is handed UTC. Nothing here allocates.
 */

/* A moment as local clocks and calendars show it. */
struct tm when_local(instant when);

/*
 * Parse a moment:
 *
 *     2026-11-22T08:00Z, 2026-11-22T08:00+01:00    ISO-8601 with its zone
 *     2026-11-22T08:00, 2026-11-22 08:00           local time
 *     2026-11-22                                   local midnight, as it begins
 *     08:00                                        the next time that clocks show this
 *     today 08:00, tomorrow 08:00
 *     +24h, 24h                                    from now on; after a '+' also as
 *                                                  "[D-]HH:MM[:SS]"
 *     now
 *
 * Seconds may follow the minutes. A local time that clocks skip or show twice, as when
 * summer time begins or ends, is an error that names both readings in ISO-8601.
 */
int when_parse(const char *text, instant now, instant *when, struct error *err);

/*
 * The same for what is past, but for lengths without a sign; it may also be:
 *
 *     today, yesterday                             local midnight, as it begins
 *     yesterday 08:00
 *     -7d                                          before now, any duration
 */
int when_parse_past(const char *text, instant now, instant *when, struct error *err);

/* Whether what the text means depends on now. */
bool when_is_relative(const char *text);

/*
 * A moment for a person who reads it now: "02:30" today, "tomorrow 02:30", "Sun 02:30"
 * within the week to come, "yesterday 02:30", otherwise "2026-12-24 02:30". Where
 * clocks show that time twice, the zone's name follows. Returns `text`.
 */
#define WHEN_TEXT_SIZE 80
char *when_format(instant when, instant now, char text[WHEN_TEXT_SIZE]);

/*
 * The same for columns of a table: days go by their weekday, within a week from now on
 * either side, or by their date alone.
 */
char *when_format_short(instant when, instant now, char text[WHEN_TEXT_SIZE]);

#endif

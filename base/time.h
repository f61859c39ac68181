/* SPDX-License-Identifier: MIT */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Times and durations as text. Everything here is UTC; local time is in when.h.
 */

/*
 * An ISO-8601 time: "2026-11-21T20:15:00Z", with or without seconds and fraction of a
 * second (which is cut), with "Z" or an offset such as "+01:00", or with a space in
 * place of the T and then, if no zone is given, in UTC. The calendar is checked:
 * February 30 is an error. Leap seconds (":60") are taken as the last second of the
 * minute.
 */
int instant_parse(const char *text, instant *when, struct error *err);

/*
 * "2026-11-21T20:15:00Z". `text` has at least INSTANT_TEXT_SIZE bytes; returns it.
 * What is below 0 or above INSTANT_MAX is shown as that limit; so for the next.
 */
#define INSTANT_TEXT_SIZE 21
char *instant_format(instant when, char text[INSTANT_TEXT_SIZE]);

/* "2026-11-21T20:15Z": minutes, as NESO wants it. */
#define INSTANT_MINUTE_TEXT_SIZE 18
char *instant_format_minute(instant when, char text[INSTANT_MINUTE_TEXT_SIZE]);

/*
 * Seconds since the epoch of a proleptic Gregorian date and time in UTC, in the years
 * 1 to 9999. Days and smaller may run over: hour 24 is the next day's first.
 */
instant instant_from_utc(int year, int month, int day, int hour, int minute,
                         int second);

/*
 * "90s", "15m", "24h", "7d", "1w", combined from large to small ("1h30m"), or
 * "[D-]HH:MM[:SS]" as Slurm writes them ("1-12:00:00", "02:30:00"). A bare number is an
 * error that names the units. At most DURATION_MAX.
 */
#define DURATION_MAX (400 * DAY)
int duration_parse(const char *text, duration *length, struct error *err);

/* "45s", "15m", "2h30m", "1d4h": the two largest units that matter. Returns `text`. */
#define DURATION_TEXT_SIZE 32
char *duration_format(duration length, char text[DURATION_TEXT_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_STEPS_H
#define QUEUE_SQLITE_STEPS_H

#include "base/text.h"
#include "grid/series.h"

/*
 * A series as bytes. All numbers are little-endian:
 *
 *     1 byte    1, the version of this encoding
 *     8 bytes   when the first step begins, in seconds since 1970
 *     runs, until the bytes end; each is
 *         4 bytes   the length of each of its steps, in seconds, above 0
 *         4 bytes   how many steps, above 0
 *         4 bytes   for each step: its level
 *
 * The series ends where its last step does. A day of half hours takes 209 bytes.
 */
void steps_encode(const struct series *series, struct text *bytes);

/* NULL with ERROR_IO if these are not the bytes of a series. */
struct series *steps_decode(const void *bytes, size_t size, int64_t level_max,
                            struct error *err);

#endif

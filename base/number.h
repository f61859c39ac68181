/* SPDX-License-Identifier: MIT */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

#include "base/error.h"

/*
 * Numbers as people write them, read without regard to the locale: a daemon started
 * under a German one must not take 1.5 for 1. All refuse trailing text, and say what
 * was wrong and which limits hold.
 */

/* A whole decimal number from `least` to `most`. */
int number_parse(const char *text, int64_t least, int64_t most, int64_t *number,
                 struct error *err);

/*
 * A decimal fraction, times 10 to the power of `digits` (at most 9), rounded to the
 * nearest: "211.5" with 3 digits is 211500. No exponents, no NaN, no infinity.
 */
int number_parse_scaled(const char *text, int digits, int64_t least, int64_t most,
                        int64_t *number, struct error *err);

/* The same for a finite double, as JSON has them. ERROR_INVALID for NaN and infinity.
 */
int number_scale(double value, int digits, int64_t least, int64_t most, int64_t *number,
                 struct error *err);

/*
 * A number divided by 10 to the power of `digits`, as it would be written: 1500 with 3
 * digits is "1.5". Returns `text`.
 */
#define NUMBER_TEXT_SIZE 32
char *number_format_scaled(int64_t number, int digits, char text[NUMBER_TEXT_SIZE]);

/* Bytes, with the suffixes K M G T (times 1024 each) and an optional "B" or "iB". */
#define SIZE_BYTES_MAX (INT64_C(1) << 50)
int size_parse(const char *text, int64_t *bytes, struct error *err);

/* The same, with the largest suffix that loses nothing: "16G". Returns `text`. */
char *size_format(int64_t bytes, char text[NUMBER_TEXT_SIZE]);

/* "2 %" or "0.2%": parts per million, from 0 to 1000000. */
int percent_parse(const char *text, int64_t *ppm, struct error *err);

#endif

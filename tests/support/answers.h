/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ANSWERS_H
#define TESTS_SUPPORT_ANSWERS_H

#include <jansson.h>

#include "base/clock.h"

/* The daemon's answers, for what the command line makes of them. */

/* Setup of cmocka: local time is that of Berlin. */
int live_in_berlin(void **state);

/* The document; the caller releases. Fails the test if it is none. */
json_t *load_answer(const char *text);

/* 2026-11-21T20:15:00Z */
instant now_in_tests(void);

#endif

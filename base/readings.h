/* SPDX-License-Identifier: MIT */
#ifndef BASE_READINGS_H
#define BASE_READINGS_H

#include <time.h>

#include "base/clock.h"

/*
 * What moments a local time may mean: one; two where clocks are set back over it; none
 * where they are set forward over it. Nothing here allocates.
 */
struct readings {
    instant items[2]; /* at which clocks show it, in order */
    int count;
    instant skipped[2]; /* with none: by the offsets before and after the jump */
};

/* Of the time in TZ that its year, month, day, hour, minute and second name. */
struct readings readings_find(const struct tm *civil);

#endif

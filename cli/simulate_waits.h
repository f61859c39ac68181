/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMULATE_WAITS_H
#define CLI_SIMULATE_WAITS_H

#include "queue/trace.h"

/*
 * How long the jobs of a trace may wait, as --max-wait says it:
 *
 *   24h                      all of them
 *   2h:6h,24h                those of up to 2 h six hours, the others a day
 *   25%:0h,25%:6h,50%:24h    so many of them, drawn by a seed
 */

#define SIMULATE_WAITS_MAX 16

struct simulate_waits {
    struct {
        duration length;   /* up to this; DURATION_MAX: any */
        int64_t share_ppm; /* of the jobs, where they are drawn */
        duration wait;
    } rules[SIMULATE_WAITS_MAX];
    size_t count;
    bool by_share;
};

int simulate_waits_parse(const char *text, struct simulate_waits *waits,
                         struct error *err);

/*
 * Let each job wait as long as the rules say, unless the trace has said it already, or
 * a deadline. The same seed draws the same.
 */
void simulate_waits_apply(const struct simulate_waits *waits, uint64_t seed,
                          struct trace *trace);

#endif

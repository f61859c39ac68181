/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_SAVING_H
#define LEDGER_SAVING_H

#include <stdbool.h>
#include <stdint.h>

/* What waiting saved. Below 0 it cost more than first come first served would have. */
struct saving {
    int64_t milligrams;
    bool has_share;    /* false when there was nothing to save from */
    int64_t per_mille; /* of what it would have been, to the nearest */
};

/* The share is cut to this, either way: beyond it, only the masses say something. */
#define SAVING_SHARE_MAX 1000000

/* Of what it would have been (the shadow) and what it was. Neither is below 0. */
struct saving saving_of(int64_t shadow_milligrams, int64_t milligrams);

#endif

/* SPDX-License-Identifier: MIT */
#include "ledger/saving.h"

#include <assert.h>

/* part * 1000 / whole to the nearest, halves away from 0, for any part and whole > 0.
 */
static int64_t per_mille_of(int64_t part, int64_t whole)
{
    int64_t times = part / whole, rest = part % whole;

    if (times >= SAVING_SHARE_MAX / 1000)
        return SAVING_SHARE_MAX;
    if (times <= -SAVING_SHARE_MAX / 1000)
        return -SAVING_SHARE_MAX;
    if (whole > INT64_MAX / 2000) {
        /* Too large to multiply, so large that the last bits do not matter. */
        whole /= 2048;
        rest /= 2048;
    }
    return times * 1000 + (rest * 1000 + (rest < 0 ? -whole : whole) / 2) / whole;
}

struct saving saving_of(int64_t shadow_milligrams, int64_t milligrams)
{
    struct saving saving = {shadow_milligrams - milligrams, shadow_milligrams > 0, 0};

    assert(shadow_milligrams >= 0 && milligrams >= 0);
    if (saving.has_share)
        saving.per_mille = per_mille_of(saving.milligrams, shadow_milligrams);
    return saving;
}

/* SPDX-License-Identifier: MIT */
#ifndef GRID_FORESIGHT_H
#define GRID_FORESIGHT_H

#include "grid/forecast.h"

/*
 * What would have been known of a zone's power at each moment of its past: of the
 * actuals what had been measured by then, and of the forecasts those that had been
 * issued. Only a perfect foresight knows more.
 */
struct foresight;

enum foresight_kind {
    FORESIGHT_PERFECT, /* the actuals to come */
    FORESIGHT_RAW,     /* the last forecast that was issued, as it was issued */
    FORESIGHT_HISTORY, /* grid/history.h, from what was measured */
    FORESIGHT_BLEND,   /* grid/blend.h, which learns from both as time goes by */
    FORESIGHT_KINDS
};

/* "perfect", "raw", "history", "blend". */
const char *foresight_kind_name(enum foresight_kind kind);
int foresight_kind_parse(const char *name, enum foresight_kind *kind,
                         struct error *err);

/* A zone as it was recorded. Borrowed by foresights, and outlives them. */
struct recording {
    const struct actual *actuals; /* ascending, without gaps */
    size_t actual_count;
    struct forecast *const *issues; /* ascending by their time of issue */
    size_t issue_count;
};

struct foresight *foresight_create(enum foresight_kind kind,
                                   const struct recording *recording);
void foresight_destroy(struct foresight *foresight);

/*
 * What was expected at a moment, which comes no sooner than that of the call before;
 * the caller's to destroy. NULL if nothing was known. The blend has then learnt from
 * all that was known by that moment, as a daemon that had asked once an hour.
 */
struct forecast *foresight_ask(struct foresight *foresight, instant now);

/*
 * How far off the answers have been over their first 24 hours: the mean of |actual -
 * forecast| / actual in whole hours, in parts per million; -1 if nothing is known of
 * it.
 */
int64_t foresight_error_ppm(const struct foresight *foresight);

#endif

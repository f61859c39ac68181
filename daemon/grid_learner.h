/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_LEARNER_H
#define DAEMON_GRID_LEARNER_H

#include "grid/archive.h"
#include "grid/blend.h"

/*
 * What is learnt of one zone: a blend for each of its providers of forecasts, and one
 * for its past alone, taught by the archive at first and then by what comes.
 */
struct grid_learner;

/* How far back the archive is learnt from: what is older hardly weighs. */
#define LEARNER_SPAN (2 * (duration)BLEND_HALF_LIFE * DAY)

/* `actuals`: whose actuals it learns from; "" for nobody's: then it learns nothing. */
struct grid_learner *grid_learner_create(const char *zone, enum signal signal,
                                         const char *actuals);
void grid_learner_destroy(struct grid_learner *learner);

/* Learn of a provider's forecasts too; once for each. */
void grid_learner_add(struct grid_learner *learner, const char *provider);

/*
 * Begin anew with what the archive has until now: of one of its blends with each call,
 * as that takes some tens of milliseconds, until it is loaded. An archive that cannot
 * be read leaves it knowing less.
 */
int grid_learner_load(struct grid_learner *learner, struct store_reader *reader,
                      instant now, struct error *err);

/* The archive has come to say something else: it is to be loaded again. */
void grid_learner_forget(struct grid_learner *learner);

bool grid_learner_is_loaded(const struct grid_learner *learner);

/* What was measured; that of others, or on another signal, is passed over. */
void grid_learner_observe(struct grid_learner *learner, const struct actuals *actuals);

/*
 * As blend_issue(), with what was learnt of the provider that the forecast names; NULL
 * for history alone. NULL too if the provider was not added.
 */
struct forecast *grid_learner_issue(struct grid_learner *learner,
                                    const struct forecast *provider, instant now);

/* What was learnt of a provider; NULL: nothing. For "history" of the past alone. */
const struct blend *grid_learner_find(const struct grid_learner *learner,
                                      const char *provider);

#endif

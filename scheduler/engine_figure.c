/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_internal.h"

/* The numbers behind what is planned of one job. */

#define MG_PER_G 1000

_Static_assert(PLAN_PIECES_MAX + 1 <= PLAN_BAND_PIECES_MAX,
               "the next piece, and as many later ones as there can be, have a band");

/* One piece of an entry's planned run: the next one, or those after it. */
static struct reservation piece_of(const struct engine_entry *entry, size_t i)
{
    const struct plan_piece *piece;

    if (i == 0)
        return entry->reservation;
    piece = &entry->later->list[i - 1];
    return (struct reservation){piece->start, piece->ends, entry->later->pool,
                                PLAN_GREEN};
}

/* What the first piece and those after it come to, each held to its end. */
static void add_up_pieces(const struct engine *engine, const struct engine_entry *entry,
                          const struct plan_job *job, struct plan_figures *figures)
{
    instant now = engine_now(engine);
    duration whole = 0;
    int64_t area = 0;

    figures->milligrams_planned = 0;
    for (size_t i = 0; i <= entry->later->count; i++) {
        struct reservation part = piece_of(entry, i);
        struct plan_job run = *job;
        struct plan_figures found;

        run.time = part.ends - part.start;
        plan_figure(engine->plan, &run, &part, now, &found);
        figures->milligrams_planned += found.milligrams_planned;
        area += found.level_planned * run.time;
        whole += run.time;
    }
    figures->level_planned = area / whole;
    figures->runner_up = INSTANT_MAX;
}

/* A run for its band. What is overdue begins now, as forecasts may know no more of what
 * has passed. */
static struct plan_band_run run_of(const struct engine *engine,
                                   const struct plan_job *job, int32_t pool,
                                   instant start, duration length)
{
    const struct engine_pool *place = &engine->pools[pool];
    instant now = engine_now(engine);
    instant begins = start > now ? start : now;

    return (struct plan_band_run){
        .forecast = engine->zones[place->zone].forecast,
        .watts = power_estimate(&place->pool, &job->wanted, job->power),
        .pue_ppm = place->pool.pue_ppm,
        .begins = begins,
        .ends = begins + length,
    };
}

static struct plan_band find_band(const struct engine *engine,
                                  const struct engine_entry *entry,
                                  const struct plan_job *job,
                                  const struct plan_figures *figures)
{
    struct plan_band_run pieces[PLAN_BAND_PIECES_MAX];
    struct plan_band_run at_once;
    size_t count = entry->later ? entry->later->count + 1 : 1;

    for (size_t i = 0; i < count; i++) {
        struct reservation part = piece_of(entry, i);

        pieces[i] = run_of(engine, job, part.pool, part.start,
                           entry->later ? part.ends - part.start : job->time);
    }
    if (figures->pool_at_once >= 0)
        at_once =
            run_of(engine, job, figures->pool_at_once, figures->first_room, job->time);
    return plan_band_find(figures->pool_at_once >= 0 ? &at_once : NULL, pieces, count,
                          (figures->milligrams_at_once - figures->milligrams_planned)
                              / MG_PER_G);
}

void engine_figure_as(const struct engine *engine, const struct engine_entry *entry,
                      const struct plan_job *job, struct plan_figures *figures)
{
    plan_figure(engine->plan, job, &entry->reservation, engine_now(engine), figures);
    if (!figures->has_forecast || entry->reservation.pool < 0)
        return;
    if (entry->later)
        add_up_pieces(engine, entry, job, figures);
    figures->band = find_band(engine, entry, job, figures);
}

bool engine_figure(const struct engine *engine, int64_t id,
                   struct plan_figures *figures)
{
    const struct engine_entry *entry = engine_entry_find(engine, id);
    struct plan_job job;
    struct job paused;

    if (!entry || entry->reservation.pool < 0 || engine_is_handed_over(entry))
        return false;
    paused = engine_as_paused(engine, entry, engine_now(engine));
    job = engine_plan_as(engine, entry, &paused);
    engine_figure_as(engine, entry, &job, figures);
    return true;
}

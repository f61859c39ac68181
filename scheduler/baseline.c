/* SPDX-License-Identifier: MIT */
#include "scheduler/baseline.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const names[BASELINES] = {
    [BASELINE_IMMEDIATE] = "immediate",
    [BASELINE_LOWEST_SLOT] = "lowest-slot",
    [BASELINE_LOWEST_WINDOW] = "lowest-window",
    [BASELINE_LOWEST_WINDOW_TRUE] = "lowest-window-true",
    [BASELINE_CARBON_TIME] = "carbon-time",
    [BASELINE_ECOVISOR] = "ecovisor",
    [BASELINE_WAIT_AWHILE] = "wait-awhile",
    [BASELINE_THRESHOLD] = "threshold",
};

/* The levels that a job may run at, from the step that holds its arrival on. */
struct outlook {
    const struct baseline_grid *grid;
    const struct baseline_job *job;
    instant begins;
    size_t count;
    int64_t *levels;
    int64_t *areas; /* areas[i]: level x seconds of the steps before i */
};

const char *baseline_name(enum baseline baseline)
{
    return names[baseline];
}

bool baseline_is_preemptive(enum baseline baseline)
{
    return baseline == BASELINE_ECOVISOR || baseline == BASELINE_WAIT_AWHILE;
}

static void look_out(struct outlook *outlook, const struct baseline_grid *grid,
                     const struct baseline_job *job)
{
    duration longest = job->length > job->expected ? job->length : job->expected;

    *outlook = (struct outlook){.grid = grid, .job = job};
    outlook->begins = job->arrives - job->arrives % grid->step;
    outlook->count = (size_t)((job->max_wait + longest + DAY) / grid->step) + 2;
    outlook->levels = xcalloc(outlook->count, sizeof(outlook->levels[0]));
    outlook->areas = xcalloc(outlook->count + 1, sizeof(outlook->areas[0]));
    series_fill_slots(grid->intensity, outlook->begins, grid->step, outlook->levels,
                      outlook->count);
    for (size_t i = 0; i < outlook->count; i++)
        outlook->areas[i + 1] = outlook->areas[i] + outlook->levels[i] * grid->step;
}

static void outlook_release(struct outlook *outlook)
{
    free(outlook->levels);
    free(outlook->areas);
}

static int64_t level_at(const struct outlook *outlook, instant when)
{
    return outlook->levels[(when - outlook->begins) / outlook->grid->step];
}

static int64_t area_until(const struct outlook *outlook, instant when)
{
    duration step = outlook->grid->step;
    duration after = when - outlook->begins;

    return outlook->areas[after / step] + level_at(outlook, when) * (after % step);
}

/* Of a run from an offset on. */
static int64_t area_of(const struct outlook *outlook, duration offset, duration length)
{
    instant begins = outlook->job->arrives + offset;

    return area_until(outlook, begins + length) - area_until(outlook, begins);
}

static duration lowest_slot(const struct outlook *outlook)
{
    const struct baseline_job *job = outlook->job;
    duration step = outlook->grid->step;
    duration best = 0;

    for (instant at = outlook->begins + step; at - job->arrives <= job->max_wait;
         at += step)
        if (level_at(outlook, at) < level_at(outlook, job->arrives + best))
            best = at - job->arrives;
    return best;
}

static duration lowest_window(const struct outlook *outlook, duration length)
{
    duration best = 0;
    int64_t least = area_of(outlook, 0, length);

    for (duration offset = HOUR; offset <= outlook->job->max_wait; offset += HOUR) {
        int64_t area = area_of(outlook, offset, length);

        if (area < least) {
            least = area;
            best = offset;
        }
    }
    return best;
}

static duration carbon_time(const struct outlook *outlook)
{
    const struct baseline_job *job = outlook->job;
    int64_t at_once = area_of(outlook, 0, job->expected);
    double most = 0;
    duration best = 0;

    for (duration offset = HOUR; offset <= job->max_wait; offset += HOUR) {
        int64_t saved = at_once - area_of(outlook, offset, job->expected);
        double gain = (double)saved / (double)(offset + job->expected);

        if (gain > most) {
            most = gain;
            best = offset;
        }
    }
    return best;
}

/* Where the step ends that holds a moment, or `limit` if that comes first. */
static instant step_end(const struct outlook *outlook, instant at, instant limit)
{
    duration step = outlook->grid->step;
    instant end = at - (at - outlook->begins) % step + step;

    return end < limit ? end : limit;
}

/* Slots of one level. */
struct share_of_day {
    int64_t level;
    int64_t slots;
};

static int compare_shares(const void *a, const void *b)
{
    const struct share_of_day *one = a;
    const struct share_of_day *other = b;

    return (one->level > other->level) - (one->level < other->level);
}

/* The level of the slot with this rank. */
static int64_t level_of_rank(const struct share_of_day *shares, int64_t rank)
{
    while (rank >= shares->slots)
        rank -= shares++->slots;
    return shares->level;
}

/* Over the slots of the 24 hours from a moment on, with linear interpolation. */
static double percentile_from(const struct outlook *outlook, instant from, int percent)
{
    duration slot = outlook->grid->slot;
    int64_t slots = DAY / slot;
    struct share_of_day *shares =
        xcalloc((size_t)(DAY / outlook->grid->step) + 2, sizeof(shares[0]));
    size_t count = 0;
    double place = (double)(slots - 1) * percent / 100;
    int64_t low = (int64_t)place;
    double level;

    for (instant at = from; at < from + DAY;) {
        instant end = step_end(outlook, at, from + DAY);

        shares[count++] =
            (struct share_of_day){level_at(outlook, at), (end - at) / slot};
        at = end;
    }
    qsort(shares, count, sizeof(shares[0]), compare_shares);
    level = (double)level_of_rank(shares, low);
    if (low + 1 < slots)
        level +=
            (place - (double)low) * ((double)level_of_rank(shares, low + 1) - level);
    free(shares);
    return level;
}

static duration threshold(const struct outlook *outlook)
{
    const struct baseline_grid *grid = outlook->grid;
    instant arrives = outlook->job->arrives;

    for (duration offset = 0; offset < outlook->job->max_wait; offset += grid->slot)
        if ((double)level_at(outlook, arrives + offset)
            <= percentile_from(outlook, arrives + offset, grid->percentile))
            return offset;
    return outlook->job->max_wait;
}

/* Add a piece, or lengthen the one that it follows on. */
static void add_piece(struct baseline_piece *pieces, size_t *count, instant begins,
                      instant ends)
{
    if (*count > 0 && pieces[*count - 1].ends == begins)
        pieces[*count - 1].ends = ends;
    else
        pieces[(*count)++] = (struct baseline_piece){begins, ends};
}

static size_t ecovisor(const struct outlook *outlook, struct baseline_piece *pieces)
{
    const struct baseline_job *job = outlook->job;
    double level = percentile_from(outlook, job->arrives, BASELINE_PERCENTILE);
    instant limit = job->arrives + job->length + job->max_wait;
    duration left = job->length;
    duration wait = job->max_wait;
    size_t count = 0;

    for (instant at = job->arrives; left > 0;) {
        instant end = step_end(outlook, at, limit);
        duration length = end - at;

        if ((double)level_at(outlook, at) >= level && wait > 0) {
            length = length < wait ? length : wait;
            wait -= length;
        } else {
            length = length < left ? length : left;
            left -= length;
            add_piece(pieces, &count, at, at + length);
        }
        at += length;
    }
    return count;
}

struct candidate {
    instant begins;
    instant ends;
    int64_t level;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *one = a;
    const struct candidate *other = b;

    if (one->level != other->level)
        return one->level < other->level ? -1 : 1;
    return one->begins < other->begins ? -1 : one->begins > other->begins;
}

static int compare_begins(const void *a, const void *b)
{
    const struct candidate *one = a;
    const struct candidate *other = b;

    return one->begins < other->begins ? -1 : one->begins > other->begins;
}

static size_t wait_awhile(const struct outlook *outlook, struct baseline_piece *pieces)
{
    const struct baseline_job *job = outlook->job;
    instant limit = job->arrives + job->length + job->max_wait;
    struct candidate *candidates = xcalloc(outlook->count, sizeof(candidates[0]));
    duration left = job->length;
    size_t found = 0;
    size_t taken = 0;
    size_t count = 0;

    for (instant at = job->arrives; at < limit; at = candidates[found++].ends)
        candidates[found] =
            (struct candidate){at, step_end(outlook, at, limit), level_at(outlook, at)};
    qsort(candidates, found, sizeof(candidates[0]), compare_candidates);
    for (; left > 0; taken++) {
        struct candidate *candidate = &candidates[taken];

        if (candidate->ends - candidate->begins > left)
            candidate->ends = candidate->begins + left;
        left -= candidate->ends - candidate->begins;
    }
    qsort(candidates, taken, sizeof(candidates[0]), compare_begins);
    for (size_t i = 0; i < taken; i++)
        add_piece(pieces, &count, candidates[i].begins, candidates[i].ends);
    free(candidates);
    return count;
}

static duration offset_of(enum baseline baseline, const struct outlook *outlook)
{
    switch (baseline) {
    case BASELINE_LOWEST_SLOT:
        return lowest_slot(outlook);
    case BASELINE_LOWEST_WINDOW:
        return lowest_window(outlook, outlook->job->expected);
    case BASELINE_LOWEST_WINDOW_TRUE:
        return lowest_window(outlook, outlook->job->length);
    case BASELINE_CARBON_TIME:
        return carbon_time(outlook);
    case BASELINE_THRESHOLD:
        return threshold(outlook);
    default:
        return 0;
    }
}

size_t baseline_run(enum baseline baseline, const struct baseline_grid *grid,
                    const struct baseline_job *job, struct baseline_piece **pieces)
{
    struct outlook outlook;
    size_t count = 1;

    assert(job->length > 0 && job->expected > 0 && job->max_wait >= 0);
    look_out(&outlook, grid, job);
    *pieces = xcalloc(outlook.count, sizeof((*pieces)[0]));
    if (baseline == BASELINE_ECOVISOR) {
        count = ecovisor(&outlook, *pieces);
    } else if (baseline == BASELINE_WAIT_AWHILE) {
        count = wait_awhile(&outlook, *pieces);
    } else {
        (*pieces)[0].begins = job->arrives + offset_of(baseline, &outlook);
        (*pieces)[0].ends = (*pieces)[0].begins + job->length;
    }
    outlook_release(&outlook);
    return count;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_band.h"

#include <assert.h>
#include <string.h>

#include "scheduler/plan_internal.h"

#define RUNS_MAX (PLAN_BAND_PIECES_MAX + 1)

/* mg/kWh x s x W x PUE in millionths, in a milligram. */
#define BURDEN_PER_MG ((burden)3600000 * 1000000)
#define MG_PER_G      1000

/* How far below and above its level a sum may lie. */
struct half_bands {
    burden below;
    burden above;
};

/* The runs of which one is at once and counts, and all others are taken from it. */
struct balance {
    struct plan_band_run runs[RUNS_MAX];
    size_t count;
    instant marks[2 * RUNS_MAX]; /* ascending: what runs changes at these only */
    size_t mark_count;
};

/* What a forecast says between two moments. False if it does not, or has no band. */
static bool find_areas(const struct plan_band_run *run, instant begins, instant ends,
                       int64_t *low, int64_t *level, int64_t *high)
{
    const struct forecast *forecast = run->forecast;

    return forecast && forecast->low && forecast->high
           && series_integral(forecast->low, begins, ends, low, NULL) == 0
           && series_integral(forecast->intensity, begins, ends, level, NULL) == 0
           && series_integral(forecast->high, begins, ends, high, NULL) == 0;
}

static void add_mark(struct balance *balance, instant mark)
{
    size_t at = balance->mark_count;

    while (at > 0 && balance->marks[at - 1] > mark)
        at--;
    memmove(&balance->marks[at + 1], &balance->marks[at],
            (balance->mark_count - at) * sizeof(balance->marks[0]));
    balance->marks[at] = mark;
    balance->mark_count++;
}

static void add_run(struct balance *balance, const struct plan_band_run *run)
{
    balance->runs[balance->count++] = *run;
    add_mark(balance, run->begins);
    add_mark(balance, run->ends);
}

/* Whether a run is the first on its forecast: it then speaks for all of them. */
static bool is_first(const struct balance *balance, size_t run)
{
    for (size_t i = 0; i < run; i++)
        if (balance->runs[i].forecast == balance->runs[run].forecast)
            return false;
    return true;
}

/* What the run at once draws of a zone at a moment, less what the planned one does. */
static int64_t find_weight(const struct balance *balance,
                           const struct forecast *forecast, instant when)
{
    int64_t weight = 0;

    for (size_t i = 0; i < balance->count; i++) {
        const struct plan_band_run *run = &balance->runs[i];
        int64_t draw = plan_draw(run->watts, run->pue_ppm);

        if (run->forecast == forecast && run->begins <= when && when < run->ends)
            weight += i == 0 ? draw : -draw;
    }
    return weight;
}

/* Add to a sum what its forecast may be off in one stretch of it. */
static bool add_stretch(const struct plan_band_run *run, instant begins, instant ends,
                        int64_t weight, struct half_bands *sum)
{
    int64_t low, level, high;

    if (!find_areas(run, begins, ends, &low, &level, &high))
        return false;
    if (level > low)
        sum->below += (burden)(level - low) * (burden)weight;
    if (high > level)
        sum->above += (burden)(high - level) * (burden)weight;
    return true;
}

/* What is left of the two sums where they cancel. False if it is not known. */
static bool add_up(const struct balance *balance, struct half_bands *at_once,
                   struct half_bands *planned)
{
    for (size_t i = 0; i < balance->count; i++) {
        const struct plan_band_run *run = &balance->runs[i];

        for (size_t j = 1; j < balance->mark_count && is_first(balance, i); j++) {
            instant begins = balance->marks[j - 1];
            instant ends = balance->marks[j];
            int64_t weight = find_weight(balance, run->forecast, begins);

            if (begins == ends || weight == 0)
                continue;
            if (!add_stretch(run, begins, ends, weight > 0 ? weight : -weight,
                             weight > 0 ? at_once : planned))
                return false;
        }
    }
    return true;
}

/* The root, rounded down, one bit after the other. */
static int64_t root_of(burden square)
{
    burden root = 0;

    for (int bit = 62; bit >= 0; bit--) {
        burden longer = root | (burden)1 << bit;

        if (longer * longer <= square)
            root = longer;
    }
    return (int64_t)root;
}

/*
 * What it comes to in milligrams, also bit by bit: the compiler would call its library
 * for a division of 128 bits. No run comes near 2^61, and two squares of it fit.
 */
static burden square_of(burden half_band)
{
    burden mg = 0;

    for (int bit = 60; bit >= 0; bit--) {
        burden more = mg | (burden)1 << bit;

        if (more * BURDEN_PER_MG <= half_band)
            mg = more;
    }
    return mg * mg;
}

/* Two half-bands in quadrature, in grams. */
static int64_t combine(burden one, burden other)
{
    return (root_of(square_of(one) + square_of(other)) + MG_PER_G / 2) / MG_PER_G;
}

static void find_levels(const struct plan_band_run *pieces, size_t count,
                        struct plan_band *band)
{
    int64_t low_sum = 0;
    int64_t high_sum = 0;
    duration whole = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t low, level, high;

        if (!find_areas(&pieces[i], pieces[i].begins, pieces[i].ends, &low, &level,
                        &high))
            return;
        low_sum += low;
        high_sum += high;
        whole += pieces[i].ends - pieces[i].begins;
    }
    assert(whole > 0);
    band->has_levels = true;
    band->low = low_sum / whole;
    band->high = high_sum / whole;
}

struct plan_band plan_band_find(const struct plan_band_run *at_once,
                                const struct plan_band_run *pieces, size_t count,
                                int64_t saving)
{
    struct half_bands of_at_once = {0, 0};
    struct half_bands of_planned = {0, 0};
    struct plan_band band = {.has_levels = false};
    struct balance balance = {.count = 0};

    assert(count > 0);
    assert(count <= PLAN_BAND_PIECES_MAX);
    find_levels(pieces, count, &band);
    if (!band.has_levels || !at_once || !at_once->forecast || !at_once->forecast->low)
        return band;
    add_run(&balance, at_once);
    for (size_t i = 0; i < count; i++)
        add_run(&balance, &pieces[i]);
    if (!add_up(&balance, &of_at_once, &of_planned))
        return band;
    band.has_saving = true;
    band.saving_low = saving - combine(of_at_once.below, of_planned.above);
    band.saving_high = saving + combine(of_at_once.above, of_planned.below);
    return band;
}

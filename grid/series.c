/* SPDX-License-Identifier: MIT */
#include "grid/series.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct step {
    instant begins;
    int64_t level;
    int64_t area_before; /* level times seconds, summed over all earlier steps */
};

struct series {
    instant ends;
    size_t count;
    struct step steps[];
};

/* No sum over a series, and no difference of two, can overflow. */
static_assert(SERIES_LEVEL_MAX <= INT64_MAX / SERIES_SPAN_MAX, "area overflows");
static_assert(INTENSITY_MAX <= SERIES_LEVEL_MAX, "intensities do not fit");
static_assert(SHARE_MAX <= SERIES_LEVEL_MAX, "shares do not fit");

static instant sample_ends(const struct series_sample *samples, size_t count,
                           instant ends, size_t i)
{
    return i + 1 < count ? samples[i + 1].begins : ends;
}

static int check_samples(const struct series_sample *samples, size_t count,
                         instant ends, int64_t level_max, struct error *err)
{
    if (count == 0)
        return error_set(err, ERROR_INVALID, "no samples");
    if (count > SERIES_SAMPLES_MAX)
        return error_set(err, ERROR_INVALID, "%zu samples are more than %d", count,
                         SERIES_SAMPLES_MAX);
    if (samples[0].begins < 0 || ends > INSTANT_MAX)
        return error_set(err, ERROR_INVALID, "sample 0: not between 1970 and 9999");

    for (size_t i = 0; i < count; i++) {
        if (samples[i].level < 0 || samples[i].level > level_max)
            return error_set(err, ERROR_INVALID, "sample %zu: out of range", i);
        if (samples[i].begins >= sample_ends(samples, count, ends, i))
            return error_set(err, ERROR_INVALID, "sample %zu: out of order", i);
    }
    if (ends - samples[0].begins > SERIES_SPAN_MAX)
        return error_set(err, ERROR_INVALID, "samples span more than %d days",
                         (int)(SERIES_SPAN_MAX / DAY));
    return 0;
}

struct series *series_create(const struct series_sample *samples, size_t count,
                             instant ends, int64_t level_max, struct error *err)
{
    struct series *series;
    int64_t area = 0;

    assert(level_max >= 0 && level_max <= SERIES_LEVEL_MAX);

    if (check_samples(samples, count, ends, level_max, err) < 0)
        return NULL;

    series = xcalloc(1, sizeof(*series) + count * sizeof(series->steps[0]));
    series->ends = ends;
    series->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct series_sample *sample = &samples[i];

        series->steps[i] = (struct step){sample->begins, sample->level, area};
        area += sample->level * (sample_ends(samples, count, ends, i) - sample->begins);
    }
    return series;
}

struct series *series_copy(const struct series *series)
{
    return xmemdup(series, sizeof(*series) + series->count * sizeof(series->steps[0]));
}

void series_destroy(struct series *series)
{
    free(series);
}

instant series_begins(const struct series *series)
{
    return series->steps[0].begins;
}

instant series_ends(const struct series *series)
{
    return series->ends;
}

size_t series_count(const struct series *series)
{
    return series->count;
}

struct series_sample series_at(const struct series *series, size_t i)
{
    assert(i < series->count);
    return (struct series_sample){series->steps[i].begins, series->steps[i].level};
}

/* The last step that begins no later than `when`, which is not before the first. */
static size_t find_step(const struct series *series, instant when)
{
    size_t low = 0;
    size_t high = series->count;

    assert(series->steps[0].begins <= when && when <= series->ends);

    /* steps[low] begins no later than `when`; steps[high], if any, begins later. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (series->steps[middle].begins <= when)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int64_t area_until(const struct series *series, instant when)
{
    const struct step *step = &series->steps[find_step(series, when)];

    return step->area_before + step->level * (when - step->begins);
}

static int64_t area_of(const struct series *series, instant begins, duration length)
{
    return area_until(series, begins + length) - area_until(series, begins);
}

static int check_cover(const struct series *series, instant begins, instant ends,
                       struct error *err)
{
    if (begins < series_begins(series) || ends > series->ends)
        return error_set(err, ERROR_MISSING, "the series does not cover that time");
    return 0;
}

int series_level(const struct series *series, instant when, int64_t *level,
                 struct error *err)
{
    if (when < series_begins(series) || when >= series->ends)
        return error_set(err, ERROR_MISSING, "the series does not cover that time");
    *level = series->steps[find_step(series, when)].level;
    return 0;
}

int series_integral(const struct series *series, instant begins, instant ends,
                    int64_t *area, struct error *err)
{
    assert(begins <= ends);

    if (check_cover(series, begins, ends, err) < 0)
        return -1;
    *area = area_of(series, begins, ends - begins);
    return 0;
}

int series_mean(const struct series *series, instant begins, duration length,
                int64_t *mean, struct error *err)
{
    assert(length > 0);

    /* In this order, so that begins + length cannot overflow. */
    if (check_cover(series, begins, begins, err) < 0)
        return -1;
    if (length > series->ends - begins)
        return error_set(err, ERROR_MISSING, "the series does not cover that time");
    *mean = area_of(series, begins, length) / length;
    return 0;
}

static instant clamp(instant when, instant earliest, instant latest)
{
    if (when < earliest)
        return earliest;
    return when < latest ? when : latest;
}

/* A candidate for the lowest window of a search: where it begins, and its area. */
struct candidate {
    instant begins;
    int64_t area;
};

/* Keep the lower of the best so far and the window at `begins`; of equals, the first.
 */
static void try_window(const struct series *series, duration length, instant begins,
                       struct candidate *best)
{
    int64_t area = area_of(series, begins, length);

    if (area < best->area || (area == best->area && begins < best->begins))
        *best = (struct candidate){begins, area};
}

/*
 * As the window slides, its area changes in straight lines that bend only where one of
 * its edges meets the start of a step. A minimum therefore lies at such a bend, or at
 * one of the two ends of the slide, and those are all we try.
 */
int series_lowest(const struct series *series, duration length, instant earliest,
                  instant deadline, struct series_window *lowest, struct error *err)
{
    struct candidate best;
    instant latest;
    size_t last;

    assert(length > 0);

    if (deadline <= earliest || length > deadline - earliest)
        return error_set(err, ERROR_INVALID, "no room before the deadline");
    if (check_cover(series, earliest, deadline, err) < 0)
        return -1;

    latest = deadline - length;
    best = (struct candidate){earliest, area_of(series, earliest, length)};
    try_window(series, length, latest, &best);
    last = find_step(series, deadline);
    for (size_t i = find_step(series, earliest); i <= last; i++) {
        instant edge = series->steps[i].begins;

        try_window(series, length, clamp(edge - length, earliest, latest), &best);
        try_window(series, length, clamp(edge, earliest, latest), &best);
    }
    *lowest = (struct series_window){
        .begins = best.begins,
        .ends = best.begins + length,
        .mean = best.area / length,
    };
    return 0;
}

/* The mean over the part of [begins, ends) that is covered; there must be some. */
static int64_t mean_of_covered(const struct series *series, instant begins,
                               instant ends)
{
    if (begins < series_begins(series))
        begins = series_begins(series);
    if (ends > series->ends)
        ends = series->ends;
    assert(begins < ends);
    return area_of(series, begins, ends - begins) / (ends - begins);
}

/* The level to assume for a slot that the series does not wholly cover. */
static int64_t repeated_level(const struct series *series, instant begins, instant ends)
{
    int64_t days = (ends - series->ends + DAY - 1) / DAY;

    if (series->ends - series_begins(series) < DAY)
        return series->steps[series->count - 1].level;
    return mean_of_covered(series, begins - days * DAY, ends - days * DAY);
}

size_t series_fill_slots(const struct series *series, instant begins, duration slot,
                         int64_t *levels, size_t count)
{
    size_t covered = 0;

    assert(slot > 0 && slot <= DAY);

    if (count == 0 || series->ends <= begins || series_begins(series) >= begins + slot)
        return 0;
    for (size_t i = 0; i < count; i++) {
        instant slot_begins = begins + (instant)i * slot;

        if (i == 0 || slot_begins + slot <= series->ends) {
            levels[i] = mean_of_covered(series, slot_begins, slot_begins + slot);
            covered++;
        } else {
            levels[i] = repeated_level(series, slot_begins, slot_begins + slot);
        }
    }
    return covered;
}

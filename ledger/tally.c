/* SPDX-License-Identifier: MIT */
#include "ledger/tally.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/time.h"

/* mg/kWh x s x W times the ppm of the PUE, in grams. */
#define GRAMS (1.0 / (1e3 * 3.6e6 * 1e6))

/* GPUs that begin to be used, or cease to be. */
struct turn {
    instant at;
    int64_t change;
};

struct tally {
    struct tally_terms terms;
    struct tally_job *jobs;
    struct turn *turns;
    size_t turn_count;
    size_t turn_room;
};

struct tally *tally_create(const struct tally_terms *terms)
{
    struct tally *tally = xcalloc(1, sizeof(*tally));

    tally->terms = *terms;
    tally->jobs = xcalloc(terms->trace->count, sizeof(tally->jobs[0]));
    return tally;
}

void tally_destroy(struct tally *tally)
{
    if (!tally)
        return;
    free(tally->jobs);
    free(tally->turns);
    free(tally);
}

static void add_turn(struct tally *tally, instant at, int64_t change)
{
    tally->turns = xgrow(tally->turns, tally->turn_count, &tally->turn_room,
                         sizeof(tally->turns[0]));
    tally->turns[tally->turn_count++] = (struct turn){at, change};
}

int tally_add(struct tally *tally, size_t job, instant begins, instant ends,
              struct error *err)
{
    const struct trace_job *asked = &tally->terms.trace->jobs[job];
    struct tally_job *counted = &tally->jobs[job];
    int64_t watts = (int64_t)asked->gpus * asked->power;
    char hour[INSTANT_TEXT_SIZE];
    int64_t area;

    if (series_integral(tally->terms.truth, begins, ends, &area, NULL) < 0) {
        instant missing = series_ends(tally->terms.truth);

        if (begins < series_begins(tally->terms.truth))
            missing = begins - begins % HOUR;
        return error_set(err, ERROR_MISSING,
                         "nothing is known of the hour from %s on, in which a job runs",
                         instant_format(missing, hour));
    }
    if (counted->ran == 0)
        counted->start = begins;
    counted->end = ends;
    counted->ran += ends - begins;
    counted->grams +=
        (double)area * (double)watts * (double)tally->terms.pue_ppm * GRAMS;
    add_turn(tally, begins, asked->gpus);
    add_turn(tally, ends, -(int64_t)asked->gpus);
    return 0;
}

static int compare_turns(const void *a, const void *b)
{
    const struct turn *one = a;
    const struct turn *other = b;

    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return (one->change > other->change) - (one->change < other->change);
}

/* How much is in use at most, and how much starts in one slot. */
static void find_peaks(const struct tally *tally, struct tally_sums *sums)
{
    duration slot = tally->terms.slot;
    instant this_slot = -1;
    int64_t used = 0;
    int64_t started = 0;

    qsort(tally->turns, tally->turn_count, sizeof(tally->turns[0]), compare_turns);
    for (size_t i = 0; i < tally->turn_count; i++) {
        const struct turn *turn = &tally->turns[i];

        used += turn->change;
        if (used > sums->peak)
            sums->peak = used;
        if (turn->change < 0)
            continue;
        if (turn->at - turn->at % slot != this_slot)
            started = 0;
        this_slot = turn->at - turn->at % slot;
        started += turn->change;
        if (started > sums->largest_start)
            sums->largest_start = started;
        sums->runs++;
    }
}

static bool has_missed(const struct trace_job *asked, const struct tally_job *counted)
{
    if (asked->deadline != TRACE_NOT_SET)
        return counted->end > asked->deadline;
    return asked->max_wait != TRACE_NOT_SET
           && counted->end > asked->arrives + asked->length + asked->max_wait;
}

static int compare_waits(const void *a, const void *b)
{
    const duration *one = a;
    const duration *other = b;

    return (*one > *other) - (*one < *other);
}

struct tally_sums tally_close(const struct tally *tally)
{
    size_t count = tally->terms.trace->count;
    duration *waits = xcalloc(count, sizeof(waits[0]));
    struct tally_sums sums = {0};
    size_t rank = (count * 95 + 99) / 100;
    double waited = 0;

    for (size_t i = 0; i < count; i++) {
        const struct tally_job *job = &tally->jobs[i];

        waits[i] = job->end - tally->terms.trace->jobs[i].arrives - job->ran;
        waited += (double)waits[i];
        sums.grams += job->grams;
        sums.missed += has_missed(&tally->terms.trace->jobs[i], job) ? 1 : 0;
    }
    qsort(waits, count, sizeof(waits[0]), compare_waits);
    if (count > 0) {
        sums.mean_wait = waited / (double)count / HOUR;
        sums.p95_wait = (double)waits[rank - 1] / HOUR;
    }
    free(waits);
    find_peaks(tally, &sums);
    return sums;
}

const struct tally_job *tally_jobs(const struct tally *tally)
{
    return tally->jobs;
}

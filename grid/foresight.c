/* SPDX-License-Identifier: MIT */
#include "grid/foresight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/blend.h"

/* As far as a perfect forecast sees, and as much as is judged of each. */
#define HORIZON      (120 * HOUR)
#define JUDGED_HOURS 24

struct foresight {
    enum foresight_kind kind;
    struct recording recording;
    struct blend *blend;
    size_t actual_next; /* the first that was not measured yet */
    size_t issue_next;  /* the first that was not issued yet */
    instant learnt;     /* the hour up to which the blend has lived; 0: not at all */
    double errors;
    size_t error_count;
};

static const char *const names[FORESIGHT_KINDS] = {
    [FORESIGHT_PERFECT] = "perfect",
    [FORESIGHT_RAW] = "raw",
    [FORESIGHT_HISTORY] = "history",
    [FORESIGHT_BLEND] = "blend",
};

const char *foresight_kind_name(enum foresight_kind kind)
{
    return names[kind];
}

int foresight_kind_parse(const char *name, enum foresight_kind *kind, struct error *err)
{
    for (int i = 0; i < FORESIGHT_KINDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum foresight_kind)i;
            return 0;
        }
    return error_set(err, ERROR_INVALID,
                     "'%.40s' is none of perfect, raw, history, blend", name);
}

struct foresight *foresight_create(enum foresight_kind kind,
                                   const struct recording *recording)
{
    struct foresight *foresight = xcalloc(1, sizeof(*foresight));

    foresight->kind = kind;
    foresight->recording = *recording;
    foresight->blend = blend_create("replay", SIGNAL_AVERAGE_DIRECT);
    return foresight;
}

void foresight_destroy(struct foresight *foresight)
{
    if (!foresight)
        return;
    blend_destroy(foresight->blend);
    free(foresight);
}

/* Let what is measured by a moment be past. */
static void pass_actuals(struct foresight *foresight, instant now)
{
    const struct recording *recording = &foresight->recording;

    while (foresight->actual_next < recording->actual_count
           && recording->actuals[foresight->actual_next].ends <= now)
        foresight->actual_next++;
}

/* ... and tell the blend of it. */
static void observe(struct foresight *foresight, instant now)
{
    const struct recording *recording = &foresight->recording;
    size_t first = foresight->actual_next;
    struct actuals actuals = {.zone = "replay"};

    pass_actuals(foresight, now);
    actuals.count = foresight->actual_next - first;
    if (actuals.count == 0)
        return;
    actuals.items = xcalloc(actuals.count, sizeof(actuals.items[0]));
    memcpy(actuals.items, recording->actuals + first,
           actuals.count * sizeof(actuals.items[0]));
    blend_observe(foresight->blend, &actuals);
    free(actuals.items);
}

/* The last forecast that was issued by a moment and covers it. */
static const struct forecast *find_issue(struct foresight *foresight, instant now)
{
    const struct recording *recording = &foresight->recording;
    const struct forecast *issue;

    while (foresight->issue_next < recording->issue_count
           && recording->issues[foresight->issue_next]->issued <= now)
        foresight->issue_next++;
    if (foresight->issue_next == 0)
        return NULL;
    issue = recording->issues[foresight->issue_next - 1];
    return forecast_covers(issue, now) ? issue : NULL;
}

static struct forecast *foresee(const struct foresight *foresight, instant now)
{
    const struct recording *recording = &foresight->recording;
    struct forecast *forecast;
    struct series_sample *samples;
    size_t first = foresight->actual_next;
    size_t count = 0;
    instant ends = 0;

    samples = xcalloc(recording->actual_count - first + 1, sizeof(samples[0]));
    for (size_t i = first;
         i < recording->actual_count && recording->actuals[i].begins < now + HORIZON;
         i++) {
        samples[count++] = (struct series_sample){recording->actuals[i].begins,
                                                  recording->actuals[i].level};
        ends = recording->actuals[i].ends;
    }
    if (count == 0 || samples[0].begins > now) {
        free(samples);
        return NULL;
    }
    forecast = xcalloc(1, sizeof(*forecast));
    (void)text_copy(forecast->zone, sizeof(forecast->zone), "replay");
    (void)text_copy(forecast->provider, sizeof(forecast->provider), "perfect");
    forecast->issued = forecast->fetched = now;
    forecast->intensity = series_create(samples, count, ends, INTENSITY_MAX, NULL);
    free(samples);
    return forecast;
}

/* Let the blend live through the hours up to a moment, as it would have. */
static struct forecast *blend_up_to(struct foresight *foresight, instant now)
{
    const struct recording *recording = &foresight->recording;
    bool is_blend = foresight->kind == FORESIGHT_BLEND;
    instant at = foresight->learnt + HOUR;

    if (foresight->learnt == 0)
        at =
            is_blend && recording->issue_count > 0 ? recording->issues[0]->issued : now;
    for (at -= at % HOUR; at < now; at += HOUR) {
        observe(foresight, at);
        forecast_destroy(blend_issue(foresight->blend,
                                     is_blend ? find_issue(foresight, at) : NULL, at));
    }
    foresight->learnt = now - now % HOUR;
    observe(foresight, now);
    return blend_issue(foresight->blend, is_blend ? find_issue(foresight, now) : NULL,
                       now);
}

static struct forecast *answer(struct foresight *foresight, instant now)
{
    const struct forecast *issue;

    switch (foresight->kind) {
    case FORESIGHT_PERFECT:
        pass_actuals(foresight, now);
        return foresee(foresight, now);
    case FORESIGHT_RAW:
        pass_actuals(foresight, now);
        issue = find_issue(foresight, now);
        return issue ? forecast_copy(issue) : NULL;
    default:
        return blend_up_to(foresight, now);
    }
}

/* Only here, to judge it, is what came looked at. */
static void judge(struct foresight *foresight, const struct forecast *forecast,
                  instant now)
{
    const struct recording *recording = &foresight->recording;
    instant until = now + JUDGED_HOURS * HOUR;

    for (size_t i = foresight->actual_next;
         i < recording->actual_count && recording->actuals[i].begins < until; i++) {
        const struct actual *actual = &recording->actuals[i];
        int64_t mean;

        if (actual->begins < now || actual->level == 0
            || series_mean(forecast->intensity, actual->begins,
                           actual->ends - actual->begins, &mean, NULL)
                   < 0)
            continue;
        foresight->errors +=
            fabs((double)(actual->level - mean)) / (double)actual->level;
        foresight->error_count++;
    }
}

struct forecast *foresight_ask(struct foresight *foresight, instant now)
{
    struct forecast *forecast = answer(foresight, now);

    if (forecast)
        judge(foresight, forecast, now);
    return forecast;
}

int64_t foresight_error_ppm(const struct foresight *foresight)
{
    if (foresight->error_count == 0)
        return -1;
    return llround(1e6 * foresight->errors / (double)foresight->error_count);
}

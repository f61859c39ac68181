/* SPDX-License-Identifier: MIT */
#include "daemon/grid_learner.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/feed.h"
#include "grid/hourly.h"

/* What is replayed in full takes too long; errors of one day are much alike. */
#define REPLAY_SPACING (6 * HOUR)

/* The past alone comes first. */
#define BLENDS_MAX (FEED_SOURCES_MAX + 1)

struct grid_learner {
    char zone[ZONE_NAME_MAX + 1];
    char actuals[PROVIDER_NAME_MAX + 1];
    enum signal signal;
    size_t loaded; /* blends that have learnt from the archive */
    char providers[BLENDS_MAX][PROVIDER_NAME_MAX + 1];
    struct blend *blends[BLENDS_MAX];
    size_t count;
};

struct grid_learner *grid_learner_create(const char *zone, enum signal signal,
                                         const char *actuals)
{
    struct grid_learner *learner = xcalloc(1, sizeof(*learner));

    (void)text_copy(learner->zone, sizeof(learner->zone), zone);
    (void)text_copy(learner->actuals, sizeof(learner->actuals), actuals);
    learner->signal = signal;
    grid_learner_add(learner, BLEND_HISTORY_NAME);
    return learner;
}

void grid_learner_destroy(struct grid_learner *learner)
{
    if (!learner)
        return;
    for (size_t i = 0; i < learner->count; i++)
        blend_destroy(learner->blends[i]);
    free(learner);
}

static struct blend *find(const struct grid_learner *learner, const char *provider)
{
    for (size_t i = 0; i < learner->count; i++)
        if (strcmp(learner->providers[i], provider) == 0)
            return learner->blends[i];
    return NULL;
}

const struct blend *grid_learner_find(const struct grid_learner *learner,
                                      const char *provider)
{
    return find(learner, provider);
}

void grid_learner_add(struct grid_learner *learner, const char *provider)
{
    if (learner->count == BLENDS_MAX || find(learner, provider))
        return;
    (void)text_copy(learner->providers[learner->count],
                    sizeof(learner->providers[learner->count]), provider);
    learner->blends[learner->count++] = blend_create(learner->zone, learner->signal);
}

void grid_learner_forget(struct grid_learner *learner)
{
    learner->loaded = 0;
}

bool grid_learner_is_loaded(const struct grid_learner *learner)
{
    return learner->loaded == learner->count;
}

/* The archive as one blend lives through it. */
struct replay {
    struct blend *blend;
    const struct actuals *actuals;
    size_t next; /* of the actuals */
};

/* What was measured until a time. */
static void observe_until(struct replay *replay, instant until)
{
    const struct actuals *all = replay->actuals;
    struct actuals part = *all;
    size_t first = replay->next;

    while (replay->next < all->count && all->items[replay->next].ends <= until)
        replay->next++;
    if (replay->next == first)
        return;
    part.items = all->items + first;
    part.count = replay->next - first;
    blend_observe(replay->blend, &part);
}

static void on_forecast(struct forecast *forecast_taken, void *context)
{
    struct replay *replay = context;

    observe_until(replay, forecast_taken->fetched);
    forecast_destroy(
        blend_issue(replay->blend, forecast_taken, forecast_taken->fetched));
    forecast_destroy(forecast_taken);
}

/* History forecasts itself, by what it knows, as often as the others are replayed. */
static void replay_history(struct replay *replay, instant since, instant now)
{
    for (instant at = since - since % HOUR; at <= now; at += REPLAY_SPACING) {
        observe_until(replay, at);
        forecast_destroy(blend_issue(replay->blend, NULL, at));
    }
}

static int replay_blend(struct grid_learner *learner, size_t i,
                        const struct actuals *actuals, struct store_reader *reader,
                        instant now, struct error *err)
{
    const struct archive_source source = {learner->zone, learner->providers[i],
                                          learner->signal};
    struct replay replay = {.actuals = actuals};
    int status = 0;

    blend_destroy(learner->blends[i]);
    learner->blends[i] = blend_create(learner->zone, learner->signal);
    replay.blend = learner->blends[i];
    if (i == 0)
        replay_history(&replay, now - LEARNER_SPAN, now);
    else
        status = archive_replay(reader, &source, now - LEARNER_SPAN, REPLAY_SPACING,
                                on_forecast, &replay, err);
    observe_until(&replay, now);
    return status;
}

int grid_learner_load(struct grid_learner *learner, struct store_reader *reader,
                      instant now, struct error *err)
{
    const struct archive_source measured = {learner->zone, learner->actuals,
                                            learner->signal};
    struct actuals actuals = {0};
    struct error missing = {ERROR_NONE, "", ""};
    size_t next = learner->loaded;
    int status;

    if (next == learner->count)
        return 0;
    learner->loaded++;
    if (!learner->actuals[0]) {
        learner->loaded = learner->count;
        return 0;
    }
    if (archive_load_actuals_of(reader, &measured,
                                now - LEARNER_SPAN - (duration)HOURLY_SPAN * HOUR, now,
                                &actuals, &missing)
            < 0
        && missing.code != ERROR_MISSING)
        return error_set(err, missing.code, "%s", missing.text);
    status = replay_blend(learner, next, &actuals, reader, now, err);
    actuals_release(&actuals);
    return status;
}

void grid_learner_observe(struct grid_learner *learner, const struct actuals *actuals)
{
    if (actuals->signal != learner->signal
        || strcmp(actuals->provider, learner->actuals) != 0)
        return;
    for (size_t i = 0; i < learner->count; i++)
        blend_observe(learner->blends[i], actuals);
}

struct forecast *grid_learner_issue(struct grid_learner *learner,
                                    const struct forecast *provider, instant now)
{
    struct blend *blend =
        find(learner, provider ? provider->provider : BLEND_HISTORY_NAME);

    return blend ? blend_issue(blend, provider, now) : NULL;
}

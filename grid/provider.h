/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDER_H
#define GRID_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "grid/forecast.h"

/*
 * The port to whoever publishes carbon intensity. A provider is two pure functions: one
 * says what to fetch, the other makes a reading of the body that came. Whoever fetches
 * (over HTTP, from a file, or not at all) lies between them, so that both are tested on
 * recorded bodies and fuzzed without a network.
 */

#define PROVIDER_URL_MAX  1024
#define PROVIDER_BODY_MAX (8 << 20) /* bytes; a longer body is refused unread */

/* One [provider NAME] section of the config. Strings are borrowed, "" when not set. */
struct provider_settings {
    const char *name;
    const char *kind;
    const char *url;          /* base URL in place of the service's own */
    const char *region;       /* neso: region id 1..17, "" for national */
    const char *country;      /* energy-charts: country code; "" for the zone's name */
    const char *path;         /* file: what to read; may hold "{zone}" */
    const char *actuals_path; /* file: where actuals are, if not in path */
    enum signal signal;       /* file: what its figures are */
    int64_t seed;             /* synthetic */
};

enum reading_kind {
    READING_FORECAST,
    READING_ACTUALS, /* the last two days or so */
    READING_KINDS
};

enum fetch_kind {
    FETCH_HTTP, /* GET `target` */
    FETCH_FILE, /* read the file `target` */
    FETCH_NONE, /* nothing to fetch: parse makes the reading of nothing */
};

struct provider_request {
    enum fetch_kind fetch;
    char target[PROVIDER_URL_MAX];
    char accept[64]; /* for the Accept header */
};

/* What came back. `content_type` is "" for files. */
struct provider_body {
    const char *bytes;
    size_t size;
    const char *content_type;
};

/* What a body said. A provider fills what was asked for, and what else it finds. */
struct reading {
    struct forecast *forecast; /* NULL: none in it */
    struct actuals actuals;    /* count 0: none in it */
};

void reading_release(struct reading *reading);

struct provider {
    const char *kind;   /* "neso": what `kind =` in the config says */
    enum signal signal; /* what its figures are, where the settings do not say */
    bool has_forecast;
    bool has_actuals;
    duration cadence; /* how often it is worth asking */

    /*
     * What to fetch for a zone. ERROR_INVALID names the setting that does not fit.
     * `check-config` calls it too, so it must not depend on `now` for its verdict.
     */
    int (*request)(const struct provider_settings *settings, const char *zone,
                   enum reading_kind wanted, instant now,
                   struct provider_request *request, struct error *err);

    /*
     * Make a reading of a body. Hostile input is normal input: ERROR_INVALID says what
     * is wrong and where, and then `reading` is untouched. A body is refused whole: one
     * value that is absurd, out of order, doubled or not finite makes the rest
     * worthless. ERROR_MISSING if the body is sound but does not hold what was asked
     * for.
     */
    int (*parse)(const struct provider_settings *settings, const char *zone,
                 enum reading_kind wanted, const struct provider_body *body,
                 instant now, struct reading *reading, struct error *err);
};

/* The provider of that kind, or NULL. */
const struct provider *provider_find(const char *kind);

/* All kinds, in the order of the documentation; ends with NULL. */
extern const struct provider *const providers[];

#endif

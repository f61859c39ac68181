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

#define PROVIDER_URL_MAX    1024
#define PROVIDER_SECRET_MAX 4096      /* bytes of a token, a password or a session */
#define PROVIDER_BODY_MAX   (8 << 20) /* bytes; a longer body is refused unread */

/* One [provider NAME] section of the config. Strings are borrowed, "" when not set. */
struct provider_settings {
    const char *name;
    const char *kind;
    const char *url;          /* base URL in place of the service's own */
    const char *actuals_url;  /* http-json: where actuals are, if not at url */
    const char *region;       /* the service's name for the zone, if not the zone's own;
                                 neso: region id 1..17, "" for national */
    const char *country;      /* energy-charts: country code; "" for the zone's name */
    const char *path;         /* file: what to read; may hold "{zone}" */
    const char *actuals_path; /* file: where actuals are, if not in path */
    const char *user;         /* who logs in with the secret */
    const char *secret;       /* what token_file holds: never logged */
    const char *session;      /* what parse_session() made of the login: likewise */
    const char *token_header; /* http-json: header that the secret goes into */
    const char *json_points;  /* http-json: path to the array of points */
    const char *json_time;    /* http-json: path to a point's time */
    const char *json_value;   /* http-json: path to its intensity */
    const char *json_renewable; /* http-json: path to its renewable per cent */
    const char *unit;           /* http-json: what json_value is counted in */
    enum signal signal;         /* what its figures are to be */
    int64_t seed;               /* synthetic */
};

enum reading_kind {
    READING_FORECAST,
    READING_ACTUALS,   /* the last two days or so */
    READING_RENEWABLE, /* the share of renewable power that is forecast */
    READING_KINDS
};

/* "forecast", "actuals", "renewable". */
const char *reading_kind_name(enum reading_kind kind);

enum fetch_kind {
    FETCH_HTTP, /* GET `target` */
    FETCH_FILE, /* read the file `target` */
    FETCH_NONE, /* nothing to fetch: parse makes the reading of nothing */
};

struct provider_request {
    enum fetch_kind fetch;
    char target[PROVIDER_URL_MAX];
    char accept[64]; /* for the Accept header */
    /* One more header, "Name: value", that holds a secret: never logged. "": none. */
    char secret_header[PROVIDER_SECRET_MAX + 128];
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
    struct series *renewable;  /* per mille; of READING_RENEWABLE, else NULL */
};

void reading_release(struct reading *reading);

/* What a login gave. */
struct provider_session {
    char token[PROVIDER_SECRET_MAX + 1];
    instant expires; /* when it is to be renewed, somewhat before it ends */
};

#define SIGNAL_BIT(signal) (1U << (signal))
#define SIGNAL_BITS_ALL    ((1U << SIGNALS) - 1)

struct provider {
    const char *kind;   /* "neso": what `kind =` in the config says */
    enum signal signal; /* what its figures are, where the settings do not say */
    unsigned signals;   /* SIGNAL_BIT() of all that the settings may say */
    bool has_forecast;
    bool has_actuals;
    bool has_renewable;    /* by a request of its own; a forecast may bring it too */
    bool needs_secret;     /* token_file must be set */
    duration cadence;      /* how often it is worth asking for one zone */
    int64_t hourly_budget; /* requests in an hour for all zones; 0: no limit known */

    /*
     * What to fetch for a zone. ERROR_INVALID names the setting that does not fit.
     * `check-config` calls it too, so it must not depend on `now` for its verdict, nor
     * on the secret and the session, which are "" then.
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

    /*
     * Of a service that wants a login: what to fetch first, and what it answered.
     * `settings` bears the secret. A session is used by all zones until it expires or
     * is answered with 401 or 403; then it is made anew, once. Both NULL: no login.
     */
    int (*request_session)(const struct provider_settings *settings,
                           struct provider_request *request, struct error *err);
    int (*parse_session)(const struct provider_settings *settings,
                         const struct provider_body *body, instant now,
                         struct provider_session *session, struct error *err);

    /*
     * What an answer other than 200 means and what the operator can do, in words for
     * the log and `penstock status`: one line that begins with "answered" and the
     * status, without the URL and without secrets.
     * NULL, or an empty text: the status speaks for itself.
     */
    void (*explain)(const struct provider_settings *settings, const char *zone,
                    int status, const struct provider_body *body, char *text,
                    size_t size);
};

/* The provider of that kind, or NULL. */
const struct provider *provider_find(const char *kind);

/* All kinds, in the order of the documentation; ends with NULL. */
extern const struct provider *const providers[];

#endif

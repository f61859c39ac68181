/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_FETCH_H
#define DAEMON_GRID_FETCH_H

#include <uv.h>

#include "base/text.h"
#include "config/config.h"
#include "grid/provider.h"
#include "grid/providers/http.h"

struct grid_fetch;

/* Called on the loop, once, when the fetch has a reading or has failed. */
typedef void grid_fetch_on_done(struct grid_fetch *fetch);

/*
 * One fetch on its way: the request, the body, the reading. Bodies are read from files
 * and parsed on the thread pool. Where a provider wants a login, that comes first, if
 * the session at hand has expired, and once more if it is refused.
 */
struct grid_fetch {
    /* Set by whoever starts it. */
    uv_loop_t *loop;
    struct http *http;
    struct config_provider config; /* a copy: the daemon's may be reloaded */
    char zone[ZONE_NAME_MAX + 1];
    enum reading_kind wanted;
    instant now;
    grid_fetch_on_done *on_done;
    void *context;
    struct grid_fetch *next;
    size_t zone_index;
    int source;
    struct provider_session *session; /* the provider's, shared; NULL: wants no login */
    char etag[HTTP_ETAG_MAX + 1];     /* of the last answer; then of this one */

    /* What came of it. */
    bool failed;
    bool refused;   /* there was a body, and it was not to be believed */
    bool denied;    /* by the provider, or for want of a token that we may read */
    bool unchanged; /* what the etag stood for is still so: no reading */
    int status;     /* of the answer; 0: there was none */
    duration retry_after;
    struct error failure;
    struct reading reading;

    /* Its own. */
    struct http_call *call; /* while it is under way over HTTP */
    uv_work_t work;
    const struct provider *provider;
    struct provider_settings settings;
    struct provider_request request;
    struct text secret;
    bool logs_in;  /* under way is the login */
    bool relogged; /* it was made anew for this fetch */
    struct text body;
    char content_type[128];
};

/* Start it. on_done may be called from within. */
void grid_fetch_start(struct grid_fetch *fetch);

/*
 * Give it up, if it is waiting for a server: true, and on_done will not be called. What
 * is being parsed goes on to its on_done: false.
 */
bool grid_fetch_cancel(struct grid_fetch *fetch);

/* Release what it holds, the reading too, and wipe what is secret. */
void grid_fetch_release(struct grid_fetch *fetch);

#endif

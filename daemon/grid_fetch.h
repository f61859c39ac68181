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
 * One fetch on its way: the secret, the login if the service wants one, the request,
 * the body, the reading. Bodies are read from files and parsed on the thread pool.
 */
struct grid_fetch {
    /* Set by whoever starts it. */
    uv_loop_t *loop;
    struct http *http;
    const struct provider *provider; /* NULL: the one of the config's kind */
    struct config_provider config;   /* a copy: the daemon's may be reloaded */
    char zone[ZONE_NAME_MAX + 1];
    enum reading_kind wanted;
    instant now;
    struct provider_session *session; /* shared by the fetches of a provider, outlives
                                         them; NULL: a login is for this fetch alone */
    char etag[HTTP_ETAG_MAX + 1];     /* of what is at hand; "" for none. After: of what
                                         came, "" if there is no tag or it failed */
    grid_fetch_on_done *on_done;
    void *context;
    struct grid_fetch *next;
    size_t zone_index;
    int source;

    /* What came of it. */
    bool failed;
    bool refused; /* there was a body, and it was not to be believed */
    /* The operator must act: no usable token_file, 401, 403, or a login refused. */
    bool denied;
    bool unchanged; /* what is at hand is still right: no failure, and no reading */
    int status;     /* of the last answer; 0: there was none */
    duration retry_after;
    struct error failure;
    struct reading reading;

    /* Its own. */
    struct http_call *call; /* while it is under way over HTTP */
    uv_work_t work;
    struct provider_settings settings;
    struct provider_request request;
    struct text secret;
    char token[PROVIDER_SECRET_MAX + 1]; /* the session it goes by */
    struct provider_session own_session; /* in place of a shared one */
    bool renewed;                        /* the session was made anew for it */
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

/* Release what it holds, the reading too; secrets are wiped. */
void grid_fetch_release(struct grid_fetch *fetch);

#endif

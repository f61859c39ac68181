/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_INTERNAL_H
#define DAEMON_GRID_INTERNAL_H

#include "daemon/grid_fetch.h"
#include "daemon/grid_watch.h"

/* The inside of the watch over the grid: for grid_watch.c and grid_ask.c alone. */

/* One provider of the config. */
struct provider_watch {
    char name[PROVIDER_NAME_MAX + 1];
    struct budget budget;
    struct provider_session session;
};

struct grid_watch {
    struct daemon *daemon;
    uv_timer_t timer;
    struct http *http;
    struct provider_watch *providers;
    size_t provider_count;
    struct grid_zone *zones;
    size_t count;
    struct grid_fetch *fetches; /* on their way */
    bool stopping;
    bool timer_is_closed;
};

/* Begin with a budget for each provider of the config. */
void grid_ask_init(struct grid_watch *grid, const struct config *config);
void grid_ask_release(struct grid_watch *grid);

/* The provider of that name; NULL if there is none. */
struct provider_watch *grid_ask_find(const struct grid_watch *grid, const char *name);

/* Start what is due and may be asked for; `on_done` gets what comes of it. */
void grid_ask_all(struct grid_watch *grid, instant now, grid_fetch_on_done *on_done);

/* When there will be something to start. */
instant grid_ask_next(const struct grid_watch *grid, instant now);

/* Tell the budget of a fetch's provider how it ended. */
void grid_ask_ended(struct grid_watch *grid, const struct grid_fetch *fetch);

#endif

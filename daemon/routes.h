/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_H
#define DAEMON_ROUTES_H

#include "base/error.h"

struct daemon;

/*
 * The API of docs/api.md, on the sockets of the config. The server is daemon->server,
 * NULL before the start.
 */
int routes_start(struct daemon *daemon, struct error *err);

/*
 * Take no more requests and end those that wait with 503. Only when the last batch has
 * been settled: nobody may be told that a job was not taken which was.
 */
void routes_stop(struct daemon *daemon);

/* Free the server; when the loop has run empty, and before the engine is destroyed. */
void routes_destroy(struct daemon *daemon);

/* The config was reloaded: who is an administrator may have changed. */
void routes_reload(struct daemon *daemon);

#endif

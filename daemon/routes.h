/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_H
#define DAEMON_ROUTES_H

#include "base/error.h"

struct daemon;
struct http_server;

/*
 * Serve the API of docs/api.md on the sockets of the config. The caller keeps the
 * server as daemon->server, and stops and destroys it as daemon/http_server.h says:
 * after the last batch has been settled, and before the engine is destroyed.
 */
struct http_server *routes_serve(struct daemon *daemon, struct error *err);

#endif

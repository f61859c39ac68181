/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ADDRESS_H
#define DAEMON_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

/* Where the daemon can be reached, and the sockets that listen there. */

/* A TCP address to listen on. */
struct address {
    struct sockaddr_storage socket;
    socklen_t size;
    uint16_t port;
    char text[64]; /* as it was given */
};

/* "127.0.0.1:7373" or "[::1]:7373": a numeric address and a port. */
int address_parse(const char *text, struct address *address, struct error *err);

/*
 * Whether a Host header is one that a client of this address sends: the address itself,
 * or localhost, 127.0.0.1 or [::1] with its port. A web page that lets its own name
 * point to this machine sends another.
 */
bool address_is_host(const struct address *address, const char *host);

/* A listening TCP socket, or -1. */
int address_listen(const struct address *address, struct error *err);

/*
 * A listening Unix socket at a path, or -1. Everybody may connect, as far as its
 * directory lets them. What a daemon left behind is replaced; ERROR_CONFLICT if one
 * still answers there, or if what is there is no socket.
 */
int address_listen_unix(const char *path, struct error *err);

#endif

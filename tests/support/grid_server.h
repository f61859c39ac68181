/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_GRID_SERVER_H
#define TESTS_SUPPORT_GRID_SERVER_H

#include <stddef.h>

/*
 * A provider for tests: an HTTP/1.1 server on a loopback port of the kernel's choice,
 * in a thread, that plays a script. It serves one connection at a time and closes it
 * after its reply.
 */
struct grid_server;

enum grid_fault {
    GRID_FAULT_NONE,
    GRID_FAULT_SILENT,  /* reads the request and says nothing until the client goes */
    GRID_FAULT_CUT,     /* promises twice as much as it sends */
    GRID_FAULT_ENDLESS, /* sends its body for ever */
    GRID_FAULT_HEADERS, /* sends headers for ever */
    GRID_FAULT_CLOSE,   /* closes without a word */
    GRID_FAULT_GARBAGE, /* sends the body only, as if it were a reply */
    GRID_FAULT_PLAIN,   /* the first of all: answers in HTTP whatever comes, TLS too */
};

struct grid_reply {
    enum grid_fault fault;
    int status;
    const char *headers; /* lines that end in "\r\n"; NULL for none */
    const char *body;    /* NULL for none */
    size_t size;         /* of the body; 0: it is a string */
};

/* Start; the n-th request gets the n-th reply, later ones the last. They are borrowed.
 */
struct grid_server *grid_server_start(const struct grid_reply *replies, size_t count);
/* The same on a Unix socket, which the caller removes. */
struct grid_server *grid_server_start_at(const char *socket,
                                         const struct grid_reply *replies,
                                         size_t count);
void grid_server_stop(struct grid_server *server);

/* "http://127.0.0.1:PORT"; lives as long as the server. */
const char *grid_server_url(const struct grid_server *server);

/* How many requests came, and the head of the last one. For after their replies. */
size_t grid_server_count(struct grid_server *server);
void grid_server_last_request(struct grid_server *server, char *text, size_t size);

#endif

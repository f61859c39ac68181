/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

/*
 * A client of the daemon's API: HTTP over its Unix socket. Answers are bounded and
 * awaited for a limited time; one connection serves all requests of a client.
 */
struct client;

#define CLIENT_SOCKET       "/run/penstock/penstock.sock" /* the system's daemon */
#define CLIENT_ANSWER_MAX   ((size_t)48 << 20)            /* bytes of one answer */
#define CLIENT_TIMEOUT      60                            /* seconds for one answer */
#define CLIENT_DOWNLOAD_MAX ((int64_t)1 << 40)

/* Connects with the first request. The socket's path is borrowed. */
struct client *client_open(const char *socket);
void client_close(struct client *client);

/*
 * Make a request ("GET", "POST", "PATCH"; `body` may be NULL) and read the JSON that
 * answers it, which becomes the caller's. An error of the API comes as its own code,
 * field and text.
 */
int client_request(struct client *client, const char *method, const char *path,
                   const char *body, json_t **answer, struct error *err);

/* The same for a user: tells what went wrong, and returns the exit status. */
int client_ask(struct client *client, const char *method, const char *path,
               const char *body, json_t **answer);

/* GET a path and write what comes to an open file. */
int client_download(struct client *client, const char *path, int file,
                    struct error *err);

/* Whether the last request failed because nobody answered at the socket. */
bool client_is_out_of_reach(const struct client *client);

/* Tell the user why the last request failed. Returns the exit status. */
int client_complain(const struct client *client, const struct error *err);

/* The daemon's clock, as it stood on its last answer, else the machine's. */
instant client_now(const struct client *client);

/*
 * Ask for the daemon's clock, which in a demonstration is not the machine's: what a
 * user calls tomorrow is tomorrow there. Returns the exit status.
 */
int client_find_now(struct client *client, instant *now);

/* Add a value to a path or a query, with what is special there escaped. */
void client_add_escaped(struct text *path, const char *value);

#endif

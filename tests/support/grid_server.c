/* SPDX-License-Identifier: MIT */
#include "tests/support/grid_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_SIZE 4096

struct grid_server {
    const struct grid_reply *replies;
    size_t reply_count;
    int listener;
    int wake[2]; /* closed at its end of writing to stop the thread */
    pthread_t thread;
    char url[64];
    pthread_mutex_t lock; /* of what follows */
    size_t count;
    char request[REQUEST_SIZE];
};

static void must(bool is_well)
{
    if (!is_well) {
        perror("grid server");
        abort();
    }
}

/* Wait until the socket is ready. False when the server is to stop. */
static bool wait_for(const struct grid_server *server, int socket, short events)
{
    struct pollfd polled[] = {{socket, events, 0}, {server->wake[0], POLLIN, 0}};

    must(poll(polled, 2, -1) > 0);
    return polled[1].revents == 0;
}

static bool read_request(struct grid_server *server, int client)
{
    char request[REQUEST_SIZE] = "";
    size_t length = 0;

    while (!strstr(request, "\r\n\r\n")) {
        ssize_t got;

        if (length + 1 == sizeof(request) || !wait_for(server, client, POLLIN))
            return false;
        got = recv(client, request + length, sizeof(request) - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        request[length] = '\0';
    }
    pthread_mutex_lock(&server->lock);
    memcpy(server->request, request, sizeof(request));
    server->count++;
    pthread_mutex_unlock(&server->lock);
    return true;
}

static bool send_all(const struct grid_server *server, int client, const char *bytes,
                     size_t size)
{
    while (size > 0) {
        ssize_t sent;

        if (!wait_for(server, client, POLLOUT))
            return false;
        sent = send(client, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static void send_for_ever(const struct grid_server *server, int client,
                          const char *bytes, size_t size)
{
    bool goes_on = size > 0;

    while (goes_on)
        goes_on = send_all(server, client, bytes, size);
}

static void wait_until_gone(const struct grid_server *server, int client)
{
    char byte;

    while (wait_for(server, client, POLLIN) && recv(client, &byte, 1, 0) > 0)
        continue;
}

static void send_reply(struct grid_server *server, int client,
                       const struct grid_reply *reply)
{
    const char *body = reply->body ? reply->body : "";
    size_t size = reply->size ? reply->size : strlen(body);
    size_t promised = reply->fault == GRID_FAULT_CUT ? 2 * size + 1 : size;
    char head[1024];
    int length = snprintf(head, sizeof(head), "HTTP/1.1 %d Status\r\n%s", reply->status,
                          reply->headers ? reply->headers : "");

    must(length > 0 && (size_t)length + 64 < sizeof(head));
    send_all(server, client, head, (size_t)length);
    if (reply->fault == GRID_FAULT_HEADERS)
        send_for_ever(server, client, "X-Filler: words\r\n", 17);
    if (reply->fault != GRID_FAULT_ENDLESS)
        length = snprintf(head, sizeof(head),
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n", promised);
    else
        length = snprintf(head, sizeof(head), "Connection: close\r\n\r\n");
    send_all(server, client, head, (size_t)length);
    if (reply->fault == GRID_FAULT_ENDLESS)
        send_for_ever(server, client, body, size);
    else
        send_all(server, client, body, size);
}

static void answer_plainly(const struct grid_server *server, int client)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    char bytes[REQUEST_SIZE];

    if (wait_for(server, client, POLLIN) && recv(client, bytes, sizeof(bytes), 0) > 0)
        send_all(server, client, answer, sizeof(answer) - 1);
    wait_until_gone(server, client);
}

static void serve(struct grid_server *server, int client)
{
    const struct grid_reply *reply;
    size_t i;

    if (server->replies[0].fault == GRID_FAULT_PLAIN) {
        answer_plainly(server, client);
        return;
    }
    if (!read_request(server, client))
        return;
    i = grid_server_count(server) - 1;
    reply = &server->replies[i < server->reply_count ? i : server->reply_count - 1];
    if (reply->fault == GRID_FAULT_SILENT)
        wait_until_gone(server, client);
    else if (reply->fault == GRID_FAULT_GARBAGE)
        send_all(server, client, reply->body, strlen(reply->body));
    else if (reply->fault != GRID_FAULT_CLOSE)
        send_reply(server, client, reply);
}

static void *run(void *context)
{
    struct grid_server *server = context;

    while (wait_for(server, server->listener, POLLIN)) {
        int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

        if (client >= 0) {
            serve(server, client);
            close(client);
        }
    }
    return NULL;
}

static struct grid_server *start(const struct grid_reply *replies, size_t count,
                                 const struct sockaddr *address, socklen_t size)
{
    struct grid_server *server = calloc(1, sizeof(*server));

    must(server);
    server->replies = replies;
    server->reply_count = count;
    server->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server->listener >= 0);
    must(bind(server->listener, address, size) == 0);
    must(listen(server->listener, 16) == 0);
    must(pipe2(server->wake, O_CLOEXEC) == 0);
    pthread_mutex_init(&server->lock, NULL);
    must(pthread_create(&server->thread, NULL, run, server) == 0);
    return server;
}

struct grid_server *grid_server_start(const struct grid_reply *replies, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    struct grid_server *server;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = start(replies, count, (struct sockaddr *)&address, size);
    must(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    return server;
}

struct grid_server *grid_server_start_at(const char *socket,
                                         const struct grid_reply *replies, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct grid_server *server;

    must(strlen(socket) < sizeof(address.sun_path));
    memcpy(address.sun_path, socket, strlen(socket) + 1);
    server = start(replies, count, (struct sockaddr *)&address, sizeof(address));
    snprintf(server->url, sizeof(server->url), "http://localhost");
    return server;
}

void grid_server_stop(struct grid_server *server)
{
    close(server->wake[1]);
    pthread_join(server->thread, NULL);
    pthread_mutex_destroy(&server->lock);
    close(server->wake[0]);
    close(server->listener);
    free(server);
}

const char *grid_server_url(const struct grid_server *server)
{
    return server->url;
}

size_t grid_server_count(struct grid_server *server)
{
    size_t count;

    pthread_mutex_lock(&server->lock);
    count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

void grid_server_last_request(struct grid_server *server, char *text, size_t size)
{
    pthread_mutex_lock(&server->lock);
    snprintf(text, size, "%s", server->request);
    pthread_mutex_unlock(&server->lock);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

#define BACKLOG 512

static int parse_numeric(const char *host, bool is_v6, struct address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(address->port)};

    if (is_v6) {
        if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
            return -1;
        memcpy(&address->socket, &v6, sizeof(v6));
        address->size = sizeof(v6);
        return 0;
    }
    if (inet_pton(AF_INET, host, &v4.sin_addr) != 1)
        return -1;
    memcpy(&address->socket, &v4, sizeof(v4));
    address->size = sizeof(v4);
    return 0;
}

int address_parse(const char *text, struct address *address, struct error *err)
{
    struct address parsed = {.port = 0};
    const char *colon = strrchr(text, ':');
    bool is_v6 = text[0] == '[';
    int64_t port;
    char host[sizeof(parsed.text)];
    size_t length;

    if (!colon || !text_copy(parsed.text, sizeof(parsed.text), text)
        || (is_v6 && (colon == text || colon[-1] != ']')))
        return error_set(err, ERROR_INVALID,
                         "'%.64s' is no address as 127.0.0.1:7373 or [::1]:7373", text);
    if (number_parse(colon + 1, 1, UINT16_MAX, &port, err) < 0)
        return -1;
    parsed.port = (uint16_t)port;
    length = (size_t)(colon - text) - (is_v6 ? 2 : 0);
    memcpy(host, text + (is_v6 ? 1 : 0), length);
    host[length] = '\0';
    if (parse_numeric(host, is_v6, &parsed) < 0)
        return error_set(err, ERROR_INVALID, "'%.64s' is no numeric address", host);
    *address = parsed;
    return 0;
}

bool address_is_host(const struct address *address, const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    char wanted[32];

    if (strcasecmp(host, address->text) == 0)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(wanted, sizeof(wanted), "%s:%u", names[i], (unsigned)address->port);
        if (strcasecmp(host, wanted) == 0)
            return true;
    }
    return false;
}

/* Close a socket that could not be made to listen, and say why. */
static int fail(int fd, const char *where, struct error *err)
{
    int code = errno;

    if (fd >= 0)
        close(fd);
    return error_set(err, ERROR_IO, "cannot listen on %.128s: %s", where,
                     strerror(code));
}

int address_listen(const struct address *address, struct error *err)
{
    struct sockaddr_storage socket_address = address->socket;
    int yes = 1;
    int fd = socket(address->socket.ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0
        || bind(fd, (struct sockaddr *)&socket_address, address->size) < 0
        || listen(fd, BACKLOG) < 0)
        return fail(fd, address->text, err);
    return fd;
}

/* Whether somebody listens there. A full backlog is an answer too. */
static bool is_answered(const struct sockaddr_un *where)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered;

    if (fd < 0)
        return true;
    answered = connect(fd, (const struct sockaddr *)where, sizeof(*where)) == 0
               || errno != ECONNREFUSED;
    close(fd);
    return answered;
}

/* Remove what an earlier daemon left behind. */
static int remove_stale(const struct sockaddr_un *where, struct error *err)
{
    struct stat found;

    if (lstat(where->sun_path, &found) < 0) {
        if (errno == ENOENT)
            return 0;
        return error_set(err, ERROR_IO, "%s: %s", where->sun_path, strerror(errno));
    }
    if (!S_ISSOCK(found.st_mode))
        return error_set(err, ERROR_CONFLICT, "%s is there and is no socket",
                         where->sun_path);
    if (is_answered(where))
        return error_set(err, ERROR_CONFLICT, "a daemon already answers at %s",
                         where->sun_path);
    if (unlink(where->sun_path) < 0 && errno != ENOENT)
        return error_set(err, ERROR_IO, "%s: %s", where->sun_path, strerror(errno));
    return 0;
}

int address_listen_unix(const char *path, struct error *err)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int fd;

    if (!text_copy(where.sun_path, sizeof(where.sun_path), path))
        return error_set(err, ERROR_INVALID, "a socket's path has at most %zu bytes",
                         sizeof(where.sun_path) - 1);
    if (remove_stale(&where, err) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody can connect before listen(), so the mode is right from the first moment.
     */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&where, sizeof(where)) < 0
        || chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
        return fail(fd, path, err);
    return fd;
}

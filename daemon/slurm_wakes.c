/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_wakes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAKES_MAX 64 /* read in one turn */

int slurm_wakes_open(struct slurm_wakes *wakes, uv_loop_t *loop, const char *path,
                     struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *wakes = (struct slurm_wakes){.socket = -1};
    if (!*path)
        return 0;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    wakes->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(path);
    if (wakes->socket < 0
        || bind(wakes->socket, (const struct sockaddr *)&address, sizeof(address)) < 0
        || chmod(path, 0666) < 0)
        return error_set(err, ERROR_IO, "[slurm] wake_socket: %s: %s", path,
                         strerror(errno));
    uv_poll_init(loop, &wakes->poll, wakes->socket);
    wakes->poll.data = wakes;
    wakes->is_open = true;
    return 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct slurm_wakes *wakes = poll->data;
    char bytes[256];
    int count = 0;

    (void)status;
    (void)events;
    while (count < WAKES_MAX
           && recv(wakes->socket, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
        count++;
    if (count > 0)
        wakes->on_wake(wakes->context);
}

void slurm_wakes_start(struct slurm_wakes *wakes, void (*on_wake)(void *context),
                       void *context)
{
    wakes->on_wake = on_wake;
    wakes->context = context;
    if (wakes->is_open)
        uv_poll_start(&wakes->poll, UV_READABLE, on_readable);
}

void slurm_wakes_close(struct slurm_wakes *wakes)
{
    if (wakes->is_open)
        uv_close((uv_handle_t *)&wakes->poll, NULL);
    wakes->is_open = false;
}

void slurm_wakes_release(struct slurm_wakes *wakes)
{
    if (wakes->socket >= 0)
        close(wakes->socket);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/http_exchange.h"

/* How long requests are handled before the loop sees to everything else. */
#define TURN_NS 15000000U

/* How often a listener is run when it says that there is more to do at once. */
#define RUNS_MAX 8

static void on_timeout(uv_timer_t *timer);

/*
 * Let libmicrohttpd do what can be done, and wake up again when it wants to. A timer of
 * 0 ms would run before sockets are polled, again and again; 1 ms is soon enough.
 */
static void run_listener(struct http_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;

    for (int i = 0; i < RUNS_MAX; i++) {
        MHD_run(listener->daemon);
        if (MHD_get_timeout(listener->daemon, &wait_ms) != MHD_YES) {
            uv_timer_stop(&listener->timer);
            return;
        }
        if (wait_ms > 0)
            break;
    }
    uv_timer_start(&listener->timer, on_timeout, wait_ms ? wait_ms : 1, 0);
}

static void on_timeout(uv_timer_t *timer)
{
    run_listener(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_listener(poll->data);
}

/* Hand requests over until the time is up. */
static void hand_over(struct http_server *server)
{
    uint64_t until = uv_hrtime() + TURN_NS;
    struct http_exchange *exchange;

    while ((exchange = TAILQ_FIRST(&server->waiting)) && uv_hrtime() < until) {
        TAILQ_REMOVE(&server->waiting, exchange, queue);
        exchange->stage = HTTP_HELD;
        exchange->is_held = true;
        server->settings.on_request(&exchange->request, server->settings.context);
    }
}

/*
 * Resume the connections whose answers have come. MHD_run() must follow directly: of
 * itself libmicrohttpd does not notice a resumed connection in a loop not its own.
 */
static void send_answers(struct http_server *server)
{
    struct http_exchange *exchange;

    if (TAILQ_EMPTY(&server->answered))
        return;
    while ((exchange = TAILQ_FIRST(&server->answered))) {
        TAILQ_REMOVE(&server->answered, exchange, queue);
        MHD_resume_connection(exchange->connection);
    }
    for (int i = 0; i < HTTP_LISTENERS; i++)
        if (server->listeners[i].daemon)
            run_listener(&server->listeners[i]);
}

static void on_turn(uv_idle_t *turn)
{
    struct http_server *server = turn->data;

    hand_over(server);
    send_answers(server);
    if (TAILQ_EMPTY(&server->waiting) && TAILQ_EMPTY(&server->answered))
        uv_idle_stop(turn);
}

void http_server_poke(struct http_server *server)
{
    if (!server->is_stopping)
        uv_idle_start(&server->turn, on_turn);
}

static struct MHD_Daemon *start_daemon(struct http_listener *listener, int socket)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_on_part, listener, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, http_on_target, listener,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, listener, MHD_OPTION_END);
}

/* Serve a listening socket, which is taken. */
static int open_listener(struct http_server *server, struct http_listener *listener,
                         int socket, struct error *err)
{
    const union MHD_DaemonInfo *info;

    listener->server = server;
    listener->daemon = start_daemon(listener, socket);
    if (!listener->daemon)
        return error_set(err, ERROR_IO, "cannot start the HTTP server: %s",
                         strerror(errno));
    info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_timer_init(server->loop, &listener->timer);
    uv_poll_init(server->loop, &listener->poll, info->epoll_fd);
    listener->timer.data = listener;
    listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    run_listener(listener);
    return 0;
}

static int open_unix(struct http_server *server, struct error *err)
{
    struct stat found;
    int socket = address_listen_unix(server->settings.socket, err);

    if (socket < 0)
        return -1;
    if (stat(server->settings.socket, &found) == 0) {
        server->socket = xstrdup(server->settings.socket);
        server->socket_device = found.st_dev;
        server->socket_file = found.st_ino;
    }
    return open_listener(server, &server->listeners[0], socket, err);
}

static int open_tcp(struct http_server *server, struct error *err)
{
    int socket;

    if (!server->settings.listen || !server->settings.listen[0])
        return 0;
    if (address_parse(server->settings.listen, &server->address, err) < 0)
        return -1;
    socket = address_listen(&server->address, err);
    if (socket < 0)
        return -1;
    server->listeners[1].is_public = true;
    return open_listener(server, &server->listeners[1], socket, err);
}

struct http_server *http_server_create(uv_loop_t *loop,
                                       const struct http_settings *settings,
                                       struct error *err)
{
    struct http_server *server = xcalloc(1, sizeof(*server));

    server->loop = loop;
    server->settings = *settings;
    server->actors = actors_create(settings->admin_group);
    TAILQ_INIT(&server->all);
    TAILQ_INIT(&server->waiting);
    TAILQ_INIT(&server->answered);
    uv_idle_init(loop, &server->turn);
    server->turn.data = server;
    if (open_unix(server, err) < 0 || open_tcp(server, err) < 0) {
        http_server_stop(server);
        uv_run(loop, UV_RUN_NOWAIT);
        http_server_destroy(server);
        return NULL;
    }
    return server;
}

static void close_listener(struct http_listener *listener)
{
    if (!listener->daemon)
        return;
    for (int i = 0; i < RUNS_MAX; i++)
        MHD_run(listener->daemon);
    uv_close((uv_handle_t *)&listener->poll, NULL);
    uv_close((uv_handle_t *)&listener->timer, NULL);
    MHD_stop_daemon(listener->daemon);
    listener->daemon = NULL;
}

/* Remove the socket, unless it is another daemon's by now. */
static void remove_socket(struct http_server *server)
{
    struct stat found;

    if (server->socket && stat(server->socket, &found) == 0
        && found.st_dev == server->socket_device && found.st_ino == server->socket_file
        && unlink(server->socket) < 0)
        log_warning("%s: %s; it stays behind", server->socket, strerror(errno));
}

void http_server_stop(struct http_server *server)
{
    struct http_exchange *exchange;

    if (server->is_stopping)
        return;
    server->is_stopping = true;
    for (exchange = TAILQ_FIRST(&server->all); exchange;
         exchange = TAILQ_NEXT(exchange, all)) {
        if (exchange->stage == HTTP_WAITING || exchange->stage == HTTP_HELD)
            http_exchange_give_up(exchange);
        if (exchange->stage != HTTP_READING && exchange->stage != HTTP_SENT)
            MHD_resume_connection(exchange->connection);
    }
    for (int i = 0; i < HTTP_LISTENERS; i++)
        close_listener(&server->listeners[i]);
    uv_close((uv_handle_t *)&server->turn, NULL);
    remove_socket(server);
}

void http_server_destroy(struct http_server *server)
{
    struct http_exchange *exchange;

    if (!server)
        return;
    while ((exchange = TAILQ_FIRST(&server->all)))
        http_exchange_destroy(exchange);
    actors_destroy(server->actors);
    free(server->socket);
    free(server);
}

void http_server_find_actor(struct http_server *server, uint32_t uid,
                            struct engine_actor *actor)
{
    actors_find(server->actors, uid, monotonic_ms(), actor);
}

void http_server_set_admin_group(struct http_server *server, const char *admin_group)
{
    actors_set_admin_group(server->actors, admin_group);
}

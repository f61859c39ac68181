/* SPDX-License-Identifier: MIT */
#include "daemon/http_exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "daemon/json.h"

unsigned http_status_of(enum error_code code)
{
    static const unsigned statuses[ERROR_CODES] = {
        [ERROR_NONE] = 500,      [ERROR_INVALID] = 400,     [ERROR_MISSING] = 404,
        [ERROR_FORBIDDEN] = 403, [ERROR_CONFLICT] = 409,    [ERROR_TOO_LARGE] = 413,
        [ERROR_IO] = 500,        [ERROR_UNAVAILABLE] = 503,
    };

    return statuses[code];
}

static void add_headers(struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static struct MHD_Response *make_response(struct text *body_taken, const char *type)
{
    size_t length = body_taken->length;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        length, text_take(body_taken), MHD_RESPMEM_MUST_FREE);

    if (!response)
        abort();
    add_headers(response, type);
    return response;
}

static struct MHD_Response *make_error_response(const struct error *err)
{
    struct text body = TEXT_EMPTY;

    json_add_error(&body, err);
    return make_response(&body, HTTP_JSON);
}

/* Forget a body as soon as it is not needed: others may be waiting to send theirs. */
static void drop_body(struct http_exchange *exchange)
{
    exchange->server->body_bytes -= exchange->body_room;
    exchange->body_room = 0;
    free(exchange->body);
    exchange->body = NULL;
    exchange->request.body = "";
    exchange->request.body_size = 0;
}

static void drop_attachment(struct http_exchange *exchange)
{
    if (exchange->release)
        exchange->release(exchange->attachment);
    exchange->release = NULL;
    exchange->attachment = NULL;
}

void http_exchange_destroy(struct http_exchange *exchange)
{
    TAILQ_REMOVE(&exchange->server->all, exchange, all);
    drop_attachment(exchange);
    drop_body(exchange);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    free(exchange->target);
    free(exchange);
}

void *http_on_target(void *context, const char *target,
                     struct MHD_Connection *connection)
{
    struct http_listener *listener = context;
    struct http_exchange *exchange = xcalloc(1, sizeof(*exchange));

    exchange->server = listener->server;
    exchange->connection = connection;
    exchange->target = xstrdup(target);
    exchange->request.target = exchange->target;
    exchange->request.method = exchange->method;
    exchange->request.body = "";
    exchange->request.uid = UINT32_MAX;
    exchange->request.is_public = listener->is_public;
    TAILQ_INSERT_TAIL(&listener->server->all, exchange, all);
    return exchange;
}

void http_on_completed(void *context, struct MHD_Connection *connection,
                       void **exchange_slot, enum MHD_RequestTerminationCode code)
{
    struct http_exchange *exchange = *exchange_slot;

    (void)context;
    (void)connection;
    (void)code;
    if (!exchange)
        return;
    *exchange_slot = NULL;
    exchange->connection = NULL;
    if (!exchange->is_held)
        http_exchange_destroy(exchange);
}

/* Answers of an accelerated clock are dated by it: clients go by the date (RFC 9110).
 */
static void add_date(struct http_exchange *exchange)
{
    const struct clock *clock = exchange->server->settings.clock;
    char date[40];
    struct tm utc;
    time_t now;

    if (!clock || clock->rate == 1)
        return;
    now = (time_t)clock->now(clock);
    if (gmtime_r(&now, &utc)
        && strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        MHD_add_response_header(exchange->response, MHD_HTTP_HEADER_DATE, date);
}

/* Hand the response that there is to libmicrohttpd. */
static enum MHD_Result send_response(struct http_exchange *exchange)
{
    enum MHD_Result result;

    add_date(exchange);
    result =
        MHD_queue_response(exchange->connection, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    exchange->stage = HTTP_SENT;
    if (!exchange->is_held)
        drop_body(exchange);
    return result;
}

static enum MHD_Result send_error(struct http_exchange *exchange,
                                  const struct error *err)
{
    exchange->response = make_error_response(err);
    exchange->status = http_status_of(err->code);
    return send_response(exchange);
}

static int find_peer(struct http_exchange *exchange, struct error *err)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (!info
        || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return error_set(err, ERROR_FORBIDDEN, "nobody knows who you are");
    exchange->request.uid = peer.uid;
    return 0;
}

static int check_host(struct http_exchange *exchange, struct error *err)
{
    const char *host =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Host");

    if (!host || !address_is_host(&exchange->server->address, host))
        return error_set(err, ERROR_FORBIDDEN, "this is not the host you are after");
    return 0;
}

static int fail_size(const struct http_exchange *exchange, struct error *err)
{
    return error_set(err, ERROR_TOO_LARGE, "a request has at most %zu bytes",
                     exchange->server->settings.body_max);
}

/* What the head of the request tells already. */
static int check_head(struct http_exchange *exchange, struct error *err)
{
    const char *length = MHD_lookup_connection_value(
        exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t size;

    if (exchange->server->is_stopping)
        return error_set(err, ERROR_UNAVAILABLE, "the daemon is stopping");
    if (exchange->request.is_public ? check_host(exchange, err) < 0
                                    : find_peer(exchange, err) < 0)
        return -1;
    if (length
        && number_parse(length, 0, (int64_t)exchange->server->settings.body_max, &size,
                        NULL)
               < 0)
        return fail_size(exchange, err);
    return 0;
}

static enum MHD_Result begin(struct http_exchange *exchange, const char *method)
{
    struct error err = {ERROR_NONE, "", ""};

    exchange->has_begun = true;
    if (!text_copy(exchange->method, sizeof(exchange->method), method))
        memcpy(exchange->method, "?", 2);
    if (check_head(exchange, &err) < 0)
        return send_error(exchange, &err);
    return MHD_YES;
}

/* Refuse the rest of a body. It can only be answered when it has come in whole. */
static void refuse(struct http_exchange *exchange, const struct error *err)
{
    exchange->is_refused = true;
    exchange->refusal = *err;
    drop_body(exchange);
}

static int grow_body(struct http_exchange *exchange, size_t wanted, struct error *err)
{
    struct http_server *server = exchange->server;
    size_t room = exchange->body_room ? exchange->body_room : 4096;

    if (wanted > server->settings.body_max)
        return fail_size(exchange, err);
    while (room < wanted + 1)
        room *= 2;
    if (room > server->settings.body_max + 1)
        room = server->settings.body_max + 1;
    if (room == exchange->body_room)
        return 0;
    if (server->body_bytes + room - exchange->body_room > HTTP_BODIES_MAX)
        return error_set(err, ERROR_UNAVAILABLE,
                         "too many large requests at once: try again later");
    server->body_bytes += room - exchange->body_room;
    exchange->body = xresize(exchange->body, room, 1);
    exchange->body_room = room;
    return 0;
}

/* Who goes on sending what is not wanted is cut off. */
static enum MHD_Result drop_part(struct http_exchange *exchange, size_t size)
{
    exchange->dropped += size;
    return exchange->dropped > 4 * exchange->server->settings.body_max ? MHD_NO
                                                                       : MHD_YES;
}

static enum MHD_Result take_part(struct http_exchange *exchange, const char *part,
                                 size_t size)
{
    struct http_request *request = &exchange->request;
    struct error err = {ERROR_NONE, "", ""};

    if (exchange->is_refused)
        return drop_part(exchange, size);
    if (grow_body(exchange, request->body_size + size, &err) < 0) {
        refuse(exchange, &err);
        return drop_part(exchange, size);
    }
    memcpy(exchange->body + request->body_size, part, size);
    request->body_size += size;
    exchange->body[request->body_size] = '\0';
    request->body = exchange->body;
    return MHD_YES;
}

/* The request is whole: let the loop's next turn see to it. */
static enum MHD_Result complete(struct http_exchange *exchange)
{
    static const struct error stopping = {ERROR_UNAVAILABLE, "",
                                          "the daemon is stopping"};
    struct http_server *server = exchange->server;

    if (exchange->response)
        return send_response(exchange);
    if (exchange->is_refused)
        return send_error(exchange, &exchange->refusal);
    if (server->is_stopping)
        return send_error(exchange, &stopping);
    exchange->stage = HTTP_WAITING;
    TAILQ_INSERT_TAIL(&server->waiting, exchange, queue);
    MHD_suspend_connection(exchange->connection);
    http_server_poke(server);
    return MHD_YES;
}

enum MHD_Result http_on_part(void *context, struct MHD_Connection *connection,
                             const char *path, const char *method, const char *version,
                             const char *part, size_t *part_size, void **exchange_slot)
{
    struct http_exchange *exchange = *exchange_slot;
    enum MHD_Result result;

    (void)context;
    (void)connection;
    (void)path;
    (void)version;
    if (!exchange->has_begun)
        return begin(exchange, method);
    if (*part_size == 0)
        return complete(exchange);
    result = take_part(exchange, part, *part_size);
    *part_size = 0;
    return result;
}

void http_exchange_give_up(struct http_exchange *exchange)
{
    static const struct error stopping = {ERROR_UNAVAILABLE, "",
                                          "the daemon is stopping"};

    exchange->response = make_error_response(&stopping);
    exchange->status = http_status_of(ERROR_UNAVAILABLE);
}

bool http_is_gone(const struct http_request *request)
{
    return ((const struct http_exchange *)request)->connection == NULL;
}

void http_attach(struct http_request *request, void *memory_taken,
                 void (*release)(void *memory))
{
    struct http_exchange *exchange = (struct http_exchange *)request;

    assert(!exchange->release);
    exchange->attachment = memory_taken;
    exchange->release = release;
}

/* Take the answer of a request that somebody held. */
static void answer(struct http_request *request, unsigned status,
                   struct MHD_Response *response)
{
    struct http_exchange *exchange = (struct http_exchange *)request;

    assert(exchange->is_held);
    exchange->is_held = false;
    drop_attachment(exchange);
    exchange->response = response;
    exchange->status = status;
    if (!exchange->connection) {
        http_exchange_destroy(exchange);
        return;
    }
    exchange->stage = HTTP_ANSWERED;
    TAILQ_INSERT_TAIL(&exchange->server->answered, exchange, queue);
    http_server_poke(exchange->server);
}

void http_answer(struct http_request *request, unsigned status, const char *type,
                 struct text *body_taken)
{
    answer(request, status, make_response(body_taken, type));
}

void http_answer_error(struct http_request *request, const struct error *err)
{
    answer(request, http_status_of(err->code), make_error_response(err));
}

void http_answer_wrong_method(struct http_request *request, const char *allowed)
{
    struct error err = {ERROR_NONE, "", ""};
    struct MHD_Response *response;

    error_set(&err, ERROR_INVALID, "there is only %s here", allowed);
    response = make_error_response(&err);
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allowed);
    answer(request, MHD_HTTP_METHOD_NOT_ALLOWED, response);
}

void http_answer_file(struct http_request *request, const char *type, int fd_taken,
                      uint64_t size)
{
    struct MHD_Response *response = MHD_create_response_from_fd64(size, fd_taken);

    if (!response)
        abort();
    add_headers(response, type);
    answer(request, MHD_HTTP_OK, response);
}

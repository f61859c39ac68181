/* SPDX-License-Identifier: MIT */
#include "tests/support/http_client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct http_client *client = handle->data;

    (void)wanted;
    *buffer = uv_buf_init(client->buffer, sizeof(client->buffer));
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct http_client *client = stream->data;

    if (count > 0)
        text_add_bytes(&client->received, buffer->base, (size_t)count);
    if (count < 0)
        client->is_closed = true;
}

static void on_connected(uv_connect_t *request, int status)
{
    assert(status == 0);
    uv_read_start(request->handle, on_room, on_bytes);
    free(request);
}

void http_client_open(struct http_client *client, uv_loop_t *loop, const char *path)
{
    *client = (struct http_client){.loop = loop, .received = TEXT_EMPTY};
    uv_pipe_init(loop, &client->pipe, 0);
    client->pipe.data = client;
    uv_pipe_connect(xcalloc(1, sizeof(uv_connect_t)), &client->pipe, path,
                    on_connected);
}

void http_client_open_tcp(struct http_client *client, uv_loop_t *loop, int port)
{
    struct sockaddr_in address;

    *client = (struct http_client){.loop = loop, .received = TEXT_EMPTY};
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(loop, &client->tcp);
    client->tcp.data = client;
    uv_tcp_connect(xcalloc(1, sizeof(uv_connect_t)), &client->tcp,
                   (const struct sockaddr *)&address, on_connected);
}

void http_client_close(struct http_client *client)
{
    uv_close((uv_handle_t *)&client->stream, NULL);
    text_release(&client->received);
}

static void on_sent(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
    free(request);
}

void http_client_send(struct http_client *client, const void *bytes, size_t size)
{
    uv_write_t *request = xcalloc(1, sizeof(*request));
    uv_buf_t buffer = uv_buf_init(xmemdup(bytes, size), (unsigned)size);

    request->data = buffer.base;
    if (uv_write(request, &client->stream, &buffer, 1, on_sent) < 0)
        on_sent(request, -1);
}

void http_client_say(struct http_client *client, const char *text)
{
    http_client_send(client, text, strlen(text));
}

/* How long the response at the front is; 0 while it is not whole. */
static size_t response_length(const struct http_client *client, size_t *head)
{
    const char *end = strstr(client->received.bytes, "\r\n\r\n");
    const char *field = strcasestr(client->received.bytes, "\r\nContent-Length:");
    size_t length;

    if (!end)
        return 0;
    *head = (size_t)(end - client->received.bytes) + 4;
    length = *head;
    if (field && field < end)
        length += strtoul(field + 17, NULL, 10);
    return client->received.length >= length ? length : 0;
}

static bool has_response(const struct http_client *client)
{
    size_t head;

    return response_length(client, &head) > 0;
}

int http_client_wait(struct http_client *client, struct text *body)
{
    size_t head = 0;
    size_t length;
    size_t left;
    int status;

    while (!client->is_closed && !has_response(client))
        uv_run(client->loop, UV_RUN_ONCE);
    length = response_length(client, &head);
    if (length == 0)
        return 0;
    status = (int)strtol(client->received.bytes + strlen("HTTP/1.1 "), NULL, 10);
    if (body) {
        text_clear(body);
        text_add_bytes(body, client->received.bytes + head, length - head);
    }
    left = client->received.length - length;
    memmove(client->received.bytes, client->received.bytes + length, left + 1);
    client->received.length = left;
    return status;
}

int http_client_ask(struct http_client *client, const char *text, struct text *body)
{
    http_client_say(client, text);
    return http_client_wait(client, body);
}

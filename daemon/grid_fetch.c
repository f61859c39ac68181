/* SPDX-License-Identifier: MIT */
#include "daemon/grid_fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "setup/grid.h"

#define CONNECT_TIMEOUT_MS 10000

bool grid_fetch_cancel(struct grid_fetch *fetch)
{
    if (!fetch->call)
        return false;
    http_cancel(fetch->call);
    fetch->call = NULL;
    return true;
}

void grid_fetch_release(struct grid_fetch *fetch)
{
    explicit_bzero(fetch->secret.bytes, fetch->secret.length);
    explicit_bzero(&fetch->request, sizeof(fetch->request));
    text_release(&fetch->secret);
    text_release(&fetch->body);
    reading_release(&fetch->reading);
}

static void fail(struct grid_fetch *fetch, bool refused)
{
    fetch->failed = true;
    fetch->refused = refused;
}

static void end(struct grid_fetch *fetch)
{
    fetch->on_done(fetch);
}

static void on_parse(uv_work_t *work)
{
    struct grid_fetch *fetch = work->data;
    struct provider_body body;

    if (fetch->request.fetch == FETCH_FILE
        && file_load(fetch->request.target, PROVIDER_BODY_MAX, &fetch->body,
                     &fetch->failure)
               < 0) {
        fail(fetch, false);
        return;
    }
    body = (struct provider_body){fetch->body.bytes, fetch->body.length,
                                  fetch->content_type};
    if (fetch->provider->parse(&fetch->settings, fetch->zone, fetch->wanted, &body,
                               fetch->now, &fetch->reading, &fetch->failure)
        < 0)
        fail(fetch, true);
}

static void on_parsed(uv_work_t *work, int status)
{
    (void)status;
    end(work->data);
}

static void parse_soon(struct grid_fetch *fetch)
{
    uv_queue_work(fetch->loop, &fetch->work, on_parse, on_parsed);
}

/* What an answer means that is none: in the provider's words, or in general ones. */
static void explain(struct grid_fetch *fetch, const struct http_response *response)
{
    const struct provider_body body = {response->bytes, response->size,
                                       response->content_type};
    char text[sizeof(fetch->failure.text)] = "";

    if (response->error) {
        error_set(&fetch->failure, ERROR_IO, "%s%s", fetch->logs_in ? "login: " : "",
                  response->error);
        return;
    }
    if (fetch->provider->explain)
        fetch->provider->explain(&fetch->settings, fetch->zone, response->status, &body,
                                 text, sizeof(text));
    if (!text[0])
        snprintf(text, sizeof(text), "answered %d%s", response->status,
                 fetch->denied ? ": it wants other credentials, or blocks this address"
                               : "");
    error_set(&fetch->failure, ERROR_UNAVAILABLE, "%s%s",
              fetch->logs_in ? "login: " : "", text);
}

static void start_request(struct grid_fetch *fetch);

/* The answer to a login; the body is small, so it is parsed at once. */
static void take_session(struct grid_fetch *fetch, const struct http_response *response)
{
    const struct provider_body body = {response->bytes, response->size,
                                       response->content_type};

    fetch->logs_in = false;
    if (fetch->provider->parse_session(&fetch->settings, &body, fetch->now,
                                       fetch->session, &fetch->failure)
        < 0) {
        fail(fetch, true);
        end(fetch);
        return;
    }
    start_request(fetch);
}

static bool may_log_in_again(const struct grid_fetch *fetch)
{
    return fetch->denied && fetch->session && !fetch->logs_in && !fetch->relogged;
}

static void on_response(const struct http_response *response, void *context)
{
    struct grid_fetch *fetch = context;

    fetch->call = NULL;
    fetch->retry_after = response->retry_after;
    fetch->status = response->status;
    fetch->denied = response->status == 401 || response->status == 403;
    if (!response->error && response->status == 200 && fetch->logs_in) {
        take_session(fetch, response);
        return;
    }
    if (!response->error && response->status == 304 && fetch->etag[0]) {
        fetch->unchanged = true;
        end(fetch);
        return;
    }
    if (!response->error && response->status == 200) {
        text_add_bytes(&fetch->body, response->bytes, response->size);
        snprintf(fetch->content_type, sizeof(fetch->content_type), "%s",
                 response->content_type);
        snprintf(fetch->etag, sizeof(fetch->etag), "%s", response->etag);
        parse_soon(fetch);
        return;
    }
    if (may_log_in_again(fetch)) {
        fetch->relogged = true;
        explicit_bzero(fetch->session, sizeof(*fetch->session));
        start_request(fetch);
        return;
    }
    explain(fetch, response);
    fail(fetch, false);
    end(fetch);
}

static void get(struct grid_fetch *fetch)
{
    const struct http_request request = {
        .url = fetch->request.target,
        .accept = fetch->request.accept,
        .secret_header = fetch->request.secret_header,
        .etag = fetch->logs_in ? "" : fetch->etag,
        .timeout_ms = fetch->config.timeout * 1000,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .body_max = PROVIDER_BODY_MAX,
    };

    fetch->call = http_get(fetch->http, &request, on_response, fetch, &fetch->failure);
    if (fetch->call)
        return;
    fail(fetch, false);
    end(fetch);
}

/* The login, or what is wanted. */
static int make_request(struct grid_fetch *fetch)
{
    struct provider_session *session = fetch->session;

    fetch->logs_in = session && (!session->token[0] || session->expires <= fetch->now);
    fetch->settings.session = session && !fetch->logs_in ? session->token : "";
    if (fetch->logs_in)
        return fetch->provider->request_session(&fetch->settings, &fetch->request,
                                                &fetch->failure);
    return fetch->provider->request(&fetch->settings, fetch->zone, fetch->wanted,
                                    fetch->now, &fetch->request, &fetch->failure);
}

static void start_request(struct grid_fetch *fetch)
{
    if (make_request(fetch) < 0) {
        fail(fetch, false);
        end(fetch);
    } else if (fetch->request.fetch == FETCH_HTTP) {
        get(fetch);
    } else {
        parse_soon(fetch);
    }
}

static int load_secret(struct grid_fetch *fetch)
{
    const char *path = fetch->config.token_file;
    int status = 0;

    if (path[0])
        status = file_load_secret(path, PROVIDER_SECRET_MAX, &fetch->secret,
                                  &fetch->failure);
    else if (fetch->provider->needs_secret)
        status = error_set(&fetch->failure, ERROR_INVALID,
                           "%s wants a token: set token_file", fetch->config.kind);
    fetch->settings.secret = fetch->secret.bytes;
    fetch->denied = status < 0;
    return status;
}

void grid_fetch_start(struct grid_fetch *fetch)
{
    fetch->body = TEXT_EMPTY;
    fetch->secret = TEXT_EMPTY;
    fetch->work.data = fetch;
    fetch->provider = provider_find(fetch->config.kind);
    fetch->settings = setup_provider(&fetch->config);
    if (!fetch->provider->request_session)
        fetch->session = NULL;
    if (load_secret(fetch) < 0) {
        fail(fetch, false);
        end(fetch);
        return;
    }
    start_request(fetch);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/grid_fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "setup/grid.h"

#define CONNECT_TIMEOUT_MS 10000

/* Bytes: it is parsed on the loop. */
#define SESSION_BODY_MAX (64 << 10)

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
    explicit_bzero(&fetch->request, sizeof(fetch->request));
    explicit_bzero(fetch->token, sizeof(fetch->token));
    explicit_bzero(&fetch->own_session, sizeof(fetch->own_session));
    if (fetch->secret.length)
        explicit_bzero(fetch->secret.bytes, fetch->secret.length);
    text_release(&fetch->secret);
    text_release(&fetch->body);
    reading_release(&fetch->reading);
}

static void fail(struct grid_fetch *fetch, bool refused)
{
    fetch->failed = true;
    fetch->refused = refused;
    fetch->etag[0] = '\0';
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
    struct grid_fetch *fetch = work->data;

    (void)status;
    fetch->on_done(fetch);
}

static void parse_soon(struct grid_fetch *fetch)
{
    uv_queue_work(fetch->loop, &fetch->work, on_parse, on_parsed);
}

static void end(struct grid_fetch *fetch)
{
    fail(fetch, false);
    fetch->on_done(fetch);
}

static void end_denied(struct grid_fetch *fetch)
{
    fetch->denied = true;
    end(fetch);
}

static bool is_denial(int status)
{
    return status == 401 || status == 403;
}

/* What the operator can do about a 401 or a 403. */
static const char *advice(const struct grid_fetch *fetch)
{
    if (fetch->config.token_file[0] == '\0')
        return ": it wants credentials that are not set (token_file), or blocks this "
               "address";
    return fetch->provider->request_session
               ? ": check user and what token_file holds, and what the account may see"
               : ": check what token_file holds, and what that token may see";
}

/* The failure of an answer that is not 200, in the provider's words if it has any. */
static void explain(struct grid_fetch *fetch, const struct http_response *response)
{
    const struct provider_body body = {response->bytes, response->size,
                                       response->content_type};
    char words[sizeof(fetch->failure.text)] = "";

    if (fetch->provider->explain)
        fetch->provider->explain(&fetch->settings, fetch->zone, response->status, &body,
                                 words, sizeof(words));
    if (words[0] != '\0')
        error_set(&fetch->failure, ERROR_UNAVAILABLE, "%s", words);
    else
        error_set(&fetch->failure, ERROR_UNAVAILABLE, "answered %d%s", response->status,
                  is_denial(response->status) ? advice(fetch) : "");
}

static void get(struct grid_fetch *fetch, size_t body_max, const char *etag,
                void (*on_done)(const struct http_response *, void *))
{
    const struct http_request request = {
        .url = fetch->request.target,
        .accept = fetch->request.accept,
        .secret_header = fetch->request.secret_header,
        .etag = etag,
        .timeout_ms = fetch->config.timeout * 1000,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .body_max = body_max,
    };

    fetch->call = http_get(fetch->http, &request, on_done, fetch, &fetch->failure);
    explicit_bzero(fetch->request.secret_header, sizeof(fetch->request.secret_header));
    if (!fetch->call)
        end(fetch);
}

static void log_in(struct grid_fetch *fetch);

/* A session may end before its time: make it anew, unless that was done already. */
static bool renew_session(struct grid_fetch *fetch)
{
    if (!fetch->provider->request_session)
        return false;
    /* Another fetch may have a newer one by now. */
    if (strcmp(fetch->session->token, fetch->token) == 0)
        explicit_bzero(fetch->session, sizeof(*fetch->session));
    if (fetch->renewed)
        return false;
    fetch->renewed = true;
    log_in(fetch);
    return true;
}

static void take_body(struct grid_fetch *fetch, const struct http_response *response)
{
    snprintf(fetch->etag, sizeof(fetch->etag), "%s", response->etag);
    text_add_bytes(&fetch->body, response->bytes, response->size);
    snprintf(fetch->content_type, sizeof(fetch->content_type), "%s",
             response->content_type);
    parse_soon(fetch);
}

static void on_response(const struct http_response *response, void *context)
{
    struct grid_fetch *fetch = context;

    fetch->call = NULL;
    fetch->status = response->status;
    fetch->retry_after = response->retry_after;
    if (response->error) {
        error_set(&fetch->failure, ERROR_IO, "%s", response->error);
        end(fetch);
    } else if (response->status == 200) {
        take_body(fetch, response);
    } else if (response->status == 304 && fetch->etag[0] != '\0') {
        fetch->unchanged = true;
        fetch->on_done(fetch);
    } else if (!is_denial(response->status) || !renew_session(fetch)) {
        explain(fetch, response);
        fetch->denied = is_denial(response->status);
        end(fetch);
    }
}

static void request_reading(struct grid_fetch *fetch)
{
    if (fetch->provider->request(&fetch->settings, fetch->zone, fetch->wanted,
                                 fetch->now, &fetch->request, &fetch->failure)
        < 0)
        end(fetch);
    else if (fetch->request.fetch == FETCH_HTTP)
        get(fetch, PROVIDER_BODY_MAX, fetch->etag, on_response);
    else
        parse_soon(fetch);
}

static void use_session(struct grid_fetch *fetch)
{
    snprintf(fetch->token, sizeof(fetch->token), "%s", fetch->session->token);
    fetch->settings.session = fetch->token;
    request_reading(fetch);
}

/* A login that failed, in the words of why. */
static void tell_login(struct grid_fetch *fetch)
{
    const struct error why = fetch->failure;

    error_set(&fetch->failure, why.code, "login: %s", why.text);
}

static void on_session(const struct http_response *response, void *context)
{
    struct grid_fetch *fetch = context;
    const struct provider_body body = {response->bytes, response->size,
                                       response->content_type};
    struct provider_session session = {.token = ""};
    int status = response->status;

    fetch->call = NULL;
    fetch->status = status;
    fetch->retry_after = response->retry_after;
    if (response->error) {
        error_set(&fetch->failure, ERROR_IO, "%s", response->error);
    } else if (status != 200) {
        explain(fetch, response);
        /* A service that is down or busy is no matter of credentials. */
        fetch->denied = status < 500 && status != 429 && status != 408;
    } else if (fetch->provider->parse_session(&fetch->settings, &body, fetch->now,
                                              &session, &fetch->failure)
               < 0) {
        fetch->denied = true;
    } else {
        *fetch->session = session;
        explicit_bzero(&session, sizeof(session));
        use_session(fetch);
        return;
    }
    explicit_bzero(&session, sizeof(session));
    tell_login(fetch);
    end(fetch);
}

/* Go by the session at hand, or get one. */
static void log_in(struct grid_fetch *fetch)
{
    if (fetch->session->token[0] != '\0' && fetch->session->expires > fetch->now) {
        use_session(fetch);
    } else if (fetch->provider->request_session(&fetch->settings, &fetch->request,
                                                &fetch->failure)
               < 0) {
        tell_login(fetch);
        end_denied(fetch);
    } else {
        get(fetch, SESSION_BODY_MAX, "", on_session);
    }
}

static int load_secret(struct grid_fetch *fetch)
{
    if (fetch->config.token_file[0] == '\0') {
        if (!fetch->provider->needs_secret)
            return 0;
        return error_set_field(&fetch->failure, ERROR_MISSING, "token_file",
                               "token_file is not set in [provider %s]: it names the "
                               "file that holds the token or password",
                               fetch->config.name);
    }
    if (file_load_secret(fetch->config.token_file, PROVIDER_SECRET_MAX, &fetch->secret,
                         &fetch->failure)
        < 0)
        return -1;
    fetch->settings.secret = fetch->secret.bytes;
    return 0;
}

void grid_fetch_start(struct grid_fetch *fetch)
{
    fetch->body = TEXT_EMPTY;
    fetch->secret = TEXT_EMPTY;
    fetch->work.data = fetch;
    if (!fetch->provider)
        fetch->provider = provider_find(fetch->config.kind);
    fetch->settings = setup_provider(&fetch->config);
    if (!fetch->session)
        fetch->session = &fetch->own_session;
    if (load_secret(fetch) < 0)
        end_denied(fetch);
    else if (fetch->provider->request_session)
        log_in(fetch);
    else
        request_reading(fetch);
}

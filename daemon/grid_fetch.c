/* SPDX-License-Identifier: MIT */
#include "daemon/grid_fetch.h"

#include <stdio.h>

#include "base/file.h"
#include "grid/providers/http.h"

#define CONNECT_TIMEOUT_MS 10000

struct provider_settings grid_fetch_settings(const struct config_provider *config)
{
    const struct provider *provider = provider_find(config->kind);
    struct provider_settings settings = {
        .name = config->name,
        .kind = config->kind,
        .url = config->url,
        .actuals_url = config->actuals_url,
        .region = config->region,
        .country = config->country,
        .path = config->path,
        .actuals_path = config->actuals_path,
        .user = config->user,
        .secret = "",
        .session = "",
        .token_header = config->token_header,
        .json_points = config->json_points,
        .json_time = config->json_time,
        .json_value = config->json_value,
        .json_renewable = config->json_renewable,
        .unit = config->unit,
        .signal = provider->signal,
        .seed = config->seed,
    };

    if (config->signal[0])
        (void)signal_parse(config->signal, &settings.signal, NULL);
    return settings;
}

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
    text_release(&fetch->body);
    reading_release(&fetch->reading);
}

static void fail(struct grid_fetch *fetch, bool refused)
{
    fetch->failed = true;
    fetch->refused = refused;
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

static void on_response(const struct http_response *response, void *context)
{
    struct grid_fetch *fetch = context;

    fetch->call = NULL;
    fetch->retry_after = response->retry_after;
    if (response->error) {
        error_set(&fetch->failure, ERROR_IO, "%s", response->error);
    } else if (response->status != 200) {
        error_set(&fetch->failure, ERROR_UNAVAILABLE, "answered %d%s", response->status,
                  response->status == 401 || response->status == 403
                      ? ": it wants other credentials, or blocks this address"
                      : "");
    } else {
        text_add_bytes(&fetch->body, response->bytes, response->size);
        snprintf(fetch->content_type, sizeof(fetch->content_type), "%s",
                 response->content_type);
        parse_soon(fetch);
        return;
    }
    fail(fetch, false);
    fetch->on_done(fetch);
}

static void get(struct grid_fetch *fetch)
{
    const struct http_request request = {
        .url = fetch->request.target,
        .accept = fetch->request.accept,
        .timeout_ms = fetch->config.timeout * 1000,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .body_max = PROVIDER_BODY_MAX,
    };

    fetch->call = http_get(fetch->http, &request, on_response, fetch, &fetch->failure);
    if (fetch->call)
        return;
    fail(fetch, false);
    fetch->on_done(fetch);
}

void grid_fetch_start(struct grid_fetch *fetch)
{
    fetch->body = TEXT_EMPTY;
    fetch->work.data = fetch;
    fetch->provider = provider_find(fetch->config.kind);
    fetch->settings = grid_fetch_settings(&fetch->config);
    if (fetch->provider->request(&fetch->settings, fetch->zone, fetch->wanted,
                                 fetch->now, &fetch->request, &fetch->failure)
        < 0) {
        fail(fetch, false);
        fetch->on_done(fetch);
    } else if (fetch->request.fetch == FETCH_HTTP) {
        get(fetch);
    } else {
        parse_soon(fetch);
    }
}

/* SPDX-License-Identifier: MIT */
#include "daemon/grid_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grid/providers/http.h"

#define CONNECT_TIMEOUT_MS 10000

struct provider_settings grid_fetch_settings(const struct config_provider *config)
{
    struct provider_settings settings = {
        .name = config->name,
        .kind = config->kind,
        .url = config->url,
        .region = config->region,
        .country = config->country,
        .path = config->path,
        .actuals_path = config->actuals_path,
        .seed = config->seed,
        .signal = SIGNAL_AVERAGE_DIRECT,
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

static int read_file(struct grid_fetch *fetch)
{
    const char *path = fetch->request.target;
    struct error *err = &fetch->failure;
    char chunk[65536];
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = 0;
    int result = -1;

    if (fd < 0)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        error_set(err, ERROR_INVALID, "%s: not a regular file", path);
        goto done;
    }
    while (fetch->body.length <= PROVIDER_BODY_MAX
           && (size = read(fd, chunk, sizeof(chunk))) > 0)
        text_add_bytes(&fetch->body, chunk, (size_t)size);
    if (size < 0)
        error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    else if (fetch->body.length > PROVIDER_BODY_MAX)
        error_set(err, ERROR_TOO_LARGE, "%s: over %d bytes", path, PROVIDER_BODY_MAX);
    else
        result = 0;

done:
    close(fd);
    return result;
}

static void on_parse(uv_work_t *work)
{
    struct grid_fetch *fetch = work->data;
    struct provider_body body;

    if (fetch->request.fetch == FETCH_FILE && read_file(fetch) < 0) {
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

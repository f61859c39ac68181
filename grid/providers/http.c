/* SPDX-License-Identifier: MIT */
#include "grid/providers/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/providers/http_setup.h"

#define CONNECTIONS_MAX 16L

struct http {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;    /* when curl wants to be called next */
    size_t open_handles; /* of libuv, the timer among them */
    bool is_closing;
    struct http_call *calls;
    char *user_agent;
    char *proxy;
    char *ca_file;
};

struct http_call {
    struct http *http;
    struct http_call *previous;
    struct http_call *next;
    CURL *easy;
    struct curl_slist *headers;
    void (*on_done)(const struct http_response *response, void *context);
    void *context;
    size_t body_max;
    size_t header_bytes;
    struct text body;
    char etag[HTTP_ETAG_MAX + 1];
    bool is_secret;
    const char *failure; /* in our words; NULL: what curl says */
};

/* One socket of curl's. */
struct watch {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t socket;
};

static void free_http(struct http *http)
{
    free(http->user_agent);
    free(http->proxy);
    free(http->ca_file);
    free(http);
    curl_global_cleanup();
}

static void handle_closed(struct http *http)
{
    http->open_handles--;
    if (http->is_closing && http->open_handles == 0)
        free_http(http);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct http *http = watch->http;

    free(watch);
    handle_closed(http);
}

/* Take a call out of the service; what is left of it is for call_free(). */
static void detach(struct http_call *call)
{
    struct http *http = call->http;

    if (call->previous)
        call->previous->next = call->next;
    else
        http->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
    curl_multi_remove_handle(http->multi, call->easy);
}

static void call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    text_release(&call->body);
    free(call);
}

static duration retry_after_of(CURL *easy)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK
        || seconds < 0)
        return 0;
    return seconds < HTTP_RETRY_AFTER_MAX ? (duration)seconds : HTTP_RETRY_AFTER_MAX;
}

/*
 * Tell the caller how a call ended, and be done with it. It leaves the service first,
 * since the callback may destroy that.
 */
static void finish(struct http_call *call, CURLcode result)
{
    struct http_response response = {
        .content_type = "",
        .etag = call->etag,
        .bytes = call->body.bytes,
        .size = call->body.length,
        .retry_after = retry_after_of(call->easy),
    };
    const char *content_type = NULL;
    long status = 0;

    if (curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        response.status = (int)status;
    if (curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type) == CURLE_OK
        && content_type)
        response.content_type = content_type;
    if (call->failure)
        response.error = call->failure;
    else if (result != CURLE_OK)
        response.error = http_setup_explain(result);
    else if (call->is_secret && response.status / 100 == 3 && response.status != 304)
        response.error = "it redirects, and a token is not sent on: set url to where "
                         "it leads";
    detach(call);
    call->on_done(&response, call->context);
    call_free(call);
}

/* Finish what curl says is over. The service may be destroyed by a callback in it. */
static void finish_done(struct http *http)
{
    CURLMsg *message;
    int left;

    while (!http->is_closing && (message = curl_multi_info_read(http->multi, &left))) {
        CURLcode result = message->data.result;
        char *call = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish((struct http_call *)(void *)call, result);
    }
}

static void on_timeout(uv_timer_t *timer)
{
    struct http *http = timer->data;
    int running;

    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_done(http);
}

static void on_socket_event(uv_poll_t *poll, int status, int events)
{
    const struct watch *watch = poll->data;
    struct http *http = watch->http;
    int flags = (status < 0 ? CURL_CSELECT_ERR : 0)
                | (events & UV_READABLE ? CURL_CSELECT_IN : 0)
                | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(http->multi, watch->socket, flags, &running);
    finish_done(http);
}

/* curl: call me again after so many milliseconds. */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct http *http = context;

    (void)multi;
    if (http->is_closing)
        return 0;
    if (timeout_ms < 0)
        uv_timer_stop(&http->timer);
    else
        uv_timer_start(&http->timer, on_timeout, (uint64_t)timeout_ms, 0);
    return 0;
}

static struct watch *watch_create(struct http *http, curl_socket_t socket)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));

    if (uv_poll_init_socket(http->loop, &watch->poll, socket) < 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->http = http;
    watch->socket = socket;
    http->open_handles++;
    return watch;
}

/*
 * A call whose socket cannot be watched hears no more of it and ends by its time-out.
 * Telling curl that this failed would end all other calls too, and all later ones.
 */
static void give_up_on(CURL *easy)
{
    char *call = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call) == CURLE_OK && call)
        ((struct http_call *)(void *)call)->failure = "cannot watch its socket";
}

/* curl: watch this socket for that, or no longer. */
static int on_curl_socket(CURL *easy, curl_socket_t socket, int what, void *context,
                          void *socket_context)
{
    struct http *http = context;
    struct watch *watch = socket_context;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0)
                 | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(http->multi, socket, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (!watch) {
        watch = watch_create(http, socket);
        if (!watch) {
            give_up_on(easy);
            return 0;
        }
        curl_multi_assign(http->multi, socket, watch);
    }
    if (uv_poll_start(&watch->poll, events, on_socket_event) < 0)
        give_up_on(easy);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t length = size * count;

    if (length > call->body_max - call->body.length) {
        call->failure = "the body is too long";
        return 0;
    }
    text_add_bytes(&call->body, bytes, length);
    return length;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t length = size * count;

    if (length > HTTP_HEADERS_MAX - call->header_bytes) {
        call->failure = "the headers are too long";
        return 0;
    }
    call->header_bytes += length;
    http_setup_take_etag(bytes, length, call->etag);
    return length;
}

struct http *http_create(uv_loop_t *loop, const char *user_agent, const char *proxy,
                         const char *ca_file, struct error *err)
{
    struct http *http;
    CURLM *multi;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    if (!multi) {
        curl_global_cleanup();
        error_set(err, ERROR_IO, "cannot start libcurl");
        return NULL;
    }
    http = xcalloc(1, sizeof(*http));
    http->loop = loop;
    http->multi = multi;
    http->user_agent = xstrdup(user_agent);
    http->proxy = xstrdup(proxy);
    http->ca_file = xstrdup(ca_file);
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    http->open_handles = 1;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
    return http;
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    assert(!http->is_closing);
    http->is_closing = true;
    for (struct http_call *call = http->calls, *next; call; call = next) {
        next = call->next;
        curl_multi_remove_handle(http->multi, call->easy);
        call_free(call);
    }
    curl_multi_cleanup(http->multi);
    uv_close((uv_handle_t *)&http->timer, on_timer_closed);
}

void http_cancel(struct http_call *call)
{
    detach(call);
    call_free(call);
}

static void set_up(struct http_call *call, const struct http_request *request)
{
    const struct http *http = call->http;
    CURL *easy = call->easy;

    call->headers =
        http_setup(easy, request,
                   &(struct http_setup){http->user_agent, http->proxy, http->ca_file});
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
}

struct http_call *http_get(struct http *http, const struct http_request *request,
                           void (*on_done)(const struct http_response *response,
                                           void *context),
                           void *context, struct error *err)
{
    struct http_call *call;
    CURL *easy = curl_easy_init();

    assert(!http->is_closing);
    if (!easy || curl_easy_setopt(easy, CURLOPT_URL, request->url) != CURLE_OK) {
        curl_easy_cleanup(easy);
        error_set(err, ERROR_IO, "cannot start a request");
        return NULL;
    }
    call = xcalloc(1, sizeof(*call));
    *call = (struct http_call){
        .http = http,
        .next = http->calls,
        .easy = easy,
        .on_done = on_done,
        .context = context,
        .body_max = request->body_max,
        .is_secret = request->secret_header && request->secret_header[0] != '\0',
        .body = TEXT_EMPTY,
    };
    if (call->next)
        call->next->previous = call;
    http->calls = call;
    set_up(call, request);
    curl_multi_add_handle(http->multi, easy);
    return call;
}

/* SPDX-License-Identifier: MIT */
#include "grid/providers/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "grid/providers/http_call.h"

#define CONNECTIONS_MAX 16L
#define CA_FILE_MAX     (16 << 20) /* bytes */

struct http {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;    /* when curl wants to be called next */
    size_t open_handles; /* of libuv, the timer among them */
    bool is_closing;
    struct http_call *calls;
    struct http_policy policy;
};

/* One socket of curl's. */
struct watch {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t socket;
};

static void free_http(struct http *http)
{
    free(http->policy.user_agent);
    free(http->policy.proxy);
    free(http->policy.ca_file);
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

/* Take a call out of the service; what is left of it is for http_call_free(). */
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

/*
 * Tell the caller how a call ended, and be done with it. It leaves the service first,
 * since the callback may destroy that.
 */
static void finish(struct http_call *call, CURLcode result)
{
    struct http_response response = http_call_response(call, result);

    detach(call);
    call->on_done(&response, call->context);
    http_call_free(call);
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

/* Told at the start rather than at each call. */
static int check_ca_file(const char *path, struct error *err)
{
    struct text contents = TEXT_EMPTY;
    struct error why;
    int status = 0;

    if (path[0] == '\0')
        return 0;
    if (file_load(path, CA_FILE_MAX, &contents, &why) < 0)
        status = error_set_field(err, why.code, "ca_file", "ca_file: %s", why.text);
    else if (!strstr(contents.bytes, "-----BEGIN "))
        status = error_set_field(err, ERROR_INVALID, "ca_file",
                                 "ca_file: %s holds no certificates in PEM", path);
    text_release(&contents);
    return status;
}

struct http *http_create(uv_loop_t *loop, const char *user_agent, const char *proxy,
                         const char *ca_file, struct error *err)
{
    struct http *http;
    CURLM *multi;

    if (check_ca_file(ca_file, err) < 0)
        return NULL;
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
    http->policy.user_agent = xstrdup(user_agent);
    http->policy.proxy = xstrdup(proxy);
    http->policy.ca_file = xstrdup(ca_file);
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
        http_call_free(call);
    }
    curl_multi_cleanup(http->multi);
    uv_close((uv_handle_t *)&http->timer, on_timer_closed);
}

void http_cancel(struct http_call *call)
{
    detach(call);
    http_call_free(call);
}

struct http_call *http_get(struct http *http, const struct http_request *request,
                           void (*on_done)(const struct http_response *response,
                                           void *context),
                           void *context, struct error *err)
{
    struct http_call *call;

    assert(!http->is_closing);
    call = http_call_create(&http->policy, request, err);
    if (!call)
        return NULL;
    call->http = http;
    call->next = http->calls;
    call->on_done = on_done;
    call->context = context;
    if (call->next)
        call->next->previous = call;
    http->calls = call;
    curl_multi_add_handle(http->multi, call->easy);
    return call;
}

/* SPDX-License-Identifier: MIT */
#include "grid/providers/http_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/* A connection that stays below this for so long is given up before its time-out. */
#define LOW_SPEED_BYTES_PER_S 16L
#define LOW_SPEED_S           20L

static duration retry_after_of(CURL *easy)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK
        || seconds < 0)
        return 0;
    return seconds < HTTP_RETRY_AFTER_MAX ? (duration)seconds : HTTP_RETRY_AFTER_MAX;
}

/* What libcurl says names options of its own; what an operator can do is ours to say.
 */
static const char *result_text(CURLcode result)
{
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return "its certificate is not trusted: set ca_file to the certificates of "
               "whoever signed it";
    case CURLE_SSL_CACERT_BADFILE:
        return "the certificates in ca_file cannot be used: is it a readable PEM file?";
    case CURLE_SSL_CONNECT_ERROR:
        return "no TLS connection came about: does it speak https at that port, and "
               "does ca_file fit?";
    case CURLE_TOO_MANY_REDIRECTS:
        return "it redirects too often: set url to the final address";
    default:
        return curl_easy_strerror(result);
    }
}

struct http_response http_call_response(const struct http_call *call, CURLcode result)
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
        response.error = result_text(result);
    else if (call->bears_secret && status >= 300 && status < 400 && status != 304)
        response.error =
            "it redirects, and a token is not sent on: set url to the final address";
    return response;
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

static bool is_printable(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == '\x7f')
            return false;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void take_etag(struct http_call *call, const char *bytes, size_t length)
{
    call->etag[0] = '\0';
    while (length > 0 && is_space(bytes[length - 1]))
        length--;
    while (length > 0 && is_space(bytes[0])) {
        bytes++;
        length--;
    }
    if (length > HTTP_ETAG_MAX || !is_printable(bytes, length))
        return;
    memcpy(call->etag, bytes, length);
    call->etag[length] = '\0';
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    static const char etag[] = "etag:";
    struct http_call *call = context;
    size_t length = size * count;

    if (length > HTTP_HEADERS_MAX - call->header_bytes) {
        call->failure = "the headers are too long";
        return 0;
    }
    call->header_bytes += length;
    /* A redirect's entity tag is not that of what it leads to. */
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        call->etag[0] = '\0';
    else if (length >= sizeof(etag) - 1
             && strncasecmp(bytes, etag, sizeof(etag) - 1) == 0)
        take_etag(call, bytes + sizeof(etag) - 1, length - (sizeof(etag) - 1));
    return length;
}

/* What holds for every call. */
static void set_policy(CURL *easy, const struct http_policy *policy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_S);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, policy->user_agent);
    /* A proxy that only tunnels is not told the headers. */
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    if (policy->proxy[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_PROXY, policy->proxy);
    if (policy->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, policy->ca_file);
}

/* Add "NAMEvalue" to the headers; -1 if there is no memory, or it is no header. */
static int add_header(struct http_call *call, const char *name, const char *value)
{
    struct curl_slist *longer;
    struct text line = TEXT_EMPTY;

    if (!value || value[0] == '\0')
        return 0;
    if (!is_printable(value, strlen(value)))
        return -1;
    text_add(&line, name);
    text_add(&line, value);
    longer = curl_slist_append(call->headers, line.bytes);
    explicit_bzero(line.bytes, line.length);
    text_release(&line);
    if (!longer)
        return -1;
    call->headers = longer;
    return 0;
}

static bool has_text(const char *text)
{
    return text && text[0] != '\0';
}

static int add_secrets(struct http_call *call, const struct http_request *request)
{
    const char *const *more = request->secret_headers;

    call->bears_secret = has_text(request->secret_header) || (more && *more);
    if (add_header(call, "", request->secret_header) < 0)
        return -1;
    for (; more && *more; more++)
        if (add_header(call, "", *more) < 0)
            return -1;
    return 0;
}

/* How it is sent, if that is not how a document is fetched. */
static int set_method(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;

    if (has_text(request->method)
        && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK)
        return -1;
    if (has_text(request->body)
        && (add_header(call, "Content-Type: ", "application/json") < 0
            || curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body)
                   != CURLE_OK))
        return -1;
    if (has_text(request->unix_socket)
        && curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket)
               != CURLE_OK)
        return -1;
    if (request->is_direct || has_text(request->unix_socket))
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    return 0;
}

static int set_request(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;

    if (add_header(call, "Accept: ", request->accept) < 0
        || add_header(call, "If-None-Match: ", request->etag) < 0
        || add_secrets(call, request) < 0 || set_method(call, request) < 0
        || curl_easy_setopt(easy, CURLOPT_URL, request->url) != CURLE_OK)
        return -1;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    /* libcurl would tell another host the headers that are set by hand. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION,
                     call->bears_secret || has_text(request->method) ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)request->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    return 0;
}

struct http_call *http_call_create(const struct http_policy *policy,
                                   const struct http_request *request,
                                   struct error *err)
{
    struct http_call *call = xcalloc(1, sizeof(*call));

    call->body = TEXT_EMPTY;
    call->body_max = request->body_max;
    call->easy = curl_easy_init();
    if (!call->easy || set_request(call, request) < 0) {
        http_call_free(call);
        error_set(err, ERROR_IO, "cannot start a request");
        return NULL;
    }
    set_policy(call->easy, policy);
    return call;
}

void http_call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    for (struct curl_slist *line = call->headers; line; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(call->headers);
    /* The answer to a login is a secret too. */
    if (call->bears_secret && call->body.length)
        explicit_bzero(call->body.bytes, call->body.length);
    text_release(&call->body);
    free(call);
}

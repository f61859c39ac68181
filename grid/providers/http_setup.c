/* SPDX-License-Identifier: MIT */
#include "grid/providers/http_setup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* A connection that stays below this for so long is given up before its time-out. */
#define LOW_SPEED_BYTES_PER_S 16L
#define LOW_SPEED_S           20L

static bool is_set(const char *string)
{
    return string && string[0] != '\0';
}

/* What holds for every call. */
static void set_policy(CURL *easy, const struct http_setup *setup)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_S);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, setup->user_agent);
    if (setup->proxy[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_PROXY, setup->proxy);
    if (setup->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, setup->ca_file);
}

static struct curl_slist *add_header(struct curl_slist *headers, const char *name,
                                     const char *value)
{
    struct text line = TEXT_EMPTY;

    text_add_format(&line, "%s%s", name, value);
    headers = curl_slist_append(headers, line.bytes);
    explicit_bzero(line.bytes, line.length);
    text_release(&line);
    return headers;
}

struct curl_slist *http_setup(CURL *easy, const struct http_request *request,
                              const struct http_setup *setup)
{
    struct curl_slist *headers = NULL;
    /* curl sends headers of ours on to whatever host an answer names. */
    bool follows = !is_set(request->secret_header);

    set_policy(easy, setup);
    if (is_set(request->accept))
        headers = add_header(headers, "Accept: ", request->accept);
    if (is_set(request->etag))
        headers = add_header(headers, "If-None-Match: ", request->etag);
    if (is_set(request->secret_header))
        headers = add_header(headers, "", request->secret_header);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, follows ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)request->connect_timeout_ms);
    return headers;
}

const char *http_setup_explain(CURLcode result)
{
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return "its certificate is not trusted: if it is right, name the authority's "
               "in ca_file";
    case CURLE_SSL_CACERT_BADFILE:
        return "ca_file cannot be read, or holds no certificates";
    case CURLE_SSL_CONNECT_ERROR:
        return "no TLS connection came about";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "the name of its host is not known";
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "the name of the proxy is not known";
    default:
        return curl_easy_strerror(result);
    }
}

void http_setup_take_etag(const char *line, size_t length, char etag[HTTP_ETAG_MAX + 1])
{
    static const char name[] = "etag:";
    size_t skip = sizeof(name) - 1;

    if (length >= 5 && strncasecmp(line, "HTTP/", 5) == 0)
        etag[0] = '\0';
    if (length < skip || strncasecmp(line, name, skip) != 0)
        return;
    etag[0] = '\0';
    while (skip < length && (line[skip] == ' ' || line[skip] == '\t'))
        skip++;
    while (length > skip && (unsigned char)line[length - 1] <= ' ')
        length--;
    if (length - skip > HTTP_ETAG_MAX)
        return;
    for (size_t i = skip; i < length; i++)
        if (line[i] < ' ' || line[i] > '~')
            return;
    memcpy(etag, line + skip, length - skip);
    etag[length - skip] = '\0';
}

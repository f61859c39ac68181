/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/answer.h"
#include "cli/command.h"

#define CONNECT_SECONDS 5L
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

struct client {
    CURL *curl;
    struct curl_slist *headers;
    const char *socket;
    instant answered; /* the daemon's clock on its last answer; 0: none yet */
    struct text answer;
    int file; /* where a good answer goes; -1: to `answer` */
    int64_t written;
    int write_error; /* errno of the file */
    bool is_too_large;
    bool is_out_of_reach;
};

struct client *client_open(const char *socket)
{
    struct client *client = xcalloc(1, sizeof(*client));

    client->socket = socket;
    client->answer = TEXT_EMPTY;
    client->file = -1;
    return client;
}

void client_close(struct client *client)
{
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    text_release(&client->answer);
    free(client);
}

static size_t write_file(struct client *client, const char *bytes, size_t size)
{
    size_t done = 0;

    client->written += (int64_t)size;
    client->is_too_large = client->written > CLIENT_DOWNLOAD_MAX;
    if (client->is_too_large)
        return 0;
    while (done < size) {
        ssize_t count = write(client->file, bytes + done, size - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            client->write_error = count < 0 ? errno : EIO;
            return 0;
        }
        done += (size_t)count;
    }
    return size;
}

static size_t on_body(char *bytes, size_t one, size_t count, void *context)
{
    struct client *client = context;
    size_t size = one * count;
    long status = 0;

    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (client->file >= 0 && status == 200)
        return write_file(client, bytes, size);
    client->is_too_large = client->answer.length + size > CLIENT_ANSWER_MAX;
    if (client->is_too_large)
        return 0;
    text_add_bytes(&client->answer, bytes, size);
    return size;
}

/* The daemon may run on a clock of its own; the Date of its answers tells it. */
static size_t on_header(char *bytes, size_t one, size_t count, void *context)
{
    struct client *client = context;
    size_t size = one * count;
    char date[64];
    time_t when;

    if (size < 6 || size - 5 >= sizeof(date) || strncasecmp(bytes, "Date:", 5) != 0)
        return size;
    memcpy(date, bytes + 5, size - 5);
    date[size - 5] = '\0';
    when = curl_getdate(date, NULL);
    if (when > 0 && when <= INSTANT_MAX)
        client->answered = (instant)when;
    return size;
}

static void start_curl(struct client *client)
{
    if (client->curl)
        return;
    /* Plain HTTP on a local socket needs neither TLS nor a resolver. */
    if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
        abort();
    client->curl = curl_easy_init();
    client->headers = curl_slist_append(NULL, "Content-Type: application/json");
    client->headers = curl_slist_append(client->headers, "Expect:");
    if (!client->curl || !client->headers)
        abort();
}

static void prepare(struct client *client, const char *method, const char *url,
                    const char *body)
{
    CURL *curl;

    start_curl(client);
    curl = client->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    if (client->file < 0) {
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CLIENT_TIMEOUT);
    } else {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)CLIENT_TIMEOUT);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
    if (strcmp(method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(body ? strlen(body) : 0));
    }
}

static int refuse_answer(struct client *client, CURLcode code, struct error *err)
{
    struct stat status;
    long failed = 0;

    if (client->is_too_large)
        return error_set(err, ERROR_TOO_LARGE, "the daemon's answer is too long");
    if (client->write_error)
        return error_set(err, ERROR_IO, "cannot write: %s",
                         strerror(client->write_error));
    client->is_out_of_reach =
        code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the daemon at %s did not answer in %d s", client->socket,
                         CLIENT_TIMEOUT);
    if (!client->is_out_of_reach)
        return error_set(err, ERROR_IO, "the daemon at %s broke off: %s",
                         client->socket, curl_easy_strerror(code));
    if (stat(client->socket, &status) == 0 && !S_ISSOCK(status.st_mode))
        return error_set(err, ERROR_UNAVAILABLE, "%s is no socket", client->socket);
    curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &failed);
    return error_set(err, ERROR_UNAVAILABLE, "no daemon answers at %s: %s",
                     client->socket, failed ? strerror((int)failed) : "cannot connect");
}

static enum error_code code_of(const char *name, long status)
{
    for (int code = ERROR_NONE + 1; code < ERROR_CODES; code++)
        if (name && strcmp(name, error_code_name((enum error_code)code)) == 0)
            return (enum error_code)code;
    return status == 404 ? ERROR_MISSING : status < 500 ? ERROR_INVALID : ERROR_IO;
}

/* Turn an answer that is no 2xx into the error that it tells. */
static int read_error(struct client *client, long status, struct error *err)
{
    json_t *answer = json_loadb(client->answer.bytes, client->answer.length,
                                JSON_REJECT_DUPLICATES, NULL);
    const json_t *told = json_object_get(answer, "error");
    const char *message = json_string_value(json_object_get(told, "message"));
    const char *field = json_string_value(json_object_get(told, "field"));
    enum error_code code =
        code_of(json_string_value(json_object_get(told, "code")), status);

    if (message)
        error_set_field(err, code, field ? field : "", "%s", message);
    else
        error_set(err, code, "the daemon answered with status %ld", status);
    json_decref(answer);
    return -1;
}

static int perform(struct client *client, const char *method, const char *path,
                   const char *body, struct error *err)
{
    struct text url = TEXT_EMPTY;
    long status = 0;
    CURLcode code;

    assert(path[0] == '/');
    client->is_out_of_reach = strlen(client->socket) > SOCKET_PATH_MAX;
    if (client->is_out_of_reach)
        return error_set(
            err, ERROR_UNAVAILABLE,
            "the socket's path is too long: %zu bytes, at most %zu: %.80s...",
            strlen(client->socket), SOCKET_PATH_MAX, client->socket);
    text_add_format(&url, "http://penstock%s", path);
    text_clear(&client->answer);
    client->is_too_large = false;
    client->is_out_of_reach = false;
    client->write_error = 0;
    client->written = 0;
    prepare(client, method, url.bytes, body);
    text_release(&url);
    code = curl_easy_perform(client->curl);
    if (code != CURLE_OK)
        return refuse_answer(client, code, err);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300 ? 0 : read_error(client, status, err);
}

int client_request(struct client *client, const char *method, const char *path,
                   const char *body, json_t **answer, struct error *err)
{
    json_error_t why;
    json_t *read;

    if (perform(client, method, path, body, err) < 0)
        return -1;
    read = json_loadb(client->answer.bytes, client->answer.length, 0, &why);
    if (!json_is_object(read)) {
        json_decref(read);
        return error_set(err, ERROR_IO, "the daemon's answer is no JSON object");
    }
    *answer = read;
    return 0;
}

int client_ask(struct client *client, const char *method, const char *path,
               const char *body, json_t **answer)
{
    struct error err;

    if (client_request(client, method, path, body, answer, &err) < 0)
        return client_complain(client, &err);
    return EXIT_WELL;
}

int client_download(struct client *client, const char *path, int file,
                    struct error *err)
{
    int result;

    client->file = file;
    result = perform(client, "GET", path, NULL, err);
    client->file = -1;
    return result;
}

bool client_is_out_of_reach(const struct client *client)
{
    return client->is_out_of_reach;
}

int client_complain(const struct client *client, const struct error *err)
{
    complain("%s", err->text);
    if (!client->is_out_of_reach)
        return EXIT_FAILED;
    complain("start it with \"systemctl start penstockd\" or \"penstockd -c FILE\", or "
             "name its socket with --socket or PENSTOCK_SOCKET");
    return EXIT_OUT_OF_REACH;
}

instant client_now(const struct client *client)
{
    return client->answered ? client->answered : system_clock.now(&system_clock);
}

int client_find_now(struct client *client, instant *now)
{
    json_t *answer = NULL;
    int status = client_ask(client, "GET", "/v1/status", NULL, &answer);

    if (status == EXIT_WELL && !answer_instant(answer, "now", now))
        *now = client_now(client);
    json_decref(answer);
    return status;
}

void client_add_escaped(struct text *path, const char *value)
{
    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;

        if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z')
            || (byte >= 'A' && byte <= 'Z') || strchr("-._~", byte))
            text_add_bytes(path, value, 1);
        else
            text_add_format(path, "%%%02X", byte);
    }
}

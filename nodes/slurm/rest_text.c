/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/rest_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "nodes/slurm/command_line.h"
#include "nodes/slurm/document.h"
#include "nodes/slurm/fault.h"

#define HTTP_OK_MAX     299
#define STATUS_NO_TOKEN 401
#define STATUS_REFUSED  403

/* Whether "/slurm/" or "\/slurm\/" comes before. */
static bool follows_slurm(const char *openapi, const char *at)
{
    static const char plain[] = "/slurm/";
    static const char escaped[] = "\\/slurm\\/";
    size_t before = (size_t)(at - openapi);

    return (before >= sizeof(plain) - 1
            && memcmp(at - (sizeof(plain) - 1), plain, sizeof(plain) - 1) == 0)
           || (before >= sizeof(escaped) - 1
               && memcmp(at - (sizeof(escaped) - 1), escaped, sizeof(escaped) - 1)
                      == 0);
}

int rest_version_find(const char *openapi, size_t size)
{
    static const char prefix[] = "v0.0.";
    const char *end = openapi + size;
    const char *at = openapi;
    int newest = 0;

    while ((at = memmem(at, (size_t)(end - at), prefix, sizeof(prefix) - 1))) {
        const char *digits = at + sizeof(prefix) - 1;
        int version = 0;

        if (end - digits >= 3 && text_is_digit(digits[0]) && text_is_digit(digits[1])
            && !text_is_digit(digits[2]) && follows_slurm(openapi, at))
            version = (digits[0] - '0') * 10 + (digits[1] - '0');
        if (version >= REST_VERSION_MIN && version <= REST_VERSION_MAX
            && version > newest)
            newest = version;
        at = digits;
    }
    return newest;
}

/* "/slurm/v0.0.38/job/12_%5B1-3%5D" */
static void format_path(const char *target, int version, struct rest_order *rest)
{
    struct text path = TEXT_EMPTY;

    text_add_format(&path, "/slurm/v0.0.%d/job/", version);
    for (; *target; target++)
        text_add_format(&path, strchr("[],:+", *target) ? "%%%02X" : "%c", *target);
    text_copy(rest->path, sizeof(rest->path), path.bytes);
    text_release(&path);
}

/*
 * 22.05 takes times as scontrol does, and would read one without a zone in its own:
 * "uts" is the time of Unix. What is past is taken for now, 0 for no change.
 */
static void format_begin(instant begin, int version, struct rest_order *rest)
{
    rest->method = "POST";
    if (version >= REST_VERSION_TYPED)
        snprintf(rest->body, sizeof(rest->body),
                 "{\"begin_time\": {\"set\": true, \"infinite\": false, "
                 "\"number\": %lld}}",
                 (long long)(begin > 0 ? begin : 1));
    else if (begin > 0)
        snprintf(rest->body, sizeof(rest->body), "{\"begin_time\": \"uts%lld\"}",
                 (long long)begin);
    else
        snprintf(rest->body, sizeof(rest->body), "{\"begin_time\": \"now\"}");
}

int rest_order_format(const struct slurm_order *order, int version,
                      struct rest_order *rest, struct error *err)
{
    struct command_line line;

    if (command_line_format(order, &line, err) < 0)
        return -1;
    if (order->verb == SLURM_REQUEUE || order->verb == SLURM_REQUEUE_ENDED)
        return error_set(err, ERROR_CONFLICT,
                         "slurmrestd cannot requeue: scontrol has to");
    if (version >= REST_VERSION_TYPED
        && order->target[strspn(order->target, "0123456789")] != '\0')
        return error_set(err, ERROR_CONFLICT,
                         "slurmrestd of v0.0.%d takes whole jobs and arrays only",
                         version);
    format_path(order->target, version, rest);
    rest->body[0] = '\0';
    rest->method = "DELETE";
    if (order->verb == SLURM_RELEASE)
        format_begin(0, version, rest);
    else if (order->verb == SLURM_DEFER)
        format_begin(order->begin, version, rest);
    else if (order->verb == SLURM_SIGNAL)
        snprintf(rest->path + strlen(rest->path), 16, "?signal=%d", order->signal);
    return 0;
}

/* The first entry that tells of a failure; NULL if none does. */
static const json_t *find_error(const json_t *errors)
{
    const json_t *entry;
    size_t i;

    json_array_foreach(errors, i, entry)
    {
        if (document_text(entry, "error")[0] != '\0'
            || json_number_value(json_object_get(entry, "error_number")) != 0
            || json_number_value(json_object_get(entry, "error_code")) != 0)
            return entry;
    }
    return NULL;
}

static int check_status(int status, struct error *err)
{
    if (status <= HTTP_OK_MAX)
        return 0;
    if (status == STATUS_NO_TOKEN || status == STATUS_REFUSED)
        return error_set(err, ERROR_FORBIDDEN, "slurmrestd does not take the token");
    return error_set(err, ERROR_UNAVAILABLE, "slurmrestd answers with status %d",
                     status);
}

int rest_answer_check(const char *bytes, size_t size, int status, struct error *err)
{
    json_t *answer = json_loadb(bytes, size, JSON_DISABLE_EOF_CHECK, NULL);
    const json_t *entry = find_error(json_object_get(answer, "errors"));
    struct text said = TEXT_EMPTY;
    int result;

    if (entry) {
        text_add_format(&said, "%s (%s)", document_text(entry, "error"),
                        document_text(entry, "description"));
        result = slurm_fault("slurmrestd", said.bytes, err);
    } else {
        result = check_status(status, err);
    }
    text_release(&said);
    json_decref(answer);
    return result;
}

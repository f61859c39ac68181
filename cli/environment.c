/* SPDX-License-Identifier: MIT */
#include "cli/environment.h"

#include <string.h>

#include "queue/job.h"

/* Whether a later "K=..." among the added ones replaces this one. */
static bool is_replaced(const char *variable, const struct option_strings *added,
                        size_t from)
{
    size_t length = strcspn(variable, "=") + 1;

    for (size_t i = from; i < added->count; i++)
        if (strncmp(variable, added->items[i], length) == 0)
            return true;
    return false;
}

static int append_variable(json_t *list, const char *variable, size_t *size,
                           struct error *err)
{
    *size += strlen(variable) + 1;
    if (json_array_append_new(list, json_string(variable)) < 0)
        return error_set(err, ERROR_INVALID,
                         "the environment variable %.*s is not UTF-8 text; unset it",
                         (int)(strcspn(variable, "=") % 100), variable);
    return 0;
}

static int append_all(json_t *list, char *const *captured,
                      const struct option_strings *added, struct error *err)
{
    size_t size = 0;

    for (; *captured; captured++)
        if (strchr(*captured, '=') && !is_replaced(*captured, added, 0)
            && append_variable(list, *captured, &size, err) < 0)
            return -1;
    for (size_t i = 0; i < added->count; i++) {
        const char *variable = added->items[i];

        if (variable[0] == '=' || !strchr(variable, '='))
            return error_set_field(err, ERROR_INVALID, "env",
                                   "--env: write KEY=VALUE, not \"%.100s\"", variable);
        if (!is_replaced(variable, added, i + 1)
            && append_variable(list, variable, &size, err) < 0)
            return -1;
    }
    if (size > JOB_ENVIRONMENT_MAX)
        return error_set(err, ERROR_TOO_LARGE,
                         "the environment has %zu bytes, at most %d (128 KiB); unset "
                         "what the job does not need, or submit with \"env -i\"",
                         size, JOB_ENVIRONMENT_MAX);
    return 0;
}

json_t *environment_to_json(char *const *captured, const struct option_strings *added,
                            struct error *err)
{
    json_t *list = json_array();

    if (append_all(list, captured, added, err) < 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

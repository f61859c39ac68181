/* SPDX-License-Identifier: MIT */
#include "grid/providers/json_path.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_BYTES 128
#define INDEX_DIGITS   6

/* One step of a path. */
struct step {
    char name[NAME_MAX_BYTES + 1]; /* "" for an index */
    size_t index;
};

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || text_is_digit(c)
           || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* Take `length` bytes as the name of a member. */
static bool take_name(const char *from, size_t length, struct step *step)
{
    if (length == 0 || length > NAME_MAX_BYTES)
        return false;
    memcpy(step->name, from, length);
    step->name[length] = '\0';
    return true;
}

/* What stands in brackets, from behind the first; returns where it ends, or NULL. */
static const char *take_bracket(const char *at, struct step *step)
{
    const char *end;

    if (*at == '"') {
        end = strstr(at + 1, "\"]");
        return end && take_name(at + 1, (size_t)(end - at - 1), step) ? end + 2 : NULL;
    }
    step->name[0] = '\0';
    step->index = 0;
    for (end = at; text_is_digit(*end) && end - at < INDEX_DIGITS; end++)
        step->index = step->index * 10 + (size_t)(*end - '0');
    return end > at && *end == ']' ? end + 1 : NULL;
}

/* Take the step at `*at`, which moves on; false if there is none that is good. */
static bool take_step(const char *path, const char **at, struct step *step)
{
    const char *from = *at;
    const char *end;

    if (*from == '[') {
        end = take_bracket(from + 1, step);
    } else {
        if (from > path) {
            if (*from != '.')
                return false;
            from++;
        }
        for (end = from; is_plain(*end);)
            end++;
        if (!take_name(from, (size_t)(end - from), step))
            return false;
    }
    if (!end)
        return false;
    *at = end;
    return true;
}

int json_path_check(const char *path, struct error *err)
{
    const char *at = path;
    struct step step;
    int count = 0;

    while (*at) {
        if (!take_step(path, &at, &step))
            return error_set(err, ERROR_INVALID,
                             "\"%.60s\" is no path such as data[0].points: wrong at "
                             "character %d",
                             path, (int)(at - path) + 1);
        if (++count > JSON_PATH_STEPS_MAX)
            return error_set(err, ERROR_INVALID, "a path has at most %d steps",
                             JSON_PATH_STEPS_MAX);
    }
    return 0;
}

const json_t *json_path_find(const json_t *root, const char *path)
{
    const char *at = path;
    struct step step;

    while (*at && root) {
        if (!take_step(path, &at, &step))
            return NULL;
        root = step.name[0] ? json_object_get(root, step.name)
                            : json_array_get(root, step.index);
    }
    return root;
}

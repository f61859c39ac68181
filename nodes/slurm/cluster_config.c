/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/cluster_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

/* A part of what was said. */
struct span {
    const char *at;
    size_t length;
};

static struct span trim(struct span span)
{
    while (span.length > 0 && span.at[0] == ' ') {
        span.at++;
        span.length--;
    }
    while (span.length > 0 && strchr(" \r", span.at[span.length - 1]))
        span.length--;
    return span;
}

static bool is_word(struct span span, const char *word)
{
    return span.length == strlen(word) && strncasecmp(span.at, word, span.length) == 0;
}

static char *copy(struct span span)
{
    char *string = xcalloc(span.length + 1, 1);

    memcpy(string, span.at, span.length);
    return string;
}

static char *copy_value(struct span span)
{
    static const struct span nothing = {"", 0};

    return copy(is_word(span, "(null)") || is_word(span, "N/A") ? nothing : span);
}

/* Cut the next line, or field, off; false at the end. */
static bool take(const char **rest, char separator, struct span *span)
{
    const char *end;

    if (**rest == '\0')
        return false;
    end = strchr(*rest, separator);
    span->at = *rest;
    span->length = end ? (size_t)(end - *rest) : strlen(*rest);
    *rest += span->length + (end != NULL);
    return true;
}

int cluster_config_parse(const char *text, struct cluster_config *config,
                         struct error *err)
{
    struct cluster_config found = {NULL, 0};
    struct span line;
    size_t room = 0;

    while (take(&text, '\n', &line)) {
        const char *sign = memchr(line.at, '=', line.length);
        struct span name, value;

        if (!sign || sign == line.at || sign[-1] != ' ')
            continue;
        if (found.count == CLUSTER_SETTINGS_MAX) {
            cluster_config_release(&found);
            return error_set(err, ERROR_TOO_LARGE, "more than %d settings of Slurm",
                             CLUSTER_SETTINGS_MAX);
        }
        name = trim((struct span){line.at, (size_t)(sign - line.at)});
        value =
            trim((struct span){sign + 1, line.length - (size_t)(sign - line.at) - 1});
        found.items = xgrow(found.items, found.count, &room, sizeof(*found.items));
        found.items[found.count++] =
            (struct cluster_setting){copy(name), copy_value(value)};
    }
    if (found.count == 0)
        return error_set(err, ERROR_INVALID, "scontrol shows no settings of Slurm");
    *config = found;
    return 0;
}

void cluster_config_release(struct cluster_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->items[i].name);
        free(config->items[i].value);
    }
    free(config->items);
    *config = (struct cluster_config){NULL, 0};
}

const char *cluster_config_find(const struct cluster_config *config, const char *name)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcasecmp(config->items[i].name, name) == 0)
            return config->items[i].value;
    return "";
}

bool cluster_config_lists(const struct cluster_config *config, const char *name,
                          const char *word)
{
    const char *rest = cluster_config_find(config, name);
    struct span item;

    while (take(&rest, ',', &item)) {
        const char *sign = memchr(item.at, '=', item.length);

        if (sign)
            item.length = (size_t)(sign - item.at);
        if (is_word(trim(item), word))
            return true;
    }
    return false;
}

/* So that two of them can be added: digits past what that allows are left out. */
static int64_t read_number(struct span span)
{
    int64_t number = 0;
    size_t i;

    for (i = 0; i < span.length && text_is_digit(span.at[i]); i++)
        if (number < INT64_MAX / 40)
            number = 10 * number + (span.at[i] - '0');
    return i > 0 ? number : -1;
}

int64_t cluster_config_number(const struct cluster_config *config, const char *name)
{
    const char *value = cluster_config_find(config, name);

    return read_number((struct span){value, strlen(value)});
}

/* "00:10:00", "1-00:00:00"; what is no time, as UNLIMITED and NONE, is none. */
static duration read_time(struct span span)
{
    char *text = copy(span);
    struct error err;
    duration length = 0;

    if (duration_parse(text, &length, &err) < 0)
        length = text_is_digit(text[0]) ? DURATION_MAX : 0;
    free(text);
    return length;
}

/* The value of "NAME=VALUE" amid blanks; values have none. */
static struct span find_field(struct span line, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i + length < line.length; i++) {
        const char *at = line.at + i;
        const char *end;

        if ((i > 0 && at[-1] != ' ') || strncmp(at, name, length) != 0
            || at[length] != '=')
            continue;
        at += length + 1;
        end = memchr(at, ' ', (size_t)(line.at + line.length - at));
        return (struct span){at, (size_t)((end ? end : line.at + line.length) - at)};
    }
    return (struct span){"", 0};
}

static struct cluster_partition read_partition(struct span line)
{
    int64_t nodes = read_number(find_field(line, "TotalNodes"));

    return (struct cluster_partition){
        .name = copy(find_field(line, "PartitionName")),
        .is_default = is_word(find_field(line, "Default"), "YES"),
        .is_up = is_word(find_field(line, "State"), "UP"),
        .default_time = read_time(find_field(line, "DefaultTime")),
        .max_time = read_time(find_field(line, "MaxTime")),
        .nodes = nodes > 0 ? nodes : 0,
    };
}

int cluster_partitions_parse(const char *text, struct cluster_partitions *partitions,
                             struct error *err)
{
    struct cluster_partitions found = {NULL, 0};
    struct span line;
    size_t room = 0;

    while (take(&text, '\n', &line)) {
        if (find_field(line, "PartitionName").length == 0)
            continue;
        if (found.count == CLUSTER_PARTITIONS_MAX) {
            cluster_partitions_release(&found);
            return error_set(err, ERROR_TOO_LARGE, "more than %d partitions",
                             CLUSTER_PARTITIONS_MAX);
        }
        found.items = xgrow(found.items, found.count, &room, sizeof(*found.items));
        found.items[found.count++] = read_partition(line);
    }
    *partitions = found;
    return 0;
}

void cluster_partitions_release(struct cluster_partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++)
        free(partitions->items[i].name);
    free(partitions->items);
    *partitions = (struct cluster_partitions){NULL, 0};
}

const struct cluster_partition *
cluster_partitions_find(const struct cluster_partitions *partitions, const char *name)
{
    for (size_t i = 0; i < partitions->count; i++)
        if (strcmp(partitions->items[i].name, name) == 0)
            return &partitions->items[i];
    return NULL;
}

int cluster_use_parse(const char *text, struct cluster_use *use, struct error *err)
{
    struct cluster_use found = {false, 0, 0};
    struct span line;

    while (take(&text, '\n', &line)) {
        char *fields = copy(line);
        const char *rest = fields;
        struct span name = {"", 0}, allocated = {"", 0}, idle = {"", 0};
        struct cluster_use row;

        take(&rest, '|', &name);
        take(&rest, '|', &allocated);
        take(&rest, '|', &idle);
        row = (struct cluster_use){is_word(name, "gres/gpu"), read_number(allocated),
                                   read_number(idle)};
        if ((row.is_of_gpus || (is_word(name, "cpu") && !found.is_of_gpus))
            && row.allocated >= 0 && row.idle >= 0 && row.allocated + row.idle > 0)
            found = row;
        free(fields);
    }
    if (found.allocated + found.idle == 0)
        return error_set(err, ERROR_MISSING, "nothing is recorded yet");
    *use = found;
    return 0;
}

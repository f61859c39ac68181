/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/joules.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

_Static_assert((JOULES_GPUS_MAX + 8) * (JOULES_NAME_SIZE + 2 * 17 + 8)
                   < JOULES_SIZE_MAX,
               "every record fits the largest file");
_Static_assert(3 * sizeof("4294967295") + sizeof(JOULES_SUFFIX) <= JOULES_FILE_SIZE,
               "every name fits");

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || c == '.' || c == '_' || c == '-' || c == '/';
}

/* Of a GPU: a MIG device's has slashes. */
static bool is_name(const char *name, bool may_have_slashes)
{
    size_t length = strnlen(name, JOULES_NAME_SIZE);

    if (length == 0 || length == JOULES_NAME_SIZE)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(name[i]) || (name[i] == '/' && !may_have_slashes))
            return false;
    return true;
}

static bool is_within(int64_t number, int64_t most)
{
    return number >= 0 && number <= most;
}

static bool is_valid(const struct joules *joules)
{
    if (!is_name(joules->node, false) || !is_within(joules->began, INSTANT_MAX)
        || !is_within(joules->ended, INSTANT_MAX)
        || joules->gpu_count > JOULES_GPUS_MAX)
        return false;
    for (size_t i = 0; i < joules->gpu_count; i++)
        if (!is_name(joules->gpus[i].uuid, true)
            || !is_within(joules->gpus[i].began_mj, JOULES_MJ_MAX)
            || !is_within(joules->gpus[i].ended_mj, JOULES_MJ_MAX))
            return false;
    return true;
}

int joules_format(const struct joules *joules, char *text, size_t size,
                  struct error *err)
{
    size_t used;

    if (!is_valid(joules))
        return error_set(err, ERROR_INVALID, "the record of energy is out of range");
    used =
        (size_t)snprintf(text, size,
                         "penstock-joules 1\njob %u\nstep %u\nnode %u %s\n"
                         "began %lld\nended %lld\n",
                         joules->job_id, joules->step_id, joules->node_id, joules->node,
                         (long long)joules->began, (long long)joules->ended);
    for (size_t i = 0; i < joules->gpu_count && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "gpu %lld %lld %s\n",
                             (long long)joules->gpus[i].began_mj,
                             (long long)joules->gpus[i].ended_mj, joules->gpus[i].uuid);
    if (used < size)
        used +=
            (size_t)snprintf(text + used, size - used, "end %zu\n", joules->gpu_count);
    if (used >= size)
        return error_set(err, ERROR_TOO_LARGE, "the record does not fit %zu bytes",
                         size);
    return 0;
}

/* What is left of the bytes. Each take_ moves on only if it returns true. */
struct rest {
    const char *at;
    const char *end;
};

static bool take_word(struct rest *rest, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(rest->end - rest->at) < length || memcmp(rest->at, word, length) != 0)
        return false;
    rest->at += length;
    return true;
}

static bool take_number(struct rest *rest, int64_t most, char after, int64_t *number)
{
    const char *at = rest->at;
    int64_t value = 0;

    while (at < rest->end && *at >= '0' && *at <= '9' && value <= most)
        value = 10 * value + (*at++ - '0');
    if (at == rest->at || value > most || (*rest->at == '0' && at - rest->at > 1)
        || at == rest->end || *at != after)
        return false;
    rest->at = at + 1;
    *number = value;
    return true;
}

static bool take_name(struct rest *rest, char name[JOULES_NAME_SIZE])
{
    const char *end = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));

    if (!end || end - rest->at >= JOULES_NAME_SIZE
        || memchr(rest->at, '\0', (size_t)(end - rest->at)))
        return false;
    memset(name, 0, JOULES_NAME_SIZE);
    memcpy(name, rest->at, (size_t)(end - rest->at));
    rest->at = end + 1;
    return true;
}

static bool take_setting(struct rest *rest, const char *name, int64_t most,
                         int64_t *number)
{
    return take_word(rest, name) && take_number(rest, most, '\n', number);
}

static bool take_head(struct rest *rest, struct joules *joules)
{
    int64_t job_id, step_id, node_id;

    if (!take_word(rest, "penstock-joules 1\n")
        || !take_setting(rest, "job ", UINT32_MAX, &job_id)
        || !take_setting(rest, "step ", UINT32_MAX, &step_id)
        || !take_word(rest, "node ") || !take_number(rest, UINT32_MAX, ' ', &node_id)
        || !take_name(rest, joules->node)
        || !take_setting(rest, "began ", INSTANT_MAX, &joules->began)
        || !take_setting(rest, "ended ", INSTANT_MAX, &joules->ended))
        return false;
    joules->job_id = (uint32_t)job_id;
    joules->step_id = (uint32_t)step_id;
    joules->node_id = (uint32_t)node_id;
    return true;
}

static bool take_gpu(struct rest *rest, struct joules_gpu *gpu)
{
    return take_word(rest, "gpu ")
           && take_number(rest, JOULES_MJ_MAX, ' ', &gpu->began_mj)
           && take_number(rest, JOULES_MJ_MAX, ' ', &gpu->ended_mj)
           && take_name(rest, gpu->uuid);
}

int joules_parse(const char *bytes, size_t size, struct joules *joules,
                 struct error *err)
{
    struct rest rest = {bytes, bytes + size};
    struct joules found = {0};
    int64_t count = 0;

    if (size > JOULES_SIZE_MAX || !take_head(&rest, &found))
        return error_set(err, ERROR_INVALID, "the record of energy has no whole head");
    while (found.gpu_count < JOULES_GPUS_MAX
           && take_gpu(&rest, &found.gpus[found.gpu_count]))
        found.gpu_count++;
    if (!take_setting(&rest, "end ", JOULES_GPUS_MAX, &count)
        || (size_t)count != found.gpu_count || rest.at != rest.end || !is_valid(&found))
        return error_set(err, ERROR_INVALID, "the record of energy is damaged");
    *joules = found;
    return 0;
}

char *joules_file_name(const struct joules *joules, char name[JOULES_FILE_SIZE])
{
    snprintf(name, JOULES_FILE_SIZE, "%u.%u.%u" JOULES_SUFFIX, joules->job_id,
             joules->step_id, joules->node_id);
    return name;
}

/* The span of a GPU over all records; false if an earlier record than its own has it.
 */
static bool span_of(const struct joules *records, size_t count, size_t record,
                    const struct joules_gpu *gpu, struct joules_gpu *span)
{
    *span = *gpu;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < records[i].gpu_count; j++) {
            const struct joules_gpu *other = &records[i].gpus[j];

            if (strcmp(other->uuid, gpu->uuid) != 0)
                continue;
            if (i < record)
                return false;
            if (other->began_mj < span->began_mj)
                span->began_mj = other->began_mj;
            if (other->ended_mj > span->ended_mj)
                span->ended_mj = other->ended_mj;
        }
    return true;
}

int64_t joules_total_mj(const struct joules *records, size_t count)
{
    int64_t total = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < records[i].gpu_count; j++) {
            struct joules_gpu span;

            if (span_of(records, count, i, &records[i].gpus[j], &span)
                && span.ended_mj > span.began_mj)
                total += span.ended_mj - span.began_mj;
        }
    return total;
}

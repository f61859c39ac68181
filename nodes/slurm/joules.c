/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/joules.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nodes/slurm/cursor.h"

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

static bool take_name(struct cursor *cursor, char name[JOULES_NAME_SIZE])
{
    const char *end = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));

    if (!end || end - cursor->at >= JOULES_NAME_SIZE
        || memchr(cursor->at, '\0', (size_t)(end - cursor->at)))
        return false;
    memset(name, 0, JOULES_NAME_SIZE);
    memcpy(name, cursor->at, (size_t)(end - cursor->at));
    cursor->at = end + 1;
    return true;
}

static bool take_head(struct cursor *cursor, struct joules *joules)
{
    int64_t job_id, step_id, node_id;

    if (!cursor_take_word(cursor, "penstock-joules 1\n")
        || !cursor_take_setting(cursor, "job ", UINT32_MAX, &job_id)
        || !cursor_take_setting(cursor, "step ", UINT32_MAX, &step_id)
        || !cursor_take_word(cursor, "node ")
        || !cursor_take_number(cursor, UINT32_MAX, &node_id)
        || !cursor_take_word(cursor, " ") || !take_name(cursor, joules->node)
        || !cursor_take_setting(cursor, "began ", INSTANT_MAX, &joules->began)
        || !cursor_take_setting(cursor, "ended ", INSTANT_MAX, &joules->ended))
        return false;
    joules->job_id = (uint32_t)job_id;
    joules->step_id = (uint32_t)step_id;
    joules->node_id = (uint32_t)node_id;
    return true;
}

static bool take_gpu(struct cursor *cursor, struct joules_gpu *gpu)
{
    struct cursor ahead = *cursor;

    if (!cursor_take_word(&ahead, "gpu ")
        || !cursor_take_number(&ahead, JOULES_MJ_MAX, &gpu->began_mj)
        || !cursor_take_word(&ahead, " ")
        || !cursor_take_number(&ahead, JOULES_MJ_MAX, &gpu->ended_mj)
        || !cursor_take_word(&ahead, " ") || !take_name(&ahead, gpu->uuid))
        return false;
    *cursor = ahead;
    return true;
}

int joules_parse(const char *bytes, size_t size, struct joules *joules,
                 struct error *err)
{
    struct cursor cursor = {bytes, bytes + size};
    struct joules found = {0};
    int64_t count = 0;

    if (size > JOULES_SIZE_MAX || !take_head(&cursor, &found))
        return error_set(err, ERROR_INVALID, "the record of energy has no whole head");
    while (found.gpu_count < JOULES_GPUS_MAX
           && take_gpu(&cursor, &found.gpus[found.gpu_count]))
        found.gpu_count++;
    if (!cursor_take_setting(&cursor, "end ", JOULES_GPUS_MAX, &count)
        || (size_t)count != found.gpu_count || cursor.at != cursor.end
        || !is_valid(&found))
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

/* SPDX-License-Identifier: MIT */
#include "cli/ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"

void ids_add(struct ids *ids, int64_t id)
{
    ids->items = xgrow(ids->items, ids->count, &ids->room, sizeof(*ids->items));
    ids->items[ids->count++] = id;
}

void ids_release(struct ids *ids)
{
    free(ids->items);
    *ids = IDS_NONE;
}

static int parse_one(const char *operand, size_t most, struct ids *ids,
                     struct error *err)
{
    char first[24] = "";
    size_t length = strcspn(operand, "-");
    int64_t from, to;

    if (length == 0 || length >= sizeof(first))
        return -1;
    memcpy(first, operand, length);
    if (number_parse(first, 1, INT64_MAX, &from, NULL) < 0)
        return -1;
    to = from;
    if (operand[length]
        && number_parse(operand + length + 1, from, INT64_MAX, &to, NULL) < 0)
        return -1;
    if (to - from >= (int64_t)(most - ids->count))
        return error_set(err, ERROR_TOO_LARGE, "more than %zu jobs at once", most);
    for (int64_t i = 0; i <= to - from; i++)
        ids_add(ids, from + i);
    return 0;
}

/* Add what an operand names, or release all. */
static int take(const char *operand, size_t most, const char *forms, struct ids *ids,
                struct error *err)
{
    struct error why;

    error_set(&why, ERROR_INVALID, "\"%.60s\" is no job id; write %s", operand, forms);
    if (parse_one(operand, most, ids, &why) == 0)
        return 0;
    ids_release(ids);
    return error_set(err, why.code, "%s", why.text);
}

int ids_parse(const char *operand, struct ids *ids, struct error *err)
{
    return take(operand, IDS_MAX, "7, 10-19, or for Slurm's slurm/4711 or slurm/4711_3",
                ids, err);
}

const char *ids_slurm_name(const char *operand)
{
    static const char head[] = "slurm/";
    static const char digits[] = "0123456789";
    const char *name = operand + sizeof(head) - 1;
    size_t length;

    if (strncmp(operand, head, sizeof(head) - 1) != 0)
        return NULL;
    length = strspn(name, digits);
    if (length > 0 && name[length] == '_' && name[length + 1])
        length += 1 + strspn(name + length + 1, digits);
    return length > 0 && name[length] == '\0' ? name : NULL;
}

int ids_parse_list(const char *text, size_t most, struct ids *ids, struct error *err)
{
    *ids = IDS_NONE;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        struct text operand = TEXT_EMPTY;
        int result;

        text_add_bytes(&operand, at, strcspn(at, ","));
        result = take(operand.bytes, most, "7, or 10-19", ids, err);
        text_release(&operand);
        if (result < 0)
            return -1;
    }
    return 0;
}

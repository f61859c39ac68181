/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/slurm/document.h"
#include "nodes/slurm/tres.h"

#define NODE_NAME_MAX 256

/*
 * States, and flags upon them, in which nothing starts on a node and nothing will until
 * somebody mends it. One that is switched off to save power is woken by a job, and what
 * is kept or planned for others stands in reservations and jobs.
 */
static const char *const down_words[] = {
    "DOWN",           "DRAIN",      "DRAINED", "DRAINING",      "ERROR",       "FAIL",
    "FAILED",         "FAILING",    "FUTURE",  "INVALID",       "INVALID_REG", "INVAL",
    "NOT_RESPONDING", "NO_RESPOND", "UNKNOWN", "REBOOT_ISSUED",
};

static bool is_down_word(const json_t *word)
{
    const char *text = json_string_value(word);

    for (size_t i = 0; text && i < sizeof(down_words) / sizeof(down_words[0]); i++)
        if (strcasecmp(text, down_words[i]) == 0)
            return true;
    return false;
}

/* A word, or a list of them. */
static bool says_down(const json_t *said)
{
    const json_t *word;
    size_t i;

    if (is_down_word(said))
        return true;
    json_array_foreach(said, i, word)
    {
        if (is_down_word(word))
            return true;
    }
    return false;
}

/* ",a,b," of a list, or of "a,b". */
static char *read_partitions(const json_t *item)
{
    const json_t *list = json_object_get(item, "partitions");
    struct text partitions = TEXT_EMPTY;
    const json_t *name;
    size_t i;

    text_add(&partitions, ",");
    if (json_is_string(list) && json_string_value(list)[0] != '\0')
        text_add_format(&partitions, "%s,", json_string_value(list));
    json_array_foreach(list, i, name)
    {
        if (json_is_string(name))
            text_add_format(&partitions, "%s,", json_string_value(name));
    }
    return text_take(&partitions);
}

static int64_t at_least_0(int64_t amount)
{
    return amount > 0 ? amount : 0;
}

static void read_resources(const json_t *item, struct slurm_node *node)
{
    struct tres has;
    struct tres used;

    tres_parse(document_text(item, "gres"), &has);
    tres_parse(document_text(item, "gres_used"), &used);
    node->capacity = (struct resources){
        .gpus = at_least_0(has.gpus),
        .cpus = document_count(item, "cpus", SLURM_AMOUNT_MAX),
        .memory = document_count(item, "real_memory", SLURM_AMOUNT_MAX),
    };
    node->used = (struct resources){
        .gpus = at_least_0(used.gpus),
        .cpus = document_count(item, "alloc_cpus", SLURM_AMOUNT_MAX),
        .memory = document_count(item, "alloc_memory", SLURM_AMOUNT_MAX),
    };
    memcpy(node->gpu_type, has.gpu_type, sizeof(node->gpu_type));
}

/* The nodes as they are read. */
struct list {
    struct slurm_node *items;
    size_t count;
    size_t room;
};

static int on_node(const json_t *item, void *context, struct error *err)
{
    struct list *list = context;
    struct slurm_node *node;

    (void)err;
    if (document_text(item, "name")[0] == '\0')
        return 0;
    list->items = xgrow(list->items, list->count, &list->room, sizeof(*list->items));
    node = &list->items[list->count++];
    *node = (struct slurm_node){
        .name = document_copy(item, "name", NODE_NAME_MAX),
        .partitions = read_partitions(item),
        .reason = document_copy(item, "reason", SLURM_COMMENT_MAX),
        .is_up = json_object_get(item, "state")
                 && !says_down(json_object_get(item, "state"))
                 && !says_down(json_object_get(item, "state_flags")),
    };
    read_resources(item, node);
    return 0;
}

int slurm_nodes_parse(const char *json, size_t size, struct slurm_nodes *nodes,
                      struct error *err)
{
    struct list list = {0};
    int status =
        document_each(json, size, "nodes", SLURM_NODES_MAX, on_node, &list, err);
    struct slurm_nodes read = {.items = list.items, .count = list.count};

    if (status < 0)
        slurm_nodes_release(&read);
    else
        *nodes = read;
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "nodes/slurm/document.h"
#include "nodes/slurm/hostlist.h"
#include "nodes/slurm/tres.h"

#define NAME_MAX_BYTES 256

/* Reservations as they are read, and the nodes by name. */
struct list {
    const struct slurm_node **by_name;
    size_t node_count;
    struct slurm_reservation *items;
    size_t count;
    size_t room;
    struct resources whole; /* of the hosts of the one that is read */
};

static int compare_names(const void *left, const void *right)
{
    const struct slurm_node *const *a = left;
    const struct slurm_node *const *b = right;

    return strcmp((*a)->name, (*b)->name);
}

static void list_init(struct list *list, const struct slurm_nodes *nodes)
{
    *list = (struct list){.node_count = nodes->count};
    list->by_name = xcalloc(nodes->count + 1, sizeof(*list->by_name));
    for (size_t i = 0; i < nodes->count; i++)
        list->by_name[i] = &nodes->items[i];
    qsort(list->by_name, nodes->count, sizeof(*list->by_name), compare_names);
}

static void on_host(const char *name, void *context)
{
    struct list *list = context;
    struct slurm_node key = {.name = xstrdup(name)};
    const struct slurm_node *wanted = &key;
    const struct slurm_node **found = bsearch(&wanted, list->by_name, list->node_count,
                                              sizeof(*list->by_name), compare_names);

    if (found)
        resources_add(&list->whole, &(*found)->capacity);
    free(key.name);
}

/* What it takes of its nodes: less than all if it was made for some of their cores. */
static struct resources taken_of(const struct resources *whole, const char *said)
{
    struct tres tres;

    tres_parse(said, &tres);
    if (tres.cpus < 0 || tres.cpus >= whole->cpus)
        return *whole;
    return (struct resources){
        .gpus = tres.gpus > 0 ? tres.gpus : 0,
        .cpus = tres.cpus,
        .memory = tres.memory > 0 ? tres.memory : 0,
    };
}

/* Add one; its strings are borrowed. */
static int add(struct list *list, const struct slurm_reservation *read,
               const char *tres, struct error *err)
{
    struct slurm_reservation *item;

    if (read->nodes[0] == '\0' || read->ends <= read->begins)
        return 0;
    if (list->count == SLURM_RESERVATIONS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d reservations",
                         SLURM_RESERVATIONS_MAX);
    list->whole = (struct resources){0};
    if (hostlist_each(read->nodes, SLURM_NODES_MAX, on_host, list, err) < 0)
        return -1;
    list->items = xgrow(list->items, list->count, &list->room, sizeof(*list->items));
    item = &list->items[list->count++];
    *item = *read;
    item->name = xstrdup(read->name);
    item->nodes = xstrdup(read->nodes);
    item->taken = taken_of(&list->whole, tres);
    return 0;
}

/* Give what was read to `nodes`, or forget it. */
static void list_finish(struct list *list, int status, struct slurm_nodes *nodes)
{
    struct slurm_nodes read = {
        .reservations = list->items,
        .reservation_count = list->count,
    };

    if (status == 0) {
        for (size_t i = 0; i < nodes->reservation_count; i++) {
            free(nodes->reservations[i].name);
            free(nodes->reservations[i].nodes);
        }
        free(nodes->reservations);
        nodes->reservations = list->items;
        nodes->reservation_count = list->count;
    } else {
        slurm_nodes_release(&read);
    }
    free(list->by_name);
}

/* A copy of what comes after " KEY=" up to the next blank; "" if it is not there. */
static char *copy_value(const char *line, const char *key)
{
    size_t length = strlen(key);
    const char *at = line;

    while ((at = strstr(at, key))) {
        if ((at == line || at[-1] == ' ') && at[length] == '=') {
            const char *value = at + length + 1;
            char *copy = xstrdup(value);

            copy[strcspn(value, " ")] = '\0';
            if (strcmp(copy, "(null)") == 0)
                copy[0] = '\0';
            return copy;
        }
        at += length;
    }
    return xstrdup("");
}

static instant time_of(const char *line, const char *key)
{
    char *value = copy_value(line, key);
    char in_utc[40];
    instant when = 0;

    snprintf(in_utc, sizeof(in_utc), "%sZ", value);
    instant_parse(in_utc, &when, NULL);
    free(value);
    return when;
}

static int add_line(struct list *list, const char *bytes, size_t length,
                    struct error *err)
{
    char *line = xcalloc(length + 1, 1);
    struct slurm_reservation read;
    char *tres;
    int status;

    memcpy(line, bytes, length);
    if (strncmp(line, "ReservationName=", 16) != 0) {
        error_set(err, ERROR_INVALID, "scontrol tells of no reservation: %.60s", line);
        free(line);
        return -1;
    }
    read = (struct slurm_reservation){
        .name = copy_value(line, "ReservationName"),
        .nodes = copy_value(line, "Nodes"),
        .begins = time_of(line, "StartTime"),
        .ends = time_of(line, "EndTime"),
    };
    tres = copy_value(line, "TRES");
    status = add(list, &read, tres, err);
    free(read.name);
    free(read.nodes);
    free(tres);
    free(line);
    return status;
}

int slurm_reservations_parse(const char *lines, size_t size, struct slurm_nodes *nodes,
                             struct error *err)
{
    static const char none[] = "No reservations in the system";
    const char *end = lines + size;
    struct list list;
    int status = 0;

    list_init(&list, nodes);
    while (lines < end && status == 0) {
        const char *newline = memchr(lines, '\n', (size_t)(end - lines));
        size_t length = (size_t)((newline ? newline : end) - lines);

        if (length > 0
            && (length < sizeof(none) - 1
                || strncmp(lines, none, sizeof(none) - 1) != 0))
            status = add_line(&list, lines, length, err);
        lines += length + (newline ? 1 : 0);
    }
    list_finish(&list, status, nodes);
    return status;
}

static int on_reservation(const json_t *item, void *context, struct error *err)
{
    char *name = document_copy(item, "name", NAME_MAX_BYTES);
    char *nodes = xstrdup(document_text(item, "node_list"));
    struct slurm_reservation read = {
        .name = name,
        .nodes = nodes,
        .begins = document_count(item, "start_time", INSTANT_MAX),
        .ends = document_count(item, "end_time", INSTANT_MAX),
    };
    int status = add(context, &read, document_text(item, "tres"), err);

    free(name);
    free(nodes);
    return status;
}

int slurm_reservations_parse_json(const char *json, size_t size,
                                  struct slurm_nodes *nodes, struct error *err)
{
    struct list list;
    int status;

    list_init(&list, nodes);
    status = document_each(json, size, "reservations", SLURM_RESERVATIONS_MAX,
                           on_reservation, &list, err);
    list_finish(&list, status, nodes);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "config/check.h"
#include "config/parser.h"
#include "config/value.h"

/* Room for all sections at once, so that they never move while they are read. */
static struct config *config_create(void)
{
    struct config *config = xcalloc(1, sizeof(*config));

    config->providers = xcalloc(CONFIG_SECTIONS_MAX, sizeof(*config->providers));
    config->zones = xcalloc(CONFIG_SECTIONS_MAX, sizeof(*config->zones));
    config->pools = xcalloc(CONFIG_SECTIONS_MAX, sizeof(*config->pools));
    config->queues = xcalloc(CONFIG_SECTIONS_MAX, sizeof(*config->queues));
    return config;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    free(config->providers);
    free(config->zones);
    free(config->pools);
    free(config->queues);
    free(config);
}

/* By lines; those of one line stay in the order in which they were found. */
static void sort_faults(struct config_faults *faults)
{
    size_t count =
        faults->count < CONFIG_FAULTS_MAX ? faults->count : CONFIG_FAULTS_MAX;

    for (size_t i = 1; i < count; i++) {
        struct config_fault fault = faults->items[i];
        size_t place = i;

        for (; place > 0 && faults->items[place - 1].line > fault.line; place--)
            faults->items[place] = faults->items[place - 1];
        faults->items[place] = fault;
    }
}

struct config *config_parse(const char *text, size_t size, struct config_faults *faults)
{
    struct config *config = config_create();
    struct parser parser;

    faults->count = 0;
    parser_init(&parser, config, faults);
    if (size > CONFIG_FILE_MAX) {
        parser_add_fault(&parser, 0, "the config is larger than %d bytes",
                         CONFIG_FILE_MAX);
    } else {
        parser_read(&parser, text, size);
        config_check(&parser);
    }
    parser_release(&parser);
    sort_faults(faults);
    if (faults->count == 0)
        return config;
    config_destroy(config);
    return NULL;
}

struct config *config_load(const char *path, struct config_faults *faults)
{
    struct text contents = TEXT_EMPTY;
    struct config *config = NULL;
    struct error err;

    if (file_load(path, CONFIG_FILE_MAX, &contents, &err) < 0) {
        faults->count = 1;
        faults->items[0].line = 0;
        snprintf(faults->items[0].text, sizeof(faults->items[0].text), "%s", err.text);
    } else {
        config = config_parse(contents.bytes, contents.length, faults);
    }
    text_release(&contents);
    return config;
}

void config_fault_add(const struct config_fault *fault, const char *path,
                      struct text *text)
{
    if (fault->line > 0)
        text_add_format(text, "%s:%d: %s", path, fault->line, fault->text);
    else
        text_add_format(text, "%s: %s", path, fault->text);
}

bool config_is_slurm(const struct config_pool *pool)
{
    return strcmp(pool->executor, "slurm") == 0;
}

bool config_has_pools(const struct config *config, bool of_slurm)
{
    for (size_t i = 0; i < config->pool_count; i++)
        if (config_is_slurm(&config->pools[i]) == of_slurm)
            return true;
    return false;
}

struct config_provider *config_find_provider(const struct config *config,
                                             const char *name)
{
    for (size_t i = 0; i < config->provider_count; i++)
        if (strcmp(config->providers[i].name, name) == 0)
            return &config->providers[i];
    return NULL;
}

struct config_zone *config_find_zone(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->zone_count; i++)
        if (strcmp(config->zones[i].name, name) == 0)
            return &config->zones[i];
    return NULL;
}

struct config_pool *config_find_pool(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->pool_count; i++)
        if (strcmp(config->pools[i].name, name) == 0)
            return &config->pools[i];
    return NULL;
}

struct config_queue *config_find_queue(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->queue_count; i++)
        if (strcmp(config->queues[i].name, name) == 0)
            return &config->queues[i];
    return NULL;
}

duration config_default_wait(const struct config *config, const char *queue,
                             duration most)
{
    const struct config_queue *found = config_find_queue(config, queue);

    return found && found->max_wait != CONFIG_NOT_SET && found->max_wait < most
               ? found->max_wait
               : most;
}

/* The first setting that needs a restart and differs; NULL if there is none. */
static const char *find_fixed_change(enum setting_section kind, const void *before,
                                     const void *after)
{
    for (const struct setting *setting = settings; setting->key; setting++)
        if (setting->section == kind && !setting->reloads
            && !value_is_equal(setting, before, after))
            return setting->key;
    return NULL;
}

/* Sections of a kind, as an array of structs that begin with their name. */
struct section_list {
    enum setting_section kind;
    const void *items;
    size_t count;
    size_t size;
};

static const char *list_item(const struct section_list *list, size_t i)
{
    return (const char *)list->items + i * list->size;
}

/* Whether two lists have the same sections, with the same values where they must. */
static bool can_replace_list(const struct section_list *before,
                             const struct section_list *after, char *what, size_t size)
{
    const char *kind = setting_section_name(before->kind);

    for (size_t i = 0; i < before->count || i < after->count; i++) {
        const char *old = i < before->count ? list_item(before, i) : NULL;
        const char *new = i < after->count ? list_item(after, i) : NULL;
        const char *key;

        if (!old || !new || strcmp(old, new) != 0) {
            snprintf(what, size, "[%s %s]", kind, old ? old : new);
            return false;
        }
        key = find_fixed_change(before->kind, old, new);
        if (key) {
            snprintf(what, size, "[%s %s] %s", kind, old, key);
            return false;
        }
    }
    return true;
}

static bool can_replace_single(enum setting_section kind, const void *before,
                               const void *after, char *what, size_t size)
{
    const char *key = find_fixed_change(kind, before, after);

    if (key)
        snprintf(what, size, "[%s] %s", setting_section_name(kind), key);
    return !key;
}

#define LIST(section, config, member, number)                                          \
    ((struct section_list){section, (config)->member, (config)->number,                \
                           sizeof(*(config)->member)})

bool config_can_reload(const struct config *before, const struct config *after,
                       char *what, size_t size)
{
    const struct section_list old_lists[] = {
        LIST(SECTION_PROVIDER, before, providers, provider_count),
        LIST(SECTION_ZONE, before, zones, zone_count),
        LIST(SECTION_POOL, before, pools, pool_count),
    };
    const struct section_list new_lists[] = {
        LIST(SECTION_PROVIDER, after, providers, provider_count),
        LIST(SECTION_ZONE, after, zones, zone_count),
        LIST(SECTION_POOL, after, pools, pool_count),
    };

    if (!can_replace_single(SECTION_DAEMON, &before->daemon, &after->daemon, what,
                            size))
        return false;
    for (size_t i = 0; i < sizeof(old_lists) / sizeof(old_lists[0]); i++)
        if (!can_replace_list(&old_lists[i], &new_lists[i], what, size))
            return false;
    return can_replace_single(SECTION_SLURM, &before->slurm, &after->slurm, what, size)
           && can_replace_single(SECTION_PLANNER, &before->planner, &after->planner,
                                 what, size);
}

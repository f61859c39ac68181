/* SPDX-License-Identifier: MIT */
#include "config/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/reader.h"
#include "config/value.h"

/* What all structs of named sections begin with. */
struct section_head {
    char name[CONFIG_NAME_MAX + 1];
    int line;
};

_Static_assert(
    offsetof(struct config_provider, line) == offsetof(struct section_head, line)
        && offsetof(struct config_zone, line) == offsetof(struct section_head, line)
        && offsetof(struct config_pool, line) == offsetof(struct section_head, line)
        && offsetof(struct config_queue, line) == offsetof(struct section_head, line),
    "named sections begin alike");

static void __attribute__((format(printf, 3, 0)))
add_fault(struct parser *parser, int line, const char *format, va_list args)
{
    struct config_faults *faults = parser->faults;

    if (faults->count++ >= CONFIG_FAULTS_MAX)
        return;
    faults->items[faults->count - 1].line = line;
    vsnprintf(faults->items[faults->count - 1].text, sizeof(faults->items[0].text),
              format, args);
}

void parser_add_fault(struct parser *parser, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_fault(parser, line, format, args);
    va_end(args);
}

static const char *name_of(const struct parser_section *section)
{
    const struct section_head *head = section->values;

    return setting_section_is_named(section->kind) ? head->name : "";
}

static void put_setting_fault(struct parser *parser,
                              const struct parser_section *section, int line,
                              const char *key, const char *what)
{
    const char *name = name_of(section);

    parser_add_fault(parser, line, "[%s%s%s] %s: %s",
                     setting_section_name(section->kind), *name ? " " : "", name, key,
                     what);
}

static const struct parser_section *section_of(const struct parser *parser,
                                               const void *values)
{
    size_t i = 0;

    while (parser->sections[i].values != values)
        i++;
    return &parser->sections[i];
}

/* The place of a setting in the table, or -1. */
static int setting_index(enum setting_section kind, const char *key)
{
    for (int i = 0; settings[i].key; i++)
        if (settings[i].section == kind && strcmp(settings[i].key, key) == 0)
            return i;
    return -1;
}

void parser_add_fault_at(struct parser *parser, const void *values, const char *key,
                         const char *format, ...)
{
    const struct parser_section *section = section_of(parser, values);
    int index = setting_index(section->kind, key);
    int line = index < 0 ? 0 : section->key_lines[index];
    char what[192];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    put_setting_fault(parser, section, line ? line : section->line, key, what);
}

void parser_refuse(struct parser *parser, const void *values, const char *key,
                   const char *why)
{
    const struct parser_section *section = section_of(parser, values);
    int index = setting_index(section->kind, key);

    if (index >= 0 && section->key_lines[index])
        put_setting_fault(parser, section, section->key_lines[index], key, why);
}

/* Add a section with all values as if nothing were set. */
static struct parser_section *add_section(struct parser *parser,
                                          enum setting_section kind, void *values)
{
    struct parser_section *section;

    parser->sections = xgrow(parser->sections, parser->section_count,
                             &parser->section_room, sizeof(*parser->sections));
    section = &parser->sections[parser->section_count++];
    *section = (struct parser_section){.kind = kind, .values = values};
    for (const struct setting *setting = settings; setting->key; setting++)
        if (setting->section == kind && setting->standard)
            value_parse(setting, setting->standard, values, NULL);
    return section;
}

/* A new struct for a section of this kind, or NULL if there are too many. */
static void *make_values(struct config *config, enum setting_section kind)
{
    size_t *count = NULL;
    size_t size = 0;
    char *values = NULL;

    switch (kind) {
    case SECTION_PROVIDER:
        count = &config->provider_count;
        size = sizeof(*config->providers);
        values = (char *)config->providers;
        break;
    case SECTION_ZONE:
        count = &config->zone_count;
        size = sizeof(*config->zones);
        values = (char *)config->zones;
        break;
    case SECTION_POOL:
        count = &config->pool_count;
        size = sizeof(*config->pools);
        values = (char *)config->pools;
        break;
    case SECTION_QUEUE:
        count = &config->queue_count;
        size = sizeof(*config->queues);
        values = (char *)config->queues;
        break;
    case SECTION_DAEMON:
    case SECTION_PLANNER:
    case SECTION_SLURM:
    case SECTIONS:
        break;
    }
    if (!count || *count == CONFIG_SECTIONS_MAX)
        return NULL;
    return values + size * (*count)++;
}

static const char *const reserved_names[] = {CONFIG_HISTORY, "blend", "yearly", "none",
                                             "auto"};

static void check_name(struct parser *parser, const struct reader_item *item,
                       enum setting_section kind)
{
    size_t reserved = sizeof(reserved_names) / sizeof(reserved_names[0]);

    if (!text_is_name(item->value, CONFIG_NAME_MAX)) {
        parser_add_fault(parser, item->line,
                         "[%s %.40s]: a name has at most %d letters, digits, '.', '_' "
                         "and '-', and no '-' or '.' in front",
                         item->key, item->value, CONFIG_NAME_MAX);
    }
    for (size_t i = 0; kind == SECTION_PROVIDER && i < reserved; i++) {
        if (strcmp(item->value, reserved_names[i]) == 0) {
            parser_add_fault(parser, item->line, "[%s %s]: the name is reserved",
                             item->key, item->value);
        }
    }
    for (size_t i = 0; i < parser->section_count; i++) {
        const struct parser_section *section = &parser->sections[i];

        if (section->kind != kind || strcmp(name_of(section), item->value) != 0)
            continue;
        parser_add_fault(parser, item->line, "[%s %s]: stands in line %d already",
                         item->key, item->value, section->line);
        return;
    }
}

static struct parser_section *enter_named(struct parser *parser,
                                          const struct reader_item *item,
                                          enum setting_section kind)
{
    struct parser_section *section;
    struct section_head *head;

    if (!*item->value) {
        parser_add_fault(parser, item->line, "[%s]: needs a name, as in [%s NAME]",
                         item->key, item->key);
    } else {
        check_name(parser, item, kind);
    }
    head = make_values(parser->config, kind);
    if (!head) {
        parser_add_fault(parser, item->line,
                         "[%s %.40s]: at most %d sections of this kind", item->key,
                         item->value, CONFIG_SECTIONS_MAX);
        return NULL;
    }
    section = add_section(parser, kind, head);
    section->line = head->line = item->line;
    if (!text_copy(head->name, sizeof(head->name), item->value))
        head->name[0] = '\0';
    return section;
}

static struct parser_section *enter_single(struct parser *parser,
                                           const struct reader_item *item,
                                           enum setting_section kind)
{
    struct parser_section *section = parser->sections;

    while (section->kind != kind)
        section++;
    if (*item->value) {
        parser_add_fault(parser, item->line,
                         "[%s %.40s]: is written [%s], without a "
                         "name",
                         item->key, item->value, item->key);
    }
    if (section->line) {
        parser_add_fault(parser, item->line, "[%s]: stands in line %d already",
                         item->key, section->line);
        return section;
    }
    section->line = item->line;
    return section;
}

/* The section that a header opens; NULL, with a fault, if what follows has no place. */
static struct parser_section *enter(struct parser *parser,
                                    const struct reader_item *item)
{
    enum setting_section kind;

    if (setting_section_parse(item->key, &kind) < 0) {
        parser_add_fault(parser, item->line,
                         "[%.40s]: unknown section; there are daemon, planner, "
                         "slurm, provider, zone, pool and queue",
                         item->key);
        return NULL;
    }
    return setting_section_is_named(kind) ? enter_named(parser, item, kind)
                                          : enter_single(parser, item, kind);
}

static void set_value(struct parser *parser, struct parser_section *section,
                      const struct reader_item *item)
{
    int index = setting_index(section->kind, item->key);
    struct error err;
    char what[64];

    if (index < 0) {
        put_setting_fault(parser, section, item->line, item->key, "unknown key");
        return;
    }
    if (section->key_lines[index]) {
        snprintf(what, sizeof(what), "set in line %d already",
                 section->key_lines[index]);
        put_setting_fault(parser, section, item->line, item->key, what);
        return;
    }
    section->key_lines[index] = item->line;
    if (value_parse(&settings[index], item->value, section->values, &err) < 0)
        put_setting_fault(parser, section, item->line, item->key, err.text);
}

void parser_read(struct parser *parser, const char *text, size_t size)
{
    struct parser_section *section = NULL;
    bool has_begun = false;
    struct reader reader;
    struct reader_item item;

    reader_init(&reader, text, size);
    while (reader_next(&reader, &item)) {
        if (item.fault[0])
            parser_add_fault(parser, item.line, "%s", item.fault);
        if (item.kind == READER_SECTION) {
            has_begun = true;
            section = item.fault[0] ? NULL : enter(parser, &item);
        } else if (section && !item.fault[0]) {
            set_value(parser, section, &item);
        } else if (!has_begun && !item.fault[0]) {
            parser_add_fault(parser, item.line, "%s: stands before the first section",
                             item.key);
        }
    }
}

void parser_init(struct parser *parser, struct config *config,
                 struct config_faults *faults)
{
    *parser = (struct parser){.config = config, .faults = faults};
    add_section(parser, SECTION_DAEMON, &config->daemon);
    add_section(parser, SECTION_PLANNER, &config->planner);
    add_section(parser, SECTION_SLURM, &config->slurm);
}

void parser_release(struct parser *parser)
{
    free(parser->sections);
    *parser = (struct parser){0};
}

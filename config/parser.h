/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_PARSER_H
#define CONFIG_PARSER_H

#include "config/config.h"
#include "config/settings.h"

/*
 * A config on its way from text to struct: what config.c, which reads, and check.c,
 * which looks at the whole, share. Remembers the line of everything, so that each fault
 * is shown where it is.
 */

/* A section of the file, or one that is there without being written. */
struct parser_section {
    enum setting_section kind;
    void *values;
    int line;                    /* 0: not in the file */
    int key_lines[SETTINGS_MAX]; /* by the setting's place in the table; 0: not set */
};

struct parser {
    struct config *config;
    struct config_faults *faults;
    struct parser_section *sections;
    size_t section_count;
    size_t section_room;
};

/* Read into `config`, which is all zero but for its arrays. Both are borrowed. */
void parser_init(struct parser *parser, struct config *config,
                 struct config_faults *faults);
void parser_release(struct parser *parser);

/* Read the text of a config, line by line. What is not set has its default. */
void parser_read(struct parser *parser, const char *text, size_t size);

void parser_add_fault(struct parser *parser, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A fault of a setting, shown at its line or else its section's, after the names of
 * both: "[pool lab] zone: ...". `values` is the struct of the section.
 */
void parser_add_fault_at(struct parser *parser, const void *values, const char *key,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, but a key that the file does not set is none. */
void parser_refuse(struct parser *parser, const void *values, const char *key,
                   const char *why);

#endif

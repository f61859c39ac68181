/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one table of settings. */

enum setting_type {
    SETTING_TEXT,     /* char[`most` + 1] */
    SETTING_NAME,     /* char[CONFIG_NAME_MAX + 1] */
    SETTING_NAMES,    /* struct config_names */
    SETTING_CHOICE,   /* char[CONFIG_NAME_MAX + 1], one of `choices` */
    SETTING_YES_NO,   /* bool */
    SETTING_NUMBER,   /* int64_t */
    SETTING_DURATION, /* duration */
    SETTING_SIZE,     /* int64_t, bytes */
    SETTING_PERCENT,  /* int64_t, parts per million */
    SETTING_FACTOR,   /* int64_t, "1.3" times 1000000 */
    SETTING_WATTS,    /* int64_t, "300W", "1.2kW" */
    SETTING_GRAMS,    /* int64_t, g/kWh times 1000 */
};

enum setting_section {
    SECTION_DAEMON,
    SECTION_PROVIDER,
    SECTION_ZONE,
    SECTION_POOL,
    SECTION_QUEUE,
    SECTION_PLANNER,
    SECTION_SLURM,
    SECTIONS
};

struct setting {
    enum setting_section section;
    enum setting_type type;
    const char *key;
    size_t offset;        /* in its section's struct */
    const char *standard; /* the default, as text through the same parser; NULL: must
                             be set; "" for CONFIG_NOT_SET or empty text */
    int64_t least;
    int64_t most;
    const char *choices; /* "a|b|c" */
    const char *help;    /* one sentence, for check-config and the manual page */
    bool allows_auto;    /* "auto" stands for CONFIG_AUTO */
    bool allows_none;    /* "none" stands for CONFIG_NOT_SET */
    bool allows_off;     /* "off" stands for 0 */
    bool reloads;        /* may change on SIGHUP */
};

/* All settings, by section in the order of the manual; ends with a NULL key. */
extern const struct setting settings[];

#define SETTINGS_MAX 128

const char *setting_section_name(enum setting_section section);
int setting_section_parse(const char *name, enum setting_section *section);

/* What a section is for, in one or two sentences. */
const char *setting_section_help(enum setting_section section);

/* Whether a section bears a name: [zone GB]. */
bool setting_section_is_named(enum setting_section section);

#endif

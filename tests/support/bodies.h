/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BODIES_H
#define TESTS_SUPPORT_BODIES_H

#include "grid/provider.h"

/* Handing bodies to parsers of providers, for tests. */
struct bodies {
    const struct provider *provider;
    struct provider_settings settings;
    const char *zone;
    const char *content_type;
    instant now;
};

/* Settings of a provider of that name, with nothing else set. */
struct provider_settings bodies_settings(const char *name);

/* Parse a body that must be good; the caller releases the reading. */
struct reading bodies_parse(const struct bodies *bodies, enum reading_kind wanted,
                            const char *text);

/* The body must be refused with that code and a text that holds `why`. */
void bodies_refuse(const struct bodies *bodies, enum reading_kind wanted,
                   const char *text, enum error_code code, const char *why);

/* Bodies that are no JSON, or JSON of no use to anybody, must be refused as invalid. */
void bodies_refuse_nonsense(const struct bodies *bodies);

/* The level in mg/kWh at a moment of a forecast; -1 if it does not cover it. */
int64_t bodies_level(const struct reading *reading, instant when);

/*
 * Read a file below the directory that PENSTOCK_DATA names; skips the test if that is
 * not set. The caller frees.
 */
char *bodies_load_sample(const char *path);

#endif

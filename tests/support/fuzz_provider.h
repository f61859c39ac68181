/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FUZZ_PROVIDER_H
#define TESTS_SUPPORT_FUZZ_PROVIDER_H

#include <assert.h>
#include <stdint.h>

#include "grid/provider.h"

/* 2030-05-01T10:07:00Z, around which the inputs of the corpora lie. */
#define FUZZ_NOW ((instant)1903860420)

static inline void fuzz_check(const struct reading *reading, enum reading_kind wanted,
                              int status)
{
    if (status < 0 || wanted != READING_FORECAST)
        assert(!reading->forecast);
    else
        assert(series_ends(reading->forecast->intensity) > FUZZ_NOW);
    if (status < 0 || wanted != READING_ACTUALS)
        assert(reading->actuals.count == 0 && !reading->actuals.items);
    if (status < 0 || wanted != READING_RENEWABLE)
        assert(!reading->renewable);
    else
        assert(series_ends(reading->renewable) > FUZZ_NOW);
    for (size_t i = 0; i < reading->actuals.count; i++) {
        const struct actual *actual = &reading->actuals.items[i];

        assert(actual->begins < actual->ends && actual->ends <= FUZZ_NOW);
        assert(actual->level >= 0 && actual->level <= INTENSITY_MAX);
        assert(i == 0 || actual[-1].ends <= actual->begins);
    }
}

/* Parse as either kind of reading, and hold what comes of it against the promises. */
static inline int fuzz_provider(const struct provider *provider,
                                const struct provider_settings *settings,
                                const uint8_t *data, size_t size)
{
    const struct provider_body body = {(const char *)data, size, ""};

    for (int wanted = 0; wanted < READING_KINDS; wanted++) {
        struct reading reading = {0};
        struct error err = {0};
        int status = provider->parse(settings, "DE", (enum reading_kind)wanted, &body,
                                     FUZZ_NOW, &reading, &err);

        assert((status < 0) == (err.code != ERROR_NONE));
        fuzz_check(&reading, (enum reading_kind)wanted, status);
        reading_release(&reading);
    }
    return 0;
}

#endif

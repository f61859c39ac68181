/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW                                                                            \
    ((instant)1792882800) /* 2026-10-25 00:20 in Berlin: a night with a jump           \
                           */

/* What is taken lies between 1970 and 9999, and can be shown. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"Europe/Berlin", "America/New_York",
                                        "Australia/Lord_Howe", "UTC"};
    char text[256], shown[WHEN_TEXT_SIZE];
    struct error err;
    instant when;

    if (size == 0 || size > sizeof(text))
        return 0;
    setenv("TZ", zones[data[0] % 4], 1);
    tzset();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    when_is_relative(text);
    if (when_parse(text, NOW, &when, &err) == 0) {
        assert(when >= 0 && when <= INSTANT_MAX);
        when_format(when, NOW, shown);
        assert(*shown);
        when_format_short(when, NOW, shown);
        assert(*shown);
    } else {
        assert(*err.text);
    }
    if (when_parse_past(text, NOW, &when, &err) == 0)
        assert(when >= 0 && when <= INSTANT_MAX);
    return 0;
}

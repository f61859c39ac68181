/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const code_names[ERROR_CODES] = {
    [ERROR_NONE] = "none",
    [ERROR_INVALID] = "invalid",
    [ERROR_MISSING] = "missing",
    [ERROR_FORBIDDEN] = "forbidden",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_TOO_LARGE] = "too_large",
    [ERROR_UNAVAILABLE] = "unavailable",
    [ERROR_IO] = "io",
};

static void __attribute__((format(printf, 4, 0)))
set(struct error *err, enum error_code code, const char *field, const char *format,
    va_list args)
{
    if (!err)
        return;
    err->code = code;
    snprintf(err->field, sizeof(err->field), "%s", field);
    vsnprintf(err->text, sizeof(err->text), format, args);
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(err, code, "", format, args);
    va_end(args);
    return -1;
}

int error_set_field(struct error *err, enum error_code code, const char *field,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(err, code, field, format, args);
    va_end(args);
    return -1;
}

const char *error_code_name(enum error_code code)
{
    return code_names[code];
}

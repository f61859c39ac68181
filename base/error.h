/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * What went wrong, for a person to read and for a caller to act on.
 *
 * A function that can fail returns 0 or -1 and takes a struct error last. The caller
 * owns it, usually on the stack, and may pass NULL. Nothing writes it on success.
 */

enum error_code {
    ERROR_NONE,
    ERROR_INVALID,     /* the input breaks a rule; trying again will not help */
    ERROR_MISSING,     /* what was asked for does not exist, or not yet */
    ERROR_FORBIDDEN,   /* it exists, but is not yours to touch */
    ERROR_CONFLICT,    /* the state does not allow it */
    ERROR_TOO_LARGE,   /* over a limit; the text names the limit */
    ERROR_UNAVAILABLE, /* not now; trying again later may help */
    ERROR_IO,          /* the disk, the network or another program failed us */
    ERROR_CODES
};

struct error {
    enum error_code code;
    char field[32]; /* the member, option or setting at fault; "" when there is none */
    char text[256];
};

/* Describe the failure. Always returns -1, so: return error_set(err, ERROR_IO, ...); */
int error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, and name the field at fault. `field` is cut to fit. */
int error_set_field(struct error *err, enum error_code code, const char *field,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "invalid", "missing", "forbidden", ...: the name that the API and the log use. */
const char *error_code_name(enum error_code code);

#endif

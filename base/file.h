/* SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Add the contents of a regular file of at most `limit` bytes. Never waits: what is no
 * regular file (a directory, a pipe, a device) is ERROR_INVALID. ERROR_MISSING,
 * ERROR_FORBIDDEN, ERROR_TOO_LARGE or ERROR_IO else; the text names the path, and
 * `contents` is as before.
 */
int file_load(const char *path, size_t limit, struct text *contents, struct error *err);

/*
 * The same for a file that holds one secret, such as a token: without the end of its
 * line and the blanks around it. ERROR_FORBIDDEN if its group or others can read or
 * write it; ERROR_INVALID if nothing is left, or control characters are in it. Errors
 * never hold what was read. Wiping `contents` is the caller's.
 */
int file_load_secret(const char *path, size_t limit, struct text *contents,
                     struct error *err);

#endif

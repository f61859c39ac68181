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
 * Add what a file keeps secret: a token or a password on one line, without the blanks
 * around it. ERROR_FORBIDDEN if the group or others may read or write the file,
 * ERROR_INVALID if it is empty or holds control characters; otherwise as file_load().
 * What it holds is in no error.
 */
int file_load_secret(const char *path, size_t limit, struct text *contents,
                     struct error *err);

#endif

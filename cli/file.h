/* SPDX-License-Identifier: MIT */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Read a file, or standard input for NULL, of at most `most` bytes to the end of an
 * empty text, which the caller releases whatever happens. ERROR_TOO_LARGE, ERROR_IO.
 */
int file_read(const char *path, size_t most, struct text *text, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/text.h"

/* Add bytes in base64, padded (RFC 4648, section 4). */
void base64_encode(const void *bytes, size_t size, struct text *text);

#endif

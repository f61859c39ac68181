/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <stdint.h>

void base64_encode(const void *bytes, size_t size, struct text *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;

    for (size_t i = 0; i < size; i += 3) {
        size_t count = size - i < 3 ? size - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;
        char out[4];

        bits |= count > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= count > 2 ? in[i + 2] : 0;
        for (size_t j = 0; j < 4; j++) {
            out[j] = '=';
            if (j <= count)
                out[j] = digits[bits >> (18 - 6 * j) & 63];
        }
        text_add_bytes(text, out, sizeof(out));
    }
}

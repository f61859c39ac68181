/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xcalloc(size + 1, 1);
    struct words words;
    size_t length = 0;

    if (size)
        memcpy(text, data, size);
    if (words_parse(&words, text, NULL) == 0) {
        assert(words.count > 0 && words.count <= WORDS_MAX);
        assert(words.items[0][0] == '/' && !words.items[words.count]);
        for (size_t i = 0; i < words.count; i++)
            length += strlen(words.items[i]) + 1;
        /* What separates words and quotes them is left out, and nothing is added. */
        assert(length <= strlen(text) + 1);
    }
    free(text);
    return 0;
}

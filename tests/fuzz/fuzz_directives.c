/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>

#include "cli/directives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a script begins with, what is found in it keeps to its limits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct directives found;
    struct error err;

    if (directives_parse((const char *)data, size, "x", &found, &err) < 0) {
        assert(err.text[0] == 'x' && err.text[1] == ':');
        return 0;
    }
    assert(found.count <= DIRECTIVES_MAX);
    for (size_t i = 0; i < found.count; i++) {
        assert(found.items[i].line > 0);
        assert(found.items[i].argc <= DIRECTIVE_WORDS_MAX);
        assert(!found.items[i].argv[found.items[i].argc]);
    }
    directives_release(&found);
    return 0;
}

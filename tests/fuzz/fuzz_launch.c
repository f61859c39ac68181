/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nodes/local/launch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char untouched[sizeof(struct launch_request)] = {0};
    struct launch_request request;
    /* Of its own size, so that a byte too many is seen to be read. */
    void *bytes = malloc(size ? size : 1);

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    memset(&request, 0, sizeof(request));
    if (launch_request_parse(bytes, size, &request) < 0) {
        if (memcmp(&request, untouched, sizeof(request)) != 0)
            abort();
    } else if (size != sizeof(request) || memcmp(&request, bytes, size) != 0
               || request.job_id <= 0 || request.attempt <= 0
               || !launch_verb_name(request.verb)) {
        abort();
    }
    free(bytes);
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "queue/sqlite/steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What can be read is written and read again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct series *series = steps_decode(data, size, INTENSITY_MAX, NULL);
    struct series *again;
    struct text bytes = TEXT_EMPTY;

    if (!series)
        return 0;
    steps_encode(series, &bytes);
    again = steps_decode(bytes.bytes, bytes.length, INTENSITY_MAX, NULL);
    assert(again);
    assert(series_count(again) == series_count(series));
    assert(series_ends(again) == series_ends(series));
    for (size_t i = 0; i < series_count(series); i++) {
        assert(series_at(series, i).begins == series_at(again, i).begins);
        assert(series_at(series, i).level == series_at(again, i).level);
    }
    series_destroy(series);
    series_destroy(again);
    text_release(&bytes);
    return 0;
}

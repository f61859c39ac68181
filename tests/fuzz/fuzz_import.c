/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>

#include "cli/import_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_points(const struct actual *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert(points[i].begins < points[i].ends);
        assert(points[i].level >= 0 && points[i].level <= INTENSITY_MAX);
        assert(i == 0 || points[i - 1].ends <= points[i].begins);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct import_wish wish = {true, true};

    for (int signal = 0; signal < SIGNALS; signal++) {
        struct import_file file = {0};
        struct error err = {0};
        int status = import_file_parse((const char *)data, size, &wish,
                                       (enum signal)signal, &file, &err);

        assert((status < 0) == (err.code != ERROR_NONE));
        check_points(file.actuals, file.actual_count);
        for (size_t i = 0; i < file.issue_count; i++) {
            assert(file.issues[i].count > 0);
            check_points(file.issues[i].points, file.issues[i].count);
        }
        import_file_release(&file);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int file_read(const char *path, size_t most, struct text *text, struct error *err)
{
    const char *name = path ? path : "standard input";
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    int result = 0;
    ssize_t count = 1;

    if (file < 0)
        return error_set(err, ERROR_IO, "cannot open %.150s: %s", name,
                         strerror(errno));
    while (result == 0 && count != 0) {
        char buffer[16384];

        count = read(file, buffer, sizeof(buffer));
        if (count < 0 && errno != EINTR)
            result = error_set(err, ERROR_IO, "cannot read %.150s: %s", name,
                               strerror(errno));
        if (count > 0)
            text_add_bytes(text, buffer, (size_t)count);
        if (text->length > most)
            result = error_set(err, ERROR_TOO_LARGE,
                               "%.150s has more than %zu MiB, the most there may be",
                               name, most >> 20);
    }
    if (path)
        close(file);
    return result;
}

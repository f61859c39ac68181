/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/figures.h"

/* A new name lasts only when its directory is on the disk too. */
static int sync_directory(const char *path)
{
    char *copy = xstrdup(path);
    int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = directory < 0 ? -1 : fsync(directory);

    if (directory >= 0)
        close(directory);
    free(copy);
    return result;
}

static int refuse(const char *path, const char *what)
{
    complain("cannot %s %s: %s", what, path, strerror(errno));
    return EXIT_FAILED;
}

static int tell(const char *path, const struct stat *status,
                const struct terminal *terminal)
{
    char size[FIGURE_TEXT_SIZE];
    struct text text = TEXT_EMPTY;

    terminal_add(terminal, &text, STYLE_PLAIN, path);
    text_add_format(&text, ": %s\n", figure_format_memory(status->st_size, size));
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    const char *path = invocation->operands[0];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct stat status = {.st_size = 0};
    struct error err;
    int result = EXIT_FAILED;

    if (file < 0)
        return refuse(path, "create");
    if (client_download(invocation->client, "/v1/backup", file, &err) < 0)
        result = client_complain(invocation->client, &err);
    else if (fsync(file) < 0 || fstat(file, &status) < 0 || sync_directory(path) < 0)
        result = refuse(path, "write");
    else if (status.st_size == 0)
        complain("the daemon sent an empty backup");
    else
        result = EXIT_WELL;
    if (close(file) < 0 && result == EXIT_WELL)
        result = refuse(path, "write");
    if (result != EXIT_WELL) {
        unlink(path);
        return result;
    }
    return tell(path, &status, &invocation->terminal);
}

const struct command command_backup = {
    .name = "backup",
    .operands = "FILE",
    .summary = "write a consistent copy of the daemon's database",
    .details = "The FILE must not exist yet. The daemon goes on meanwhile.",
    .values = "@file",
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

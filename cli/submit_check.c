/* SPDX-License-Identifier: MIT */
#include "cli/submit_check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/job_path.h"

#define BLANKS " \t"

static void check_script(const struct submit_source *source, struct text *doubts)
{
    struct text line = TEXT_EMPTY;
    char *interpreter;

    text_add_bytes(&line, source->script, strcspn(source->script, "\n"));
    if (line.length > 0 && line.bytes[line.length - 1] == '\r') {
        text_add(doubts,
                 "the script's first line ends in CR, as DOS has it, and its "
                 "interpreter will be looked for with that; \"sed -i 's/\\r$//'\" "
                 "mends it\n");
        line.bytes[--line.length] = '\0';
    }
    if (line.length > 2 && strncmp(line.bytes, "#!", 2) == 0) {
        interpreter = line.bytes + 2 + strspn(line.bytes + 2, BLANKS);
        interpreter[strcspn(interpreter, BLANKS)] = '\0';
        if (interpreter[0] == '/' && access(interpreter, X_OK) < 0)
            text_add_format(doubts, "the script's interpreter %s cannot be run: %s\n",
                            interpreter, strerror(errno));
    }
    text_release(&line);
}

/* Whether it is a directory that may be entered; if not, there is a doubt. */
static bool check_directory(const char *path, struct text *doubts)
{
    struct stat status;
    int result = stat(path, &status);

    if (result == 0 && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        result = -1;
    } else if (result == 0) {
        result = access(path, X_OK);
    }
    if (result < 0)
        text_add_format(doubts, "the job cannot enter its directory %s: %s\n", path,
                        strerror(errno));
    return result == 0;
}

/* Whether a file could be opened to write to it; if not, errno says why. */
static bool can_write(struct text *path)
{
    char *slash = strrchr(path->bytes, '/');
    struct stat status;

    if (stat(path->bytes, &status) == 0) {
        errno = EISDIR;
        return !S_ISDIR(status.st_mode) && access(path->bytes, W_OK) == 0;
    }
    if (errno != ENOENT || !slash)
        return false;
    /* It is made, so that what counts is where. */
    slash[slash == path->bytes] = '\0';
    return access(path->bytes, W_OK | X_OK) == 0;
}

static void check_output(const char *what, const char *pattern, const char *directory,
                         struct text *doubts)
{
    struct text path = TEXT_EMPTY;
    const char *slash = strrchr(pattern, '/');

    /* Only the daemon knows what %j will be: one in a directory's name is let be. */
    if (slash && memchr(pattern, '%', (size_t)(slash - pattern)))
        return;
    if (pattern[0] != '/')
        text_add_format(&path, "%s/", directory);
    text_add(&path, pattern);
    if (!can_write(&path))
        text_add_format(doubts, "the job cannot write its %s to %s: %s\n", what,
                        pattern, strerror(errno));
    text_release(&path);
}

void submit_check(const struct submit_options *options,
                  const struct submit_source *source, struct text *doubts)
{
    struct text directory = TEXT_EMPTY;
    const char *output = options->output ? options->output : JOB_OUTPUT_STANDARD;

    if (source->script)
        check_script(source, doubts);
    submit_options_add_directory(options, source, &directory);
    if (check_directory(directory.bytes, doubts)) {
        check_output("output", output, directory.bytes, doubts);
        if (options->error)
            check_output("errors", options->error, directory.bytes, doubts);
    }
    text_release(&directory);
}

/* SPDX-License-Identifier: MIT */
#include "cli/slurm_files.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

#define FILE_SIZE_MAX  (1 << 20)
#define TOKEN_SIZE_MAX 16384
#define PID_SIZE_MAX   64
#define UNIX_HEAD      "unix:"

/* The file of a name in the directory that another file is in. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct text text = TEXT_EMPTY;

    if (slash)
        text_add_bytes(&text, path, (size_t)(slash - path) + 1);
    text_add(&text, name);
    return text_take(&text);
}

static enum slurm_fact_file from_error(const struct error *err)
{
    return err->code == ERROR_MISSING ? SLURM_FILE_MISSING : SLURM_FILE_UNKNOWN;
}

enum slurm_fact_file slurm_files_find_plugin(const char *directories)
{
    enum slurm_fact_file found = SLURM_FILE_MISSING;
    struct text path = TEXT_EMPTY;

    while (*directories) {
        size_t length = strcspn(directories, ":");

        text_clear(&path);
        text_add_bytes(&path, directories, length);
        text_add(&path, "/job_submit_penstock.so");
        if (access(path.bytes, R_OK) == 0)
            found = SLURM_FILE_GOOD;
        directories += length + (directories[length] == ':');
    }
    text_release(&path);
    return found;
}

enum slurm_fact_file slurm_files_find_script(const char *slurm_conf)
{
    char *path = beside(slurm_conf, "job_submit.lua");
    struct text text = TEXT_EMPTY;
    enum slurm_fact_file found = SLURM_FILE_OTHER;
    struct error err;

    if (file_load(path, FILE_SIZE_MAX, &text, &err) < 0)
        found = from_error(&err);
    else if (strstr(text.bytes, "penstock"))
        found = SLURM_FILE_GOOD;
    text_release(&text);
    free(path);
    return found;
}

/* Whether a line that is no comment names the plugin; files that are included are
 * added to `more`. */
static bool names_plugin(const char *bytes, struct text *more)
{
    bool is_found = false;

    while (*bytes) {
        size_t length = strcspn(bytes, "\n");
        char *line = xcalloc(length + 1, 1);
        const char *start = line;

        memcpy(line, bytes, length);
        start += strspn(line, " \t");
        if (*start != '#' && strstr(start, "spank_penstock"))
            is_found = true;
        if (strncmp(start, "include", 7) == 0) {
            start += 7 + strspn(start + 7, " \t");
            text_add_format(more, "%.*s\n", (int)strcspn(start, " \t"), start);
        }
        free(line);
        bytes += length + (bytes[length] == '\n');
    }
    return is_found;
}

/* The same of all files that match, which may include no others. */
static bool is_in_any(const char *pattern)
{
    struct text bytes = TEXT_EMPTY, ignored = TEXT_EMPTY;
    bool is_found = false;
    glob_t files;

    if (glob(pattern, 0, NULL, &files) == 0) {
        for (size_t i = 0; i < files.gl_pathc; i++) {
            text_clear(&bytes);
            if (file_load(files.gl_pathv[i], FILE_SIZE_MAX, &bytes, NULL) == 0
                && names_plugin(bytes.bytes, &ignored))
                is_found = true;
        }
        globfree(&files);
    }
    text_release(&bytes);
    text_release(&ignored);
    return is_found;
}

enum slurm_fact_file slurm_files_find_spank(const char *plugstack,
                                            const char *slurm_conf)
{
    char *path = *plugstack ? xstrdup(plugstack) : beside(slurm_conf, "plugstack.conf");
    struct text bytes = TEXT_EMPTY, more = TEXT_EMPTY;
    enum slurm_fact_file found = SLURM_FILE_OTHER;
    struct error err;

    if (file_load(path, FILE_SIZE_MAX, &bytes, &err) < 0)
        found = from_error(&err);
    else if (names_plugin(bytes.bytes, &more))
        found = SLURM_FILE_GOOD;
    for (char *at = more.bytes; *at && found == SLURM_FILE_OTHER;) {
        char *end = strchr(at, '\n');

        *end = '\0';
        if (is_in_any(at))
            found = SLURM_FILE_GOOD;
        at = end + 1;
    }
    text_release(&bytes);
    text_release(&more);
    free(path);
    return found;
}

enum slurm_fact_file slurm_files_read_lease(const char *path, struct lease *lease,
                                            struct error *err)
{
    struct text bytes = TEXT_EMPTY;
    enum slurm_fact_file found = SLURM_FILE_GOOD;
    struct stat status;

    if (file_load(path, LEASE_SIZE_MAX, &bytes, err) < 0) {
        text_release(&bytes);
        return from_error(err);
    }
    if (lease_parse(bytes.bytes, bytes.length, lease, err) < 0)
        found = SLURM_FILE_OTHER;
    else if (stat(path, &status) < 0 || (status.st_mode & 022)) {
        error_set(err, ERROR_INVALID, "others may write it");
        found = SLURM_FILE_OTHER;
    }
    text_release(&bytes);
    return found;
}

int slurm_files_check_rest(const char *token_file, const char *url, struct error *err)
{
    struct text token = TEXT_EMPTY;
    int result = file_load_secret(token_file, TOKEN_SIZE_MAX, &token, err);

    explicit_bzero(token.bytes, token.length);
    text_release(&token);
    if (result == 0 && strncmp(url, UNIX_HEAD, strlen(UNIX_HEAD)) == 0
        && access(url + strlen(UNIX_HEAD), F_OK) < 0)
        result = error_set(err, ERROR_MISSING, "%s: %s", url, strerror(errno));
    return result;
}

char *slurm_files_find_variable(const char *pid_file, const char *name)
{
    struct text pid = TEXT_EMPTY, path = TEXT_EMPTY, bytes = TEXT_EMPTY;
    size_t length = strlen(name);
    char *value = NULL;

    if (file_load(pid_file, PID_SIZE_MAX, &pid, NULL) < 0)
        goto done;
    text_add_format(&path, "/proc/%.*s/environ", (int)strspn(pid.bytes, "0123456789"),
                    pid.bytes);
    if (file_load(path.bytes, FILE_SIZE_MAX, &bytes, NULL) < 0)
        goto done;
    value = xstrdup("");
    for (size_t at = 0; at < bytes.length; at += strlen(bytes.bytes + at) + 1) {
        const char *variable = bytes.bytes + at;

        if (strncmp(variable, name, length) == 0 && variable[length] == '=') {
            free(value);
            value = xstrdup(variable + length + 1);
            break;
        }
    }

done:
    text_release(&pid);
    text_release(&path);
    text_release(&bytes);
    return value;
}

bool slurm_files_is_closed(const char *path, int64_t uid)
{
    char *directory = xstrdup(path);
    bool is_closed = false;

    for (char *at = strrchr(directory, '/'); at && at != directory && !is_closed;
         at = strrchr(directory, '/')) {
        struct stat status;

        *at = '\0';
        is_closed = stat(directory, &status) == 0 && !(status.st_mode & 001)
                    && (int64_t)status.st_uid != uid;
    }
    free(directory);
    return uid != 0 && is_closed;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define SAID_MAX 160

struct fault {
    const char *text; /* is somewhere in what was said */
    enum error_code code;
};

/* Of 22.05 to 26.05; the first that fits counts. */
static const struct fault faults[] = {
    {"Invalid job id", ERROR_MISSING},
    {"Invalid job array specification", ERROR_MISSING},
    {"already completing or completed", ERROR_CONFLICT},
    {"Job has already finished", ERROR_CONFLICT},
    {"Job is no longer pending execution", ERROR_CONFLICT},
    {"Job is pending execution", ERROR_CONFLICT},
    {"Job is in transitional state", ERROR_CONFLICT},
    {"Job is not running", ERROR_CONFLICT},
    {"Requested operation is presently disabled", ERROR_CONFLICT},
    {"Requested operation not supported", ERROR_CONFLICT},
    {"Only batch jobs are accepted or processed", ERROR_CONFLICT},
    {"is disabled by the configuration", ERROR_CONFLICT},
    {"Access/permission denied", ERROR_FORBIDDEN},
    {"Access denied", ERROR_FORBIDDEN},
    {"Permission denied", ERROR_FORBIDDEN},
    {"Invalid user id", ERROR_FORBIDDEN},
    {"User's group not permitted", ERROR_FORBIDDEN},
    {"Unable to contact", ERROR_UNAVAILABLE},
    {"Unexpected message received", ERROR_UNAVAILABLE}, /* it did not answer in time */
    {"Socket timed out", ERROR_UNAVAILABLE},
    {"Zero Bytes were transmitted", ERROR_UNAVAILABLE},
    {"Connection refused", ERROR_UNAVAILABLE},
    {"Connection timed out", ERROR_UNAVAILABLE},
    {"Communication connection failure", ERROR_UNAVAILABLE},
    {"Message send failure", ERROR_UNAVAILABLE},
    {"Message receive failure", ERROR_UNAVAILABLE},
    {"Resource temporarily unavailable", ERROR_UNAVAILABLE},
    {"Slurm backup controller in standby mode", ERROR_UNAVAILABLE},
    {"Munge", ERROR_UNAVAILABLE},
    {"authentication credential", ERROR_UNAVAILABLE},
    {"Authentication failure", ERROR_UNAVAILABLE},
    {"Protocol authentication error", ERROR_UNAVAILABLE},
    {"invalid", ERROR_INVALID},
    {"unrecognized", ERROR_INVALID},
    {"unknown", ERROR_INVALID},
    {"No changes specified", ERROR_INVALID},
};

/* What is known of a text, and where that stands in it; NULL if nothing is. */
static const struct fault *find_fault(const char *text, const char **at)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        *at = strcasestr(text, faults[i].text);
        if (*at)
            return &faults[i];
    }
    return NULL;
}

/* The line that holds `at`. */
static const char *line_of(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    return at;
}

/* What comes after "squeue: error: ", if that is what it begins with. */
static const char *skip_name(const char *what, const char *text)
{
    size_t length = strlen(what);

    if (strncmp(text, what, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        text += length + 2;
    return strncmp(text, "error: ", 7) == 0 ? text + 7 : text;
}

/* Copy the first line with something in it, without what could harm a log. */
static void copy_line(const char *what, const char *text, char said[SAID_MAX + 1])
{
    size_t length = 0;

    text = skip_name(what, text + strspn(text, " \t\r\n"));
    while (*text && *text != '\n' && length < SAID_MAX) {
        bool is_shown = *text >= ' ' && *text <= '~';

        said[length] = '?';
        if (is_shown)
            said[length] = *text;
        length++;
        text++;
    }
    while (length > 0 && said[length - 1] == ' ')
        length--;
    said[length] = '\0';
}

int slurm_fault(const char *what, const char *text, struct error *err)
{
    char said[SAID_MAX + 1];
    const char *at;
    const struct fault *fault = find_fault(text, &at);

    copy_line(what, fault ? line_of(text, at) : text, said);
    if (said[0] == '\0')
        return error_set(err, ERROR_IO, "%s: failed without a word", what);
    return error_set(err, fault ? fault->code : ERROR_IO, "%s: %s", what, said);
}

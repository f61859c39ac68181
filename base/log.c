/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time.h"

#define LINE_SIZE 2048 /* below PIPE_BUF, so that a line is written whole */

static const char *const level_names[LOG_LEVELS] = {
    [LOG_LEVEL_ERROR] = "error",   [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* The numbers of syslog(3), which journald takes in angle brackets. */
static const int syslog_numbers[LOG_LEVELS] = {
    [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_NOTICE] = 5,
    [LOG_LEVEL_INFO] = 6,  [LOG_LEVEL_DEBUG] = 7,
};

static atomic_int level_shown = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&level_shown, (int)level);
}

int log_level_parse(const char *name, enum log_level *level)
{
    for (int i = 0; i < LOG_LEVELS; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -1;
}

/* systemd sets JOURNAL_STREAM to the device and inode of what it gave us. */
static bool is_read_by_journald(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat status;

    if (!stream || fstat(STDERR_FILENO, &status) < 0)
        return false;
    snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    return strcmp(stream, own) == 0;
}

static size_t put_prefix(char *line, size_t size, enum log_level level)
{
    char when[INSTANT_TEXT_SIZE];
    int length;

    if (is_read_by_journald()) {
        length = snprintf(line, size, "<%d>", syslog_numbers[level]);
    } else {
        length =
            snprintf(line, size,
                     "%s %s: ", instant_format(system_clock.now(&system_clock), when),
                     level_names[level]);
    }
    return (size_t)length;
}

/* Also those of 0x80 to 0x9f, two bytes in UTF-8, which some terminals obey. */
static void replace_controls(char *text)
{
    unsigned char before = 0;

    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool is_high_control = before == 0xc2 && *at >= 0x80 && *at <= 0x9f;

        before = *at;
        if (*at < 0x20 || *at == 0x7f)
            *at = '?';
        if (is_high_control) {
            at[-1] = '?';
            *at = '?';
        }
    }
}

static void __attribute__((format(printf, 2, 0)))
put_line(enum log_level level, const char *format, va_list args)
{
    char line[LINE_SIZE];
    size_t room = sizeof(line) - 1; /* less the end of line */
    size_t start, length;
    ssize_t written;
    int wanted;

    if ((int)level > atomic_load(&level_shown))
        return;
    start = put_prefix(line, room, level);
    wanted = vsnprintf(line + start, room - start, format, args);
    if (wanted < 0)
        return;
    length = start + (size_t)wanted;
    if (length >= room) {
        length = room - 1;
        memset(line + length - 3, '.', 3);
    }
    replace_controls(line + start);
    line[length++] = '\n';
    /* There is nowhere to say that the log itself cannot be written. */
    written = write(STDERR_FILENO, line, length);
    (void)written;
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(LOG_LEVEL_WARNING, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(LOG_LEVEL_NOTICE, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}

/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Log lines for operators, on standard error: one line per event, without a timestamp
 * when journald reads it (then with its "<N>" level prefix), with a UTC one otherwise.
 * Control characters in a line are replaced, so that what users name their jobs cannot
 * forge lines. Never pass a secret.
 */

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
    LOG_LEVELS
};

/* Drop what is less urgent than `level`. The default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
int log_level_parse(const char *name, enum log_level *level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

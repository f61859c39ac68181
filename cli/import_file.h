/* SPDX-License-Identifier: MIT */
#ifndef CLI_IMPORT_FILE_H
#define CLI_IMPORT_FILE_H

#include "grid/forecast.h"

/* A table of past figures, as it is imported: what was measured, and what forecast. */

#define IMPORT_FILE_MAX   ((size_t)64 << 20) /* bytes */
#define IMPORT_ISSUES_MAX 100000             /* forecasts in one file */

/* One forecast, from its time of issue on. */
struct import_issue {
    struct actual *points;
    size_t count;
};

struct import_file {
    struct actual *actuals; /* in order, without overlap */
    size_t actual_count;
    size_t actual_room;
    struct import_issue *issues; /* in the order of the file */
    size_t issue_count;
    size_t issue_room;
    size_t gap_count;      /* rows without a figure of what was measured */
    size_t repeated_count; /* forecasts of a time of issue that there was */
};

struct import_wish {
    bool actuals;
    bool forecasts;
};

/*
 * Read a table: what is wished for and there is. ERROR_INVALID names the line, or says
 * that there is nothing of the kind. The caller releases, whatever the result.
 */
int import_file_load(const char *path, const struct import_wish *wish,
                     enum signal signal, struct import_file *file, struct error *err);
void import_file_release(struct import_file *file);

/* The same of what was read. */
int import_file_parse(const char *bytes, size_t size, const struct import_wish *wish,
                      enum signal signal, struct import_file *file, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#include "cli/import_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "grid/providers/csv.h"

void import_file_release(struct import_file *file)
{
    free(file->actuals);
    for (size_t i = 0; i < file->issue_count; i++)
        free(file->issues[i].points);
    free(file->issues);
    *file = (struct import_file){0};
}

static void add_actual(struct import_file *file, const struct point *point)
{
    file->actuals = xgrow(file->actuals, file->actual_count, &file->actual_room,
                          sizeof(*file->actuals));
    file->actuals[file->actual_count++] =
        (struct actual){point->begins, point->ends, point->level};
}

/* What overlaps what came before is of another forecast, and known already. */
static int on_actuals(const struct points *points, void *context, struct error *err)
{
    struct import_file *file = context;

    (void)err;
    for (size_t i = 0; i < points->count; i++) {
        const struct point *point = &points->items[i];
        bool is_known = file->actual_count > 0
                        && point->begins < file->actuals[file->actual_count - 1].ends;

        if (point->level == POINT_NONE)
            file->gap_count++;
        else if (!is_known)
            add_actual(file, point);
    }
    return 0;
}

static bool is_repeated(const struct import_file *file, instant issued)
{
    for (size_t i = 0; i < file->issue_count; i++)
        if (file->issues[i].points[0].begins == issued)
            return true;
    return false;
}

static int on_forecast(const struct points *points, void *context, struct error *err)
{
    struct import_file *file = context;
    struct import_issue issue = {NULL, 0};

    if (file->issue_count == IMPORT_ISSUES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d forecasts",
                         IMPORT_ISSUES_MAX);
    issue.points = xcalloc(points->count, sizeof(*issue.points));
    for (size_t i = 0; i < points->count; i++)
        if (points->items[i].level != POINT_NONE)
            issue.points[issue.count++] = (struct actual){
                points->items[i].begins, points->items[i].ends, points->items[i].level};
    if (issue.count == 0 || is_repeated(file, issue.points[0].begins)) {
        file->repeated_count += issue.count > 0 ? 1 : 0;
        free(issue.points);
        return 0;
    }
    file->issues = xgrow(file->issues, file->issue_count, &file->issue_room,
                         sizeof(*file->issues));
    file->issues[file->issue_count++] = issue;
    return 0;
}

/* Whether the header has a column of forecasts, or one of what was measured. */
static bool has_column(const char *bytes, size_t size, const char *name)
{
    const char *end = memchr(bytes, '\n', size);
    size_t length = end ? (size_t)(end - bytes) : size;
    struct text header = TEXT_EMPTY;
    bool has;

    text_add_bytes(&header, bytes, length);
    has = strcasestr(header.bytes, name) != NULL;
    text_release(&header);
    return has;
}

int import_file_parse(const char *bytes, size_t size, const struct import_wish *wish,
                      enum signal signal, struct import_file *file, struct error *err)
{
    const struct provider_body body = {bytes, size, ""};
    bool has_forecasts = has_column(bytes, size, "forecasted_carbon_intensity");
    bool has_actuals =
        !has_forecasts || has_column(bytes, size, "actual_carbon_intensity");

    if (wish->actuals && has_actuals
        && csv_parse_runs(&body, READING_ACTUALS, signal, on_actuals, file, err) < 0)
        return -1;
    /* A table of one kind of figures holds one forecast only if that is asked for. */
    if (wish->forecasts && (has_forecasts || !wish->actuals)
        && csv_parse_runs(&body, READING_FORECAST, signal, on_forecast, file, err) < 0)
        return -1;
    if (file->actual_count == 0 && file->issue_count == 0)
        return error_set(err, ERROR_INVALID, "there are no such figures in it");
    return 0;
}

int import_file_load(const char *path, const struct import_wish *wish,
                     enum signal signal, struct import_file *file, struct error *err)
{
    struct text text = TEXT_EMPTY;
    int status = file_load(path, IMPORT_FILE_MAX, &text, err);

    if (status == 0)
        status = import_file_parse(text.bytes, text.length, wish, signal, file, err);
    text_release(&text);
    return status;
}

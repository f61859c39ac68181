/* SPDX-License-Identifier: MIT */
#include "cli/importing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cli/command.h"

/* What is on its way, and how much of the whole is done. */
struct progress {
    const struct importing *importing;
    size_t done; /* points */
    size_t all;
};

static void show(const struct progress *progress)
{
    if (progress->importing->shows_progress && progress->all > 0)
        fprintf(stderr, "\r%3zu %%", progress->done * 100 / progress->all);
}

static void hide(const struct progress *progress)
{
    if (progress->importing->shows_progress)
        fprintf(stderr, "\r     \r");
}

static json_t *make_points(const struct actual *items, size_t count)
{
    json_t *points = json_array();

    for (size_t i = 0; i < count; i++) {
        char begins[INSTANT_TEXT_SIZE], ends[INSTANT_TEXT_SIZE];

        json_array_append_new(points,
                              json_pack("{s:s,s:s,s:f}", "begins",
                                        instant_format(items[i].begins, begins), "ends",
                                        instant_format(items[i].ends, ends), "g",
                                        (double)items[i].level / 1000));
    }
    return points;
}

/* POST a member's value, which is taken, for a provider. */
static int send(const struct progress *progress, const char *what, const char *provider,
                const char *member, json_t *value_taken)
{
    const struct importing *importing = progress->importing;
    json_t *body = json_pack("{s:s,s:s,s:o}", "provider", provider, "signal",
                             importing->signal, member, value_taken);
    char *text = json_dumps(body, JSON_COMPACT);
    struct text path = TEXT_EMPTY;
    json_t *answer = NULL;
    int status;

    text_add(&path, "/v1/zones/");
    client_add_escaped(&path, importing->zone);
    text_add_format(&path, "/%s", what);
    status = client_ask(importing->client, "POST", path.bytes, text, &answer);
    json_decref(answer);
    json_decref(body);
    text_release(&path);
    free(text);
    return status;
}

static int send_actuals(struct progress *progress, const struct import_file *file)
{
    for (size_t i = 0; i < file->actual_count; i += IMPORTING_POINTS_MAX) {
        size_t left = file->actual_count - i;
        size_t count = left < IMPORTING_POINTS_MAX ? left : IMPORTING_POINTS_MAX;
        int status = send(progress, "actuals", progress->importing->actuals_of,
                          "points", make_points(file->actuals + i, count));

        if (status != EXIT_WELL)
            return status;
        progress->done += count;
        show(progress);
    }
    return EXIT_WELL;
}

static json_t *make_forecast(const struct import_issue *issue)
{
    size_t count =
        issue->count < IMPORTING_POINTS_MAX ? issue->count : IMPORTING_POINTS_MAX;
    char issued[INSTANT_TEXT_SIZE];

    return json_pack("{s:s,s:o}", "issued",
                     instant_format(issue->points[0].begins, issued), "points",
                     make_points(issue->points, count));
}

/* As many forecasts as fit into a request, but at least one. */
static int send_forecasts(struct progress *progress, const struct import_file *file)
{
    size_t i = 0;

    while (i < file->issue_count) {
        json_t *list = json_array();
        size_t points = 0;
        int status;

        do {
            json_array_append_new(list, make_forecast(&file->issues[i]));
            points += file->issues[i].count;
            i++;
        } while (i < file->issue_count
                 && points + file->issues[i].count <= IMPORTING_POINTS_MAX);
        status = send(progress, "forecasts", progress->importing->forecasts_of,
                      "forecasts", list);
        if (status != EXIT_WELL)
            return status;
        progress->done += points;
        show(progress);
    }
    return EXIT_WELL;
}

int importing_send(const struct importing *importing, const struct import_file *file)
{
    struct progress progress = {importing, 0, file->actual_count};
    int status;

    for (size_t i = 0; i < file->issue_count; i++)
        progress.all += file->issues[i].count;
    show(&progress);
    status = send_actuals(&progress, file);
    if (status == EXIT_WELL)
        status = send_forecasts(&progress, file);
    hide(&progress);
    if (status != EXIT_WELL && progress.done > 0)
        complain("%zu of %zu points are stored; import the file again for the rest",
                 progress.done, progress.all);
    return status;
}

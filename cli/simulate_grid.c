/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/simulate_scenario.h"

static int load_table(const char *path, bool forecasts, struct import_file *file)
{
    const struct import_wish wish = {.actuals = !forecasts, .forecasts = forecasts};
    struct error err;

    if (import_file_load(path, &wish, SIGNAL_AVERAGE_DIRECT, file, &err) == 0)
        return EXIT_WELL;
    complain("%s: %s", path, err.text);
    return EXIT_FAILED;
}

static struct forecast *make_issue(const struct import_issue *issue)
{
    struct series_sample *samples = xcalloc(issue->count, sizeof(samples[0]));
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    for (size_t i = 0; i < issue->count; i++)
        samples[i] =
            (struct series_sample){issue->points[i].begins, issue->points[i].level};
    (void)text_copy(forecast->zone, sizeof(forecast->zone), "replay");
    (void)text_copy(forecast->provider, sizeof(forecast->provider), "recorded");
    forecast->issued = forecast->fetched = issue->points[0].begins;
    forecast->intensity =
        series_create(samples, issue->count, issue->points[issue->count - 1].ends,
                      INTENSITY_MAX, NULL);
    free(samples);
    return forecast;
}

static int compare_issues(const void *a, const void *b)
{
    const struct forecast *const *one = a;
    const struct forecast *const *other = b;

    return ((*one)->issued > (*other)->issued) - ((*one)->issued < (*other)->issued);
}

static int load_issues(const struct simulate_options *options,
                       struct scenario *scenario)
{
    struct import_file file = {0};
    int status = load_table(options->forecasts, true, &file);

    if (status == EXIT_WELL) {
        scenario->issues = xcalloc(file.issue_count, sizeof(struct forecast *));
        for (size_t i = 0; i < file.issue_count; i++)
            scenario->issues[scenario->issue_count++] = make_issue(&file.issues[i]);
        qsort(scenario->issues, scenario->issue_count, sizeof(struct forecast *),
              compare_issues);
    }
    import_file_release(&file);
    return status;
}

static int complain_of_gap(const char *path, instant hour)
{
    char text[INSTANT_TEXT_SIZE];

    complain("%s: the carbon intensity of %s is missing, and jobs may run then", path,
             instant_format(hour, text));
    return EXIT_FAILED;
}

/* By when all jobs that are on time have ended. */
static instant last_end(const struct scenario *scenario)
{
    instant last = 0;

    for (size_t i = 0; i < scenario->trace.count; i++) {
        const struct trace_job *job = &scenario->trace.jobs[i];
        instant end = job->arrives + scenario_wait(scenario, i) + job->length;

        last = end > last ? end : last;
    }
    return last;
}

/* What comes from the first arrival on is the truth; all of it must be known. */
static int make_truth(const char *path, struct scenario *scenario)
{
    const struct import_file *carbon = &scenario->carbon;
    struct series_sample *samples = xcalloc(carbon->actual_count, sizeof(samples[0]));
    instant last = last_end(scenario);
    instant known = scenario->begins;
    size_t count = 0;

    for (size_t i = 0; i < carbon->actual_count; i++) {
        const struct actual *actual = &carbon->actuals[i];

        if (actual->ends <= scenario->begins)
            continue;
        if (count > 0 ? actual->begins != known : actual->begins > known)
            break;
        samples[count++] = (struct series_sample){actual->begins, actual->level};
        known = actual->ends;
    }
    if (known >= last)
        scenario->truth = series_create(samples, count, known, INTENSITY_MAX, NULL);
    free(samples);
    return known >= last ? EXIT_WELL : complain_of_gap(path, known);
}

int scenario_load_grid(const struct simulate_options *options,
                       struct scenario *scenario)
{
    const char *kind = options->forecast    ? options->forecast
                       : options->forecasts ? "blend"
                                            : "history";
    const char *path = options->carbon;
    struct recording recording;
    struct error err;
    int status;

    if (foresight_kind_parse(kind, &scenario->kind, &err) < 0)
        return command_refuse(&command_simulate, "--forecast: %s", err.text);
    if (scenario->kind == FORESIGHT_RAW && !options->forecasts)
        return command_refuse(&command_simulate,
                              "--forecast raw needs --forecasts FILE");
    status = load_table(path, false, &scenario->carbon);
    if (status == EXIT_WELL)
        status = make_truth(path, scenario);
    if (status == EXIT_WELL && options->forecasts)
        status = load_issues(options, scenario);
    if (status != EXIT_WELL)
        return status;
    scenario->step =
        scenario->carbon.actuals[0].ends - scenario->carbon.actuals[0].begins;
    if (scenario->step % scenario->slot != 0) {
        complain("%s: its steps are no whole number of slots (--slot)", path);
        return EXIT_FAILED;
    }
    recording =
        (struct recording){scenario->carbon.actuals, scenario->carbon.actual_count,
                           scenario->issues, scenario->issue_count};
    scenario->foresight = foresight_create(scenario->kind, &recording);
    return EXIT_WELL;
}

/* SPDX-License-Identifier: MIT */
#include "cli/simulate_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/simulate_settings.h"
#include "cli/simulate_waits.h"

#define TRACE_FILE_MAX ((size_t)256 << 20)
#define PAST           (7 * DAY)  /* before the first hour: what load is judged by */
#define SHORT_LENGTH   (2 * HOUR) /* up to this a job is of the short class */

void scenario_release(struct scenario *scenario)
{
    trace_release(&scenario->trace);
    trace_release(&scenario->past);
    free(scenario->expected);
    config_destroy(scenario->config);
    import_file_release(&scenario->carbon);
    series_destroy(scenario->truth);
    for (size_t i = 0; i < scenario->issue_count; i++)
        forecast_destroy(scenario->issues[i]);
    free(scenario->issues);
    foresight_destroy(scenario->foresight);
    for (size_t i = 0; i < scenario->forecast_count; i++)
        forecast_destroy(scenario->forecasts[i]);
    free(scenario->forecasts);
    *scenario = (struct scenario){.capacity = 0};
}

static int refuse(const char *option, const struct error *err)
{
    return command_refuse(&command_simulate, "--%s: %s", option, err->text);
}

static void tell_faults(const char *path, const struct trace_faults *faults)
{
    size_t shown = faults->count < TRACE_FAULTS ? faults->count : TRACE_FAULTS;

    for (size_t i = 0; i < shown; i++)
        if (faults->items[i].line > 0)
            complain("%s:%d: %s", path, (int)faults->items[i].line,
                     faults->items[i].text);
        else
            complain("%s: %s", path, faults->items[i].text);
    if (faults->count > shown)
        complain("%s: and %zu more", path, faults->count - shown);
}

static int load_table(const struct simulate_options *options, struct scenario *scenario)
{
    const char *unit = options->jobs_unit ? options->jobs_unit : "s";
    struct trace_faults faults = {.count = 0};
    struct text text = TEXT_EMPTY;
    struct error err;
    int status = EXIT_FAILED;

    if (strcmp(unit, "s") != 0 && strcmp(unit, "h") != 0)
        return command_refuse(&command_simulate, "--jobs-unit: '%s' is neither s nor h",
                              unit);
    if (file_load(options->jobs, TRACE_FILE_MAX, &text, &err) < 0)
        complain("%s", err.text);
    else if (trace_parse(text.bytes, text.length, *unit == 'h' ? HOUR : 1,
                         &scenario->trace, &faults)
             < 0)
        tell_faults(options->jobs, &faults);
    else
        status = EXIT_WELL;
    text_release(&text);
    return status;
}

/* A number of hours, such as 336 or 0.5, or a duration such as 14d. */
static int parse_hours(const char *option, const char *text, duration *length)
{
    struct error err;

    if (number_parse_scaled(text, 0, 0, 1000000, length, NULL) == 0) {
        *length *= HOUR;
        return EXIT_WELL;
    }
    return duration_parse(text, length, &err) == 0 ? EXIT_WELL : refuse(option, &err);
}

static int keep_jobs(const struct simulate_options *options, struct scenario *scenario)
{
    duration from = 0;
    duration span = INSTANT_MAX;
    duration hours = INSTANT_MAX;
    int status = EXIT_WELL;
    int64_t gpus;
    struct error err;

    if (options->jobs_from)
        status = parse_hours("jobs-from", options->jobs_from, &from);
    if (status == EXIT_WELL && options->jobs_hours)
        status = parse_hours("jobs-hours", options->jobs_hours, &span);
    if (status == EXIT_WELL && options->hours)
        status = parse_hours("hours", options->hours, &hours);
    if (status != EXIT_WELL)
        return status;
    if (options->jobs_hours)
        scenario->span = span;
    scenario->past = trace_copy(&scenario->trace);
    trace_keep(&scenario->past, from - PAST, PAST);
    trace_keep(&scenario->trace, from, span < hours ? span : hours);
    if (scenario->trace.count == 0) {
        complain("%s: no jobs arrive in these hours", options->jobs);
        return EXIT_FAILED;
    }
    if (options->max_gpus) {
        if (number_parse(options->max_gpus, 1, INT32_MAX, &gpus, &err) < 0)
            return refuse("max-gpus", &err);
        trace_cap(&scenario->trace, (int32_t)gpus);
        trace_cap(&scenario->past, (int32_t)gpus);
    }
    return EXIT_WELL;
}

/* The mean length of the short and of the long jobs, by what the trace says of them:
 * one of just two hours counts in both. */
static void find_classes(struct scenario *scenario)
{
    const struct trace *trace = &scenario->trace;
    double sums[2] = {0, 0};
    double counts[2] = {0, 0};

    for (size_t i = 0; i < trace->count; i++)
        for (int class = 0; class < 2; class ++) {
            duration length = trace->jobs[i].length;

            if (class == 0 ? length > SHORT_LENGTH : length < SHORT_LENGTH)
                continue;
            sums[class] += (double)length;
            counts[class]++;
        }
    scenario->expected = xcalloc(trace->count, sizeof(scenario->expected[0]));
    for (size_t i = 0; i < trace->count; i++) {
        int class = trace->jobs[i].length > SHORT_LENGTH;
        duration mean = (duration)(sums[class] / counts[class]);

        mean -= mean % scenario->slot;
        scenario->expected[i] = mean > 0 ? mean : scenario->slot;
    }
}

static int parse_start(const char *text, instant *start)
{
    struct text whole = TEXT_EMPTY;
    struct error err;
    int status = instant_parse(text, start, &err);

    if (status < 0) {
        text_add_format(&whole, "%.40sT00:00Z", text);
        status = instant_parse(whole.bytes, start, NULL);
        text_release(&whole);
    }
    return status == 0 ? EXIT_WELL : refuse("start", &err);
}

/* What the table leaves open. */
static void fill_jobs(const struct scenario *scenario, struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_job *job = &trace->jobs[i];

        if (job->power == 0)
            job->power = (int32_t)scenario->config->pools[0].gpu_power;
        job->interruptible = job->interruptible || !trace->has_interruptible;
    }
}

static int load_jobs(const struct simulate_options *options, struct scenario *scenario)
{
    struct simulate_waits waits;
    struct error err;
    int64_t seed = 1;
    instant start;
    int status;

    if (simulate_waits_parse(options->max_wait ? options->max_wait : "24h", &waits,
                             &err)
        < 0)
        return refuse("max-wait", &err);
    if (options->seed && number_parse(options->seed, 0, INT64_MAX, &seed, &err) < 0)
        return refuse("seed", &err);
    status = parse_start(options->start, &start);
    if (status == EXIT_WELL)
        status = load_table(options, scenario);
    if (status == EXIT_WELL)
        status = keep_jobs(options, scenario);
    if (status != EXIT_WELL)
        return status;
    simulate_waits_apply(&waits, (uint64_t)seed, &scenario->trace);
    simulate_waits_apply(&waits, (uint64_t)seed, &scenario->past);
    fill_jobs(scenario, &scenario->trace);
    fill_jobs(scenario, &scenario->past);
    find_classes(scenario);
    trace_cut(&scenario->trace, scenario->slot);
    trace_cut(&scenario->past, scenario->slot);
    trace_move(&scenario->trace, start);
    trace_move(&scenario->past, start - PAST);
    scenario->begins = scenario->trace.jobs[0].arrives;
    scenario->begins -= scenario->begins % HOUR;
    return EXIT_WELL;
}

duration scenario_wait(const struct scenario *scenario, size_t job)
{
    const struct trace_job *asked = &scenario->trace.jobs[job];
    duration wait = asked->max_wait;

    if (asked->deadline != TRACE_NOT_SET) {
        duration left = asked->deadline - asked->arrives - asked->length;

        if (wait == TRACE_NOT_SET || left < wait)
            wait = left > 0 ? left : 0;
    }
    return wait;
}

double scenario_gpu_hours(const struct scenario *scenario)
{
    double sum = 0;

    for (size_t i = 0; i < scenario->trace.count; i++)
        sum += (double)scenario->trace.jobs[i].length / HOUR
               * scenario->trace.jobs[i].gpus;
    return sum;
}

/* So much that what was asked for in the hours of the arrivals is this part of it. */
static int64_t capacity_for(const struct scenario *scenario, int64_t ppm)
{
    const struct trace *trace = &scenario->trace;
    instant last = trace->jobs[trace->count - 1].arrives;
    duration span = scenario->span;
    double gpus;

    if (span == 0)
        span = (last - scenario->begins) / HOUR * HOUR + HOUR;
    gpus = scenario_gpu_hours(scenario) / ((double)span / HOUR) / ((double)ppm / 1e6);
    return (int64_t)(gpus + 0.5);
}

static int find_capacity(const struct simulate_options *options,
                         struct scenario *scenario)
{
    const struct trace *trace = &scenario->trace;
    const char *text = options->capacity ? options->capacity : "unlimited";
    struct error err;
    int64_t number;

    if (strcmp(text, "unlimited") == 0) {
        scenario->capacity = SCENARIO_UNLIMITED;
        return EXIT_WELL;
    }
    if (percent_parse(text, &number, NULL) == 0) {
        if (number == 0)
            return command_refuse(&command_simulate, "--capacity: 0%% is no use");
        scenario->capacity = capacity_for(scenario, number);
        for (size_t i = 0; i < trace->count; i++)
            if (trace->jobs[i].gpus > scenario->capacity)
                scenario->capacity = trace->jobs[i].gpus;
        return EXIT_WELL;
    }
    if (number_parse(text, 1, INT32_MAX, &scenario->capacity, &err) < 0)
        return command_refuse(&command_simulate,
                              "--capacity: '%s' is no number of GPUs, no percentage "
                              "and not \"unlimited\"",
                              text);
    for (size_t i = 0; i < trace->count; i++)
        if (trace->jobs[i].gpus > scenario->capacity) {
            complain("%s:%d: the job wants %d GPUs, and there are %lld (--capacity)",
                     options->jobs, (int)trace->jobs[i].line, (int)trace->jobs[i].gpus,
                     (long long)scenario->capacity);
            return EXIT_FAILED;
        }
    return EXIT_WELL;
}

static int load_slot(const struct simulate_options *options, struct scenario *scenario)
{
    struct error err;

    scenario->slot = scenario->config->planner.slot;
    if (!options->slot)
        return EXIT_WELL;
    if (duration_parse(options->slot, &scenario->slot, &err) < 0)
        return refuse("slot", &err);
    if (scenario->slot < 1 || HOUR % scenario->slot != 0)
        return command_refuse(&command_simulate, "--slot: %s does not divide an hour",
                              options->slot);
    return EXIT_WELL;
}

const struct forecast *scenario_ask(struct scenario *scenario, instant hour)
{
    size_t index = (size_t)((hour - scenario->begins) / HOUR);

    while (scenario->forecast_count <= index) {
        instant next = scenario->begins + (duration)scenario->forecast_count * HOUR;

        scenario->forecasts =
            xgrow(scenario->forecasts, scenario->forecast_count,
                  &scenario->forecast_room, sizeof(struct forecast *));
        scenario->forecasts[scenario->forecast_count++] =
            foresight_ask(scenario->foresight, next);
    }
    return scenario->forecasts[index];
}

int scenario_load(const struct simulate_options *options, struct scenario *scenario)
{
    int status;

    *scenario = (struct scenario){.capacity = 0};
    status = simulate_settings_load(&options->set, &scenario->config);
    if (status == EXIT_WELL)
        status = load_slot(options, scenario);
    if (status == EXIT_WELL)
        status = load_jobs(options, scenario);
    if (status == EXIT_WELL)
        status = find_capacity(options, scenario);
    if (status == EXIT_WELL)
        status = scenario_load_grid(options, scenario);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "cli/simulate_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/figures.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    {"POLICY", 8, false, 0},   {"CARBON", 0, true, 0},
    {"SAVED", 0, true, 0},     {"OF OPTIMUM", 0, true, 0},
    {"MEAN WAIT", 0, true, 0}, {"95 % WAIT", 0, true, 3},
    {"MISSED", 0, true, 0},    {"LARGEST START", 0, true, 1},
    {"PEAK", 0, true, 2},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static double saving_of(const struct simulate_findings *findings, double grams)
{
    return findings->queue.sums.grams > 0 ? 1 - grams / findings->queue.sums.grams : 0;
}

/* Of what its kind of policy could save at best. False if that is not known. */
static bool find_fraction(const struct simulate_findings *findings,
                          const struct simulate_outcome *outcome, double *fraction)
{
    bool preemptive = simulate_is_preemptive(&outcome->policy);
    double optimum = saving_of(findings, preemptive ? findings->preemptive_optimum
                                                    : findings->optimum);

    if (!(preemptive ? findings->has_preemptive : findings->has_optimum)
        || optimum <= 0)
        return false;
    *fraction = saving_of(findings, outcome->sums.grams) / optimum;
    return true;
}

static void add_row(struct table *table, const struct scenario *scenario,
                    const struct simulate_findings *findings,
                    const struct simulate_outcome *outcome)
{
    const struct tally_sums *sums = &outcome->sums;
    char mass[FIGURE_TEXT_SIZE];
    double fraction;

    table_add(table, STYLE_STRONG, outcome->policy.name);
    table_add(table, STYLE_PLAIN, figure_format_mass(sums->grams / 1000, mass));
    table_add_format(table, STYLE_PLAIN, "%.2f %%",
                     100 * saving_of(findings, sums->grams));
    if (find_fraction(findings, outcome, &fraction))
        table_add_format(table, STYLE_PLAIN, "%.3f", fraction);
    else
        table_add(table, STYLE_FAINT, "-");
    table_add_format(table, STYLE_PLAIN, "%.1f h", sums->mean_wait);
    table_add_format(table, STYLE_PLAIN, "%.1f h", sums->p95_wait);
    table_add_format(table, sums->missed > 0 ? STYLE_WARNING : STYLE_PLAIN,
                     "%zu (%.2f %%)", sums->missed,
                     100 * (double)sums->missed / (double)scenario->trace.count);
    table_add_format(table, STYLE_PLAIN, "%" PRId64, sums->largest_start);
    table_add_format(table, STYLE_PLAIN, "%" PRId64, sums->peak);
}

static void add_head(const struct scenario *scenario,
                     const struct simulate_findings *findings, struct text *text)
{
    char begins[INSTANT_TEXT_SIZE];
    int64_t error = foresight_error_ppm(scenario->foresight);

    text_add_format(text, "%zu jobs of %.0f GPU-hours from %s on, ",
                    scenario->trace.count, scenario_gpu_hours(scenario),
                    instant_format(scenario->begins, begins));
    if (scenario->capacity == SCENARIO_UNLIMITED)
        text_add(text, "GPUs without limit\n");
    else
        text_add_format(text, "%" PRId64 " GPUs\n", scenario->capacity);
    text_add_format(text, "forecast: %s", foresight_kind_name(scenario->kind));
    if (error >= 0)
        text_add_format(text, ", off by %.1f %% over the first 24 h",
                        (double)error / 1e4);
    text_add(text, "\n");
    if (findings->has_optimum)
        text_add_format(text, "optimum: %.2f %% saved at most",
                        100 * saving_of(findings, findings->optimum));
    if (findings->has_preemptive)
        text_add_format(text, ", %.2f %% in pieces",
                        100 * saving_of(findings, findings->preemptive_optimum));
    text_add(text, findings->has_optimum ? "\n\n" : "\n");
}

void simulate_report_table(const struct scenario *scenario,
                           const struct simulate_findings *findings,
                           const struct terminal *terminal, struct text *text)
{
    struct table *table = table_create(columns, COLUMNS);

    add_head(scenario, findings, text);
    for (size_t i = 0; i < findings->count; i++)
        add_row(table, scenario, findings, &findings->policies[i]);
    table_format(table, terminal, text);
    table_destroy(table);
    text_add(text, "\nSAVED is against first come first served with EASY backfill on "
                   "the same GPUs.\n");
}

static json_t *outcome_json(const struct simulate_findings *findings,
                            const struct simulate_outcome *outcome)
{
    const struct tally_sums *sums = &outcome->sums;
    json_t *json = json_pack(
        "{s:s,s:f,s:f,s:f,s:f,s:I,s:I,s:I,s:I}", "policy", outcome->policy.name, "kg",
        sums->grams / 1000, "saving", saving_of(findings, sums->grams), "mean_wait_h",
        sums->mean_wait, "p95_wait_h", sums->p95_wait, "missed",
        (json_int_t)sums->missed, "largest_start", (json_int_t)sums->largest_start,
        "peak", (json_int_t)sums->peak, "runs", (json_int_t)sums->runs);
    double fraction;

    if (find_fraction(findings, outcome, &fraction))
        json_object_set_new(json, "optimum_fraction", json_real(fraction));
    return json;
}

static json_t *bound_json(const struct simulate_findings *findings, double grams)
{
    return json_pack("{s:f,s:f,s:b}", "kg", grams / 1000, "saving",
                     saving_of(findings, grams), "certified", 1);
}

void simulate_report_json(const struct scenario *scenario,
                          const struct simulate_findings *findings, struct text *text)
{
    json_t *policies = json_array();
    json_t *json =
        json_pack("{s:I,s:f,s:s,s:o}", "jobs", (json_int_t)scenario->trace.count,
                  "gpu_hours", scenario_gpu_hours(scenario), "forecast",
                  foresight_kind_name(scenario->kind), "policies", policies);
    int64_t error = foresight_error_ppm(scenario->foresight);

    if (scenario->capacity != SCENARIO_UNLIMITED)
        json_object_set_new(json, "capacity", json_integer(scenario->capacity));
    if (error >= 0)
        json_object_set_new(json, "forecast_error", json_real((double)error / 1e6));
    for (size_t i = 0; i < findings->count; i++)
        json_array_append_new(policies, outcome_json(findings, &findings->policies[i]));
    json_object_set_new(json, "queue", outcome_json(findings, &findings->queue));
    if (findings->has_optimum)
        json_object_set_new(json, "optimum", bound_json(findings, findings->optimum));
    if (findings->has_preemptive)
        json_object_set_new(json, "optimum_in_pieces",
                            bound_json(findings, findings->preemptive_optimum));
    answer_format(json, text);
    json_decref(json);
}

static void write_job(FILE *file, const struct scenario *scenario,
                      const struct simulate_outcome *outcome, size_t i)
{
    const struct trace_job *asked = &scenario->trace.jobs[i];
    const struct tally_job *job = &tally_jobs(outcome->tally)[i];
    char arrives[INSTANT_TEXT_SIZE], starts[INSTANT_TEXT_SIZE], ends[INSTANT_TEXT_SIZE];

    fprintf(file, "%s,%d,%s,%" PRId64 ",%s,%s,%" PRId64 ",%d,%.3f\n",
            outcome->policy.name, (int)asked->line,
            instant_format(asked->arrives, arrives), scenario_wait(scenario, i),
            instant_format(job->start, starts), instant_format(job->end, ends),
            job->ran, (int)asked->gpus, job->grams);
}

int simulate_report_jobs(const struct scenario *scenario,
                         const struct simulate_findings *findings, const char *path,
                         struct error *err)
{
    FILE *file = fopen(path, "we");
    bool failed;

    if (!file)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    fprintf(file, "policy,line,arrives,max_wait_s,starts,ends,ran_s,gpus,grams\n");
    for (size_t i = 0; i < findings->count; i++)
        for (size_t j = 0; j < scenario->trace.count; j++)
            write_job(file, scenario, &findings->policies[i], j);
    failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

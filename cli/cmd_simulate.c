/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/simulate_report.h"

#define POLICIES "immediate,lowest-window,carbon-time,wait-awhile,cleanest"

#define OPTION(member) 0, OPTION_STRING, offsetof(struct simulate_options, member)

static const struct command_option rows[] = {
    {"jobs", OPTION(jobs), "FILE",
     "the jobs: a CSV with arrival_time, length, cpus (taken as GPUs)", "@file"},
    {"jobs-unit", OPTION(jobs_unit), "UNIT", "of the times in it: s (the default) or h",
     "s h"},
    {"jobs-from", OPTION(jobs_from), "HOURS", "leave out what arrives earlier", NULL},
    {"jobs-hours", OPTION(jobs_hours), "HOURS", "take this many hours of arrivals",
     NULL},
    {"max-gpus", OPTION(max_gpus), "N", "let no job have more", NULL},
    {"carbon", OPTION(carbon), "FILE",
     "what the grid's carbon intensity was: a CSV with datetime, carbon_intensity",
     "@file"},
    {"forecasts", OPTION(forecasts), "FILE",
     "what was forecast: a CSV of forecasts, each from its time of issue on", "@file"},
    {"forecast", OPTION(forecast), "KIND",
     "what is known ahead; default: blend with --forecasts, else history",
     "perfect raw history blend"},
    {"start", OPTION(start), "TIME", "when the first hour of the jobs is, in UTC",
     NULL},
    {"hours", OPTION(hours), "N", "leave out what arrives later", NULL},
    {"capacity", OPTION(capacity), "GPUS",
     "a number, \"unlimited\", or so many that the jobs use 50% of them", NULL},
    {"max-wait", OPTION(max_wait), "WAIT",
     "24h; or 2h:6h,24h by length; or 25%:0h,75%:24h by lot", NULL},
    {"policy", OPTION(policy), "LIST", "what to try; default: " POLICIES, NULL},
    {"set", 0, OPTION_STRINGS, offsetof(struct simulate_options, set), "KEY=VALUE",
     "a setting of [planner] or [queue]; may be repeated", NULL},
    {"slot", OPTION(slot), "LENGTH", "resolution; default 5m", NULL},
    {"optimum", 0, OPTION_FLAG, offsetof(struct simulate_options, optimum), NULL,
     "find how much could be saved at best", NULL},
    {"seed", OPTION(seed), "N", "of what is drawn by lot; default 1", NULL},
    {"per-job", OPTION(per_job), "FILE", "write when each job ran", "@file"},
    {"json", 0, OPTION_FLAG, offsetof(struct simulate_options, json), NULL,
     "print the result as JSON", NULL},
    COMMAND_OPTIONS_END,
};

static void show_progress(const struct simulate_policy *policy, double part)
{
    fprintf(stderr, "\r\033[K%s %.0f %%", policy->name, 100 * part);
    fflush(stderr);
}

static void clear_progress(void)
{
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
}

static int try_policy(struct scenario *scenario, simulate_on_progress *on_progress,
                      struct simulate_outcome *outcome)
{
    struct error err;

    if (on_progress)
        on_progress(&outcome->policy, 0);
    outcome->tally = simulate_run(scenario, &outcome->policy, on_progress, &err);
    if (on_progress)
        clear_progress();
    if (!outcome->tally) {
        complain("%s: %s", outcome->policy.name, err.text);
        return EXIT_FAILED;
    }
    outcome->sums = tally_close(outcome->tally);
    return EXIT_WELL;
}

static void find_optimum(const struct scenario *scenario, bool shows_progress,
                         struct simulate_findings *findings)
{
    static const struct simulate_policy optimum = {.name = "optimum"};
    double upper = findings->queue.sums.grams;

    if (shows_progress)
        show_progress(&optimum, 0);
    findings->optimum = simulate_bound(scenario, false, upper);
    findings->has_optimum = true;
    for (size_t i = 0; i < findings->count && !findings->has_preemptive; i++)
        findings->has_preemptive =
            simulate_is_preemptive(&findings->policies[i].policy);
    if (findings->has_preemptive)
        findings->preemptive_optimum = simulate_bound(scenario, true, upper);
    if (shows_progress)
        clear_progress();
}

static int report(const struct invocation *invocation, const struct scenario *scenario,
                  const struct simulate_findings *findings)
{
    const struct simulate_options *options = invocation->options;
    struct text text = TEXT_EMPTY;
    struct error err;

    if (options->per_job
        && simulate_report_jobs(scenario, findings, options->per_job, &err) < 0) {
        complain("--per-job: %s", err.text);
        return EXIT_FAILED;
    }
    if (options->json)
        simulate_report_json(scenario, findings, &text);
    else
        simulate_report_table(scenario, findings, &invocation->terminal, &text);
    return command_print(&text);
}

static int simulate(const struct invocation *invocation, struct scenario *scenario,
                    struct simulate_findings *findings)
{
    const struct simulate_options *options = invocation->options;
    bool shows_progress = terminal_from(2).is_terminal;
    simulate_on_progress *on_progress = shows_progress ? show_progress : NULL;
    int status;

    findings->queue.policy = (struct simulate_policy){.name = "immediate"};
    status = try_policy(scenario, on_progress, &findings->queue);
    for (size_t i = 0; i < findings->count && status == EXIT_WELL; i++)
        status = try_policy(scenario, on_progress, &findings->policies[i]);
    if (status != EXIT_WELL)
        return status;
    if (options->optimum)
        find_optimum(scenario, shows_progress, findings);
    return report(invocation, scenario, findings);
}

static int run(const struct invocation *invocation)
{
    const struct simulate_options *options = invocation->options;
    struct simulate_findings findings = {.count = 0};
    struct simulate_policy policies[SIMULATE_POLICIES_MAX];
    struct scenario scenario;
    struct error err;
    int status;

    if (!options->jobs || !options->carbon || !options->start)
        return command_refuse(&command_simulate,
                              "--jobs, --carbon and --start are needed");
    if (simulate_policies_parse(options->policy ? options->policy : POLICIES, policies,
                                &findings.count, &err)
        < 0)
        return command_refuse(&command_simulate, "--policy: %s", err.text);
    for (size_t i = 0; i < findings.count; i++)
        findings.policies[i].policy = policies[i];
    status = scenario_load(options, &scenario);
    if (status == EXIT_WELL)
        status = simulate(invocation, &scenario, &findings);
    for (size_t i = 0; i < findings.count; i++)
        tally_destroy(findings.policies[i].tally);
    tally_destroy(findings.queue.tally);
    scenario_release(&scenario);
    return status;
}

const struct command command_simulate = {
    .name = "simulate",
    .operands = "",
    .summary = "try policies on past jobs and a past grid",
    .details =
        "Runs the jobs of a file once more under each policy, with the daemon's own "
        "planner, and says what each would have emitted. Nothing is run, and no daemon "
        "is needed. Policies are immediate, lowest-slot, lowest-window, "
        "lowest-window-true, carbon-time, ecovisor, wait-awhile and threshold:30, as "
        "other tools have them, and cleanest and cleanest-interruptible, which are "
        "Penstock's.\n"
        "The jobs may also have columns estimate, deadline, max_wait, power, priority "
        "and interruptible. Times are cut to slots. What the carbon file has before "
        "the start is history to learn from; it must reach as far as jobs may run.",
    .options = rows,
    .options_size = sizeof(struct simulate_options),
    .run = run,
};

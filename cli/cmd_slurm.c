/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/slurm_judge.h"
#include "cli/slurm_reach.h"
#include "cli/slurm_release.h"

#define PPM 1e6

struct slurm_options {
    const char *config;
    const char *lease;
    const char *user;
    bool dry_run;
    bool json;
};

static const struct command_option rows[] = {
    {"config", 0, OPTION_STRING, offsetof(struct slurm_options, config), "FILE",
     "the daemon's config; else " SLURM_REACH_CONFIG, "@file"},
    {"lease", 0, OPTION_STRING, offsetof(struct slurm_options, lease), "PATH",
     "the lease; no config is needed then", "@file"},
    {"dry-run", 0, OPTION_FLAG, offsetof(struct slurm_options, dry_run), NULL,
     "of release-all and resume: only tell", NULL},
    {"user", 0, OPTION_STRING, offsetof(struct slurm_options, user), "NAME",
     "of check: who the daemon runs as", "@user"},
    {"json", 0, OPTION_FLAG, offsetof(struct slurm_options, json), NULL,
     "of check: print the findings as JSON", NULL},
    COMMAND_OPTIONS_END,
};

static json_t *to_json(const struct slurm_facts *facts, const struct findings *findings)
{
    json_t *json = findings_to_json(findings);
    bool is_of_gpus = false;

    if (!facts->failure[0]) {
        int64_t now = slurm_judge_idle_now(facts, &is_of_gpus);
        int64_t week = slurm_judge_idle_week(facts);

        json_object_set_new(json, "idle_now",
                            now < 0 ? json_null() : json_real((double)now / PPM));
        json_object_set_new(json, "idle_week",
                            week < 0 ? json_null() : json_real((double)week / PPM));
    }
    return json;
}

static int check(const struct invocation *invocation, const struct slurm_reach *reach)
{
    const struct slurm_options *options = invocation->options;
    struct findings findings = FINDINGS_EMPTY;
    struct text text = TEXT_EMPTY;
    struct slurm_facts facts;
    int status;

    slurm_facts_gather(reach, options->user, &facts);
    slurm_judge(&facts, &findings);
    if (options->json) {
        json_t *json = to_json(&facts, &findings);

        answer_format(json, &text);
        json_decref(json);
    } else {
        findings_format(&findings, &invocation->terminal, &text);
    }
    status = command_print(&text);
    if (findings_count(&findings, FINDING_MISSING) > 0)
        status = EXIT_FAILED;
    findings_release(&findings);
    slurm_facts_release(&facts);
    return status;
}

static int release_all(const struct invocation *invocation,
                       const struct slurm_reach *reach)
{
    const struct slurm_options *options = invocation->options;

    return slurm_release_all(reach, options->dry_run, &invocation->terminal);
}

static int resume(const struct invocation *invocation, const struct slurm_reach *reach)
{
    const struct slurm_options *options = invocation->options;

    return slurm_release_end(reach, options->dry_run, &invocation->terminal);
}

struct action {
    const char *name;
    int (*run)(const struct invocation *invocation, const struct slurm_reach *reach);
};

static const struct action actions[] = {
    {"check", check},
    {"release-all", release_all},
    {"resume", resume},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

/* NULL: the options fit the action. */
static const char *find_fault(const struct slurm_options *options, bool is_check)
{
    if (is_check && options->dry_run)
        return "check changes nothing: it takes no --dry-run";
    if (is_check && options->lease)
        return "check takes the lease from the config: no --lease";
    if (!is_check && (options->json || options->user))
        return "--json and --user are for check";
    if (options->user && !text_is_name(options->user, CONFIG_NAME_MAX))
        return "--user is no name of a user";
    return NULL;
}

static int run(const struct invocation *invocation)
{
    const struct slurm_options *options = invocation->options;
    const struct action *action = find_action(invocation->operands[0]);
    struct slurm_reach reach;
    const char *fault;
    int status;

    if (!action)
        return command_refuse(&command_slurm, "slurm does not know \"%s\"",
                              invocation->operands[0]);
    fault = find_fault(options, action->run == check);
    if (fault)
        return command_refuse(&command_slurm, "%s", fault);
    status = slurm_reach_open(options->config, options->lease, &reach);
    if (status != EXIT_WELL)
        return status;
    status = action->run(invocation, &reach);
    slurm_reach_close(&reach);
    return status;
}

const struct command command_slurm = {
    .name = "slurm",
    .operands = "check|release-all|resume",
    .summary = "look at a cluster of Slurm, let go of it, take it up again",
    .details =
        "check looks at the cluster that the config names and at how Penstock fits "
        "into it, one finding a line: ok, warning, or missing and what to do. It "
        "changes nothing, ends with 1 if something is missing, and sees most where "
        "slurmctld and the daemon run. It also tells what part of the cluster is idle: "
        "a machine that is always full gains nothing from shifting. Rights are those "
        "of the daemon's user: --user, else penstock for root, if there is such a "
        "user, else who asks.\n"
        "release-all is the kill switch: it removes the lease, so that slurmctld "
        "defers no job any more, leaves a file LEASE.off beside it, so that the daemon "
        "does not renew it nor take in any job, and lets every job that waits because "
        "of Penstock start as soon as Slurm has room. Jobs that somebody holds, and "
        "begin times that users have set themselves, stay. It asks Slurm itself, "
        "whether or not the daemon runs, and needs to be root, SlurmUser or an "
        "Operator of Slurm, who may write beside the lease. Run it where slurmctld and "
        "the daemon run.\n"
        "resume removes LEASE.off: jobs are deferred again from the daemon's next "
        "listing on.",
    .values = "check release-all resume",
    .options = rows,
    .options_size = sizeof(struct slurm_options),
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

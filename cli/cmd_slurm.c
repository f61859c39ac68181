/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/commands.h"
#include "cli/slurm_reach.h"
#include "cli/slurm_release.h"

struct slurm_options {
    const char *config;
    const char *lease;
    bool dry_run;
};

static const struct command_option rows[] = {
    {"config", 0, OPTION_STRING, offsetof(struct slurm_options, config), "FILE",
     "the daemon's config; else " SLURM_REACH_CONFIG, "@file"},
    {"lease", 0, OPTION_STRING, offsetof(struct slurm_options, lease), "PATH",
     "the lease; no config is needed then", "@file"},
    {"dry-run", 0, OPTION_FLAG, offsetof(struct slurm_options, dry_run), NULL,
     "of release-all and resume: only tell", NULL},
    COMMAND_OPTIONS_END,
};

static int run(const struct invocation *invocation)
{
    const struct slurm_options *options = invocation->options;
    const char *action = invocation->operands[0];
    bool is_release = strcmp(action, "release-all") == 0;
    struct slurm_reach reach;
    int status;

    if (!is_release && strcmp(action, "resume") != 0)
        return command_refuse(&command_slurm, "slurm does not know \"%s\"", action);
    status = slurm_reach_open(options->config, options->lease, &reach);
    if (status != EXIT_WELL)
        return status;
    if (is_release)
        status = slurm_release_all(&reach, options->dry_run, &invocation->terminal);
    else
        status = slurm_release_end(&reach, options->dry_run, &invocation->terminal);
    slurm_reach_close(&reach);
    return status;
}

const struct command command_slurm = {
    .name = "slurm",
    .operands = "release-all|resume",
    .summary = "let go of a cluster of Slurm, or take it up again",
    .details =
        "release-all is the kill switch: it removes the lease, so that no job is "
        "deferred any more, leaves a file LEASE.off beside it, so that the daemon does "
        "not renew it, and lets every job that waits because of Penstock start as soon "
        "as Slurm has room. Jobs that somebody holds, and begin times that users have "
        "set themselves, stay. It asks Slurm itself, whether or not the daemon runs, "
        "and needs to be root, SlurmUser or an Operator of Slurm, who may write "
        "beside the lease. Run it where slurmctld and the daemon run.\n"
        "resume removes LEASE.off: jobs are deferred again from the daemon's next "
        "listing on.",
    .values = "release-all resume",
    .options = rows,
    .options_size = sizeof(struct slurm_options),
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

/* SPDX-License-Identifier: MIT */
#include "cli/slurm_judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

static void judge_commands(const struct slurm_facts *facts, struct findings *findings)
{
    bool lacks_needed = false;

    for (const char *at = facts->missing_commands; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");

        lacks_needed = lacks_needed
                       || !(length > 2
                            && (strncmp(at, "sacctmgr", length) == 0
                                || strncmp(at, "sreport", length) == 0));
        at += length;
    }
    if (lacks_needed)
        findings_add(findings, FINDING_MISSING, "commands",
                     "install Slurm's client commands here, or set commands of [slurm]",
                     "there is no %s", facts->missing_commands);
    else if (facts->missing_commands[0])
        findings_add(findings, FINDING_WARNING, "commands",
                     "install them, so that rights and use can be looked at",
                     "there is no %s", facts->missing_commands);
    else
        findings_add(findings, FINDING_OK, "commands", "", "%s", facts->version);
    if (facts->has_other_conf)
        findings_add(findings, FINDING_WARNING, "slurm.conf",
                     "set conf of [slurm] in penstock.conf",
                     "SLURM_CONF is set here, and the daemon does not go by it");
}

static void judge_rest(const struct slurm_facts *facts, struct findings *findings)
{
    if (strcmp(facts->config->slurm.backend, "rest") != 0)
        return;
    if (facts->rest_failure[0])
        findings_add(findings, FINDING_MISSING, "slurmrestd",
                     "see to it, or set backend = commands of [slurm]", "%s",
                     facts->rest_failure);
    else
        findings_add(findings, FINDING_OK, "slurmrestd", "",
                     "its socket and a token are there");
    if (!cluster_config_lists(&facts->cluster, "AuthAltTypes", "auth/jwt"))
        findings_add(findings, FINDING_MISSING, "AuthAltTypes",
                     "add auth/jwt, and a key of it, in slurm.conf",
                     "without auth/jwt there are no tokens for slurmrestd");
}

static bool has_operator(const struct slurm_facts *facts)
{
    return facts->is_superuser || strncmp(facts->admin_level, "Oper", 4) == 0
           || strncmp(facts->admin_level, "Admin", 5) == 0;
}

static void judge_rights(const struct slurm_facts *facts, struct findings *findings)
{
    if (facts->is_user_unknown)
        findings_add(findings, FINDING_MISSING, "rights",
                     "name the user that penstockd runs as",
                     "there is no user %s on this machine", facts->user);
    else if (facts->is_superuser)
        findings_add(findings, FINDING_OK, "rights", "",
                     "%s may change all jobs: it is root or SlurmUser", facts->user);
    else if (facts->accounting_failure[0])
        findings_add(findings, FINDING_MISSING, "rights", "see to slurmdbd",
                     "what %s may do is not known: %s", facts->user,
                     facts->accounting_failure);
    else if (has_operator(facts))
        findings_add(findings, FINDING_OK, "rights", "",
                     "%s may change all jobs: its AdminLevel is %s", facts->user,
                     facts->admin_level);
    else if (!strstr(cluster_config_find(&facts->cluster, "AccountingStorageType"),
                     "slurmdbd"))
        findings_add(findings, FINDING_MISSING, "rights",
                     "set up slurmdbd, or run the daemon as SlurmUser",
                     "%s may not change the jobs of others: without slurmdbd only root "
                     "and SlurmUser may",
                     facts->user);
    else
        findings_add(findings, FINDING_MISSING, "rights",
                     "sacctmgr add user NAME account=root AdminLevel=Operator, or "
                     "modify user NAME set AdminLevel=Operator",
                     "%s may not change the jobs of others: its AdminLevel is %s",
                     facts->user, facts->admin_level[0] ? facts->admin_level : "none");
    if (cluster_config_lists(&facts->cluster, "PrivateData", "jobs")
        && !has_operator(facts))
        findings_add(findings, FINDING_MISSING, "PrivateData",
                     "give it AdminLevel=Operator", "jobs of others are hidden from %s",
                     facts->user);
}

/* Whether the plugin or the script is needed: comments are seen without. */
static bool needs_plugin(const struct config *config)
{
    bool is_needed = config->slurm.qos.count + config->slurm.accounts.count > 0;

    for (size_t i = 0; i < config->pool_count; i++)
        is_needed = is_needed
                    || (config_is_slurm(&config->pools[i])
                        && strcmp(config->pools[i].defer, "all") == 0);
    return is_needed;
}

static void judge_file(const struct slurm_facts *facts, enum slurm_fact_file file,
                       const char *what, struct findings *findings)
{
    if (file == SLURM_FILE_GOOD)
        findings_add(findings, FINDING_OK, "JobSubmitPlugins", "", "slurmctld runs %s",
                     what);
    else if (!facts->is_controller || file == SLURM_FILE_UNKNOWN)
        findings_add(findings, FINDING_WARNING, "JobSubmitPlugins",
                     "run this check there",
                     "%s cannot be looked at: slurmctld runs "
                     "on another machine, or the file is not ours to read",
                     what);
    else if (file == SLURM_FILE_MISSING)
        findings_add(findings, FINDING_MISSING, "JobSubmitPlugins",
                     "put it there before slurmctld is started again, which it will "
                     "not without it",
                     "%s is not there", what);
    else
        findings_add(findings, FINDING_MISSING, "JobSubmitPlugins",
                     "add what Penstock's job_submit.lua does to yours",
                     "nothing of Penstock is in %s", what);
}

static void judge_plugin(const struct slurm_facts *facts, struct findings *findings)
{
    if (cluster_config_lists(&facts->cluster, "JobSubmitPlugins", "penstock"))
        judge_file(facts, facts->plugin, "job_submit_penstock.so", findings);
    else if (cluster_config_lists(&facts->cluster, "JobSubmitPlugins", "lua"))
        judge_file(facts, facts->script, "job_submit.lua", findings);
    else if (needs_plugin(facts->config))
        findings_add(findings, FINDING_MISSING, "JobSubmitPlugins",
                     "add lua, with Penstock's job_submit.lua, or penstock",
                     "it has neither penstock nor lua: jobs that do not ask in their "
                     "comment never wait, though penstock.conf has it so");
    else
        findings_add(findings, FINDING_WARNING, "JobSubmitPlugins",
                     "add lua, with Penstock's job_submit.lua, or penstock",
                     "it has neither penstock nor lua: only jobs that ask in their "
                     "comment wait, and sbatch does not say so");
    if (facts->spank == SLURM_FILE_GOOD)
        findings_add(findings, FINDING_OK, "plugstack.conf", "",
                     "sbatch has the options --carbon...");
    else
        findings_add(findings, FINDING_WARNING, "plugstack.conf",
                     "add \"optional .../spank_penstock.so\", on all machines",
                     "spank_penstock is not in it here: users ask by --comment only");
}

static void judge_fresh_lease(const struct slurm_facts *facts,
                              struct findings *findings)
{
    char age[DURATION_TEXT_SIZE];

    if (lease_is_fresh(&facts->lease, facts->now))
        findings_add(findings, FINDING_OK, "lease", "", "%s is whole and fresh",
                     facts->lease_path);
    else if (facts->lease.written > facts->now)
        findings_add(
            findings, FINDING_MISSING, "lease", "set the clocks of both machines right",
            "%s was written in the future: no job is deferred", facts->lease_path);
    else
        findings_add(findings, FINDING_MISSING, "lease",
                     "see whether penstockd runs, and what it logs",
                     "%s was written %s ago, and is stale: no job is deferred",
                     facts->lease_path,
                     duration_format(facts->now - facts->lease.written, age));
}

static void judge_lease(const struct slurm_facts *facts, struct findings *findings)
{
    enum finding_level level = facts->is_controller ? FINDING_MISSING : FINDING_WARNING;

    if (facts->is_off)
        findings_add(findings, FINDING_MISSING, "lease",
                     "\"penstock slurm resume\" takes it up again",
                     "release-all has switched Penstock off");
    else if (facts->config->slurm.dry_run)
        findings_add(findings, FINDING_WARNING, "lease",
                     "set dry_run = no when you have seen enough",
                     "dry_run is on: there is none, and nothing is changed");
    else if (facts->lease_file == SLURM_FILE_GOOD)
        judge_fresh_lease(facts, findings);
    else
        findings_add(findings, level, "lease",
                     facts->is_controller
                         ? "see whether penstockd runs here, and what it logs"
                         : "it has to be where slurmctld runs",
                     "%s: no job is deferred", facts->lease_failure);
    if (facts->is_lease_closed)
        findings_add(findings, FINDING_MISSING, "lease",
                     "let others pass through its directories (chmod o+x)",
                     "slurmctld cannot come to %s", facts->lease_path);
}

static bool has_front_end(const struct slurm_facts *facts)
{
    return cluster_config_lists(&facts->cluster, "JobSubmitPlugins", "penstock")
           || cluster_config_lists(&facts->cluster, "JobSubmitPlugins", "lua");
}

/* Whether the lease is where what runs in slurmctld looks for it. */
static void judge_place(const struct slurm_facts *facts, struct findings *findings)
{
    const char *sought = facts->lease_sought;

    if (!has_front_end(facts))
        return;
    if (sought[0] && strcmp(sought, facts->lease_path) != 0)
        findings_add(findings, FINDING_MISSING, "PENSTOCK_LEASE",
                     "set it to lease of [slurm] in the environment of slurmctld, and "
                     "restart that",
                     "slurmctld looks for the lease at %s, and it is %s", sought,
                     facts->lease_path);
    else if (sought[0])
        findings_add(findings, FINDING_OK, "PENSTOCK_LEASE", "",
                     "slurmctld looks for the lease where it is");
    else if (strcmp(facts->lease_path, SLURM_FACTS_LEASE) != 0)
        findings_add(findings, FINDING_WARNING, "PENSTOCK_LEASE",
                     "run this check as root where slurmctld runs",
                     "whether slurmctld looks for the lease at %s cannot be seen",
                     facts->lease_path);
}

static void judge_age(const struct slurm_facts *facts, struct findings *findings)
{
    const struct cluster_config *cluster = &facts->cluster;

    if (cluster_config_lists(cluster, "PriorityFlags", "ACCRUE_ALWAYS"))
        findings_add(findings, FINDING_OK, "PriorityFlags", "",
                     "jobs grow older while they wait for green power");
    else if (cluster_config_number(cluster, "PriorityWeightAge") > 0)
        findings_add(findings, FINDING_WARNING, "PriorityFlags",
                     "add ACCRUE_ALWAYS to PriorityFlags in slurm.conf",
                     "without ACCRUE_ALWAYS jobs that wait for green power do not grow "
                     "older, and lose their place to others");
    else
        findings_add(findings, FINDING_OK, "PriorityFlags", "",
                     "age does not count in this cluster");
}

static void judge_job_age(const struct slurm_facts *facts, struct findings *findings)
{
    int64_t age = cluster_config_number(&facts->cluster, "MinJobAge");
    duration interval = facts->config->slurm.interval;

    if (age == 0 || age > 4 * interval)
        findings_add(findings, FINDING_OK, "MinJobAge", "",
                     "jobs that have ended are seen");
    else
        findings_add(
            findings, age > interval ? FINDING_WARNING : FINDING_MISSING, "MinJobAge",
            "set MinJobAge=300 in slurm.conf, or a shorter interval of [slurm]",
            "slurmctld forgets jobs %" PRId64 " s after their end, and they "
            "are listed every %" PRId64 " s",
            age, interval);
}

static void judge_scheduler(const struct slurm_facts *facts, struct findings *findings)
{
    const struct cluster_config *cluster = &facts->cluster;

    if (cluster_config_lists(cluster, "SlurmctldParameters", "rl_enable"))
        findings_add(findings, FINDING_WARNING, "SlurmctldParameters",
                     "lower orders_per_second of [slurm] to what rl_refill_rate allows",
                     "rl_enable limits how fast the daemon may release jobs");
    if (cluster_config_lists(cluster, "SchedulerParameters", "max_rpc_cnt"))
        findings_add(findings, FINDING_WARNING, "SchedulerParameters", "",
                     "max_rpc_cnt is set: many releases at once keep slurmctld from "
                     "starting jobs meanwhile");
    if (strcmp(cluster_config_find(cluster, "SchedulerType"), "sched/backfill") == 0)
        findings_add(findings, FINDING_OK, "SchedulerType", "", "sched/backfill");
    else
        findings_add(findings, FINDING_WARNING, "SchedulerType", "use sched/backfill",
                     "it is no backfill: what is released waits for all before it");
}

static void judge_requeue(const struct slurm_facts *facts, struct findings *findings)
{
    const struct cluster_config *cluster = &facts->cluster;

    if (cluster_config_number(cluster, "JobRequeue") == 0)
        findings_add(findings, FINDING_WARNING, "JobRequeue",
                     "set JobRequeue=1, or have users say --requeue",
                     "jobs are not requeued unless they say so: they cannot be paused");
    else
        findings_add(findings, FINDING_OK, "JobRequeue", "", "jobs can be paused");
    if (*cluster_config_find(cluster, "RequeueExit"))
        findings_add(findings, FINDING_WARNING, "RequeueExit", "",
                     "jobs that exit with %s are requeued by Slurm, and not planned "
                     "again",
                     cluster_config_find(cluster, "RequeueExit"));
}

void slurm_judge(const struct slurm_facts *facts, struct findings *findings)
{
    if (facts->conf_failure[0]) {
        findings_add(findings, FINDING_MISSING, "slurm.conf",
                     facts->config->slurm.conf[0]
                         ? "set conf of [slurm] in penstock.conf to Slurm's own"
                         : "set SLURM_CONF to Slurm's own",
                     "it cannot be read: %s", facts->conf_failure);
        return;
    }
    judge_commands(facts, findings);
    if (facts->failure[0]) {
        findings_add(findings, FINDING_MISSING, "slurmctld",
                     "see whether it runs, and whether slurm.conf is the right one",
                     "it does not answer: %s", facts->failure);
        return;
    }
    findings_add(findings, FINDING_OK, "slurmctld", "", "it answers: %s, cluster %s",
                 cluster_config_find(&facts->cluster, "SLURM_VERSION"),
                 cluster_config_find(&facts->cluster, "ClusterName"));
    judge_rest(facts, findings);
    judge_rights(facts, findings);
    slurm_judge_pools(facts, findings);
    judge_plugin(facts, findings);
    judge_lease(facts, findings);
    judge_place(facts, findings);
    judge_age(facts, findings);
    judge_job_age(facts, findings);
    judge_scheduler(facts, findings);
    judge_requeue(facts, findings);
    slurm_judge_idle(facts, findings);
}

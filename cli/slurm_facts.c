/* SPDX-License-Identifier: MIT */
#include "cli/slurm_facts.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "cli/slurm_files.h"

#define DAEMON_USER "penstock"
#define WEEK        (7 * DAY)

static void keep(char kept[SLURM_FACT_SIZE], const char *string)
{
    snprintf(kept, SLURM_FACT_SIZE, "%.*s", (int)strcspn(string, "\n"), string);
}

/* The first line that a command writes; "" and the failure if it fails. */
static int ask_line(struct slurm_ask *ask, const char *const *words,
                    char line[SLURM_FACT_SIZE], struct error *err)
{
    struct text output = TEXT_EMPTY;
    int result = slurm_ask_command(ask, words, &output, err);

    keep(line, output.bytes);
    text_release(&output);
    return result;
}

static void find_commands(struct slurm_ask *ask, struct slurm_facts *facts)
{
    static const char *const names[] = {"scontrol", "squeue",   "sinfo",
                                        "scancel",  "sacctmgr", "sreport"};
    struct text missing = TEXT_EMPTY;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *const words[] = {names[i], "--version", NULL};
        char version[SLURM_FACT_SIZE];
        struct error err = {.code = ERROR_NONE};

        if (ask_line(ask, words, version, &err) == 0 && i == 0)
            keep(facts->version, version);
        if (err.code == ERROR_MISSING)
            text_add_format(&missing, "%s%s", missing.length ? " " : "", names[i]);
    }
    keep(facts->missing_commands, missing.bytes);
    text_release(&missing);
}

static int ask_cluster(struct slurm_ask *ask, struct slurm_facts *facts,
                       struct error *err)
{
    static const char *const config[] = {"scontrol", "show", "config", NULL};
    static const char *const partitions[] = {"scontrol", "--all",     "--oneliner",
                                             "show",     "partition", NULL};
    struct text output = TEXT_EMPTY;
    int result = slurm_ask_command(ask, config, &output, err);

    if (result == 0)
        result = cluster_config_parse(output.bytes, &facts->cluster, err);
    text_clear(&output);
    if (result == 0)
        result = slurm_ask_command(ask, partitions, &output, err);
    if (result == 0)
        result = cluster_partitions_parse(output.bytes, &facts->partitions, err);
    text_release(&output);
    return result;
}

static bool has_accounting(const struct slurm_facts *facts)
{
    return strstr(cluster_config_find(&facts->cluster, "AccountingStorageType"),
                  "slurmdbd");
}

static void find_user(const char *user, struct slurm_facts *facts)
{
    const struct passwd *entry = NULL;

    if (user) {
        keep(facts->user, user);
        facts->is_user_unknown = !getpwnam(user);
    } else if (geteuid() == 0 && getpwnam(DAEMON_USER)) {
        keep(facts->user, DAEMON_USER);
    } else if ((entry = getpwuid(geteuid()))) {
        keep(facts->user, entry->pw_name);
    }
}

/* The uid of "slurm(64030)"; -1 if it has none. */
static int64_t find_slurm_uid(const struct slurm_facts *facts)
{
    const char *at = strchr(cluster_config_find(&facts->cluster, "SlurmUser"), '(');

    return at ? strtoll(at + 1, NULL, 10) : -1;
}

static void find_rights(struct slurm_ask *ask, struct slurm_facts *facts)
{
    const char *const words[] = {"sacctmgr", "--noheader", "--parsable2",       "show",
                                 "user",     facts->user,  "format=adminlevel", NULL};
    const char *slurm_user = cluster_config_find(&facts->cluster, "SlurmUser");
    size_t length = strcspn(slurm_user, "(");
    struct error err;

    facts->is_superuser = strcmp(facts->user, "root") == 0
                          || (strlen(facts->user) == length
                              && strncmp(facts->user, slurm_user, length) == 0);
    if (!has_accounting(facts) || facts->is_superuser)
        return;
    if (ask_line(ask, words, facts->admin_level, &err) < 0)
        keep(facts->accounting_failure, err.text);
}

static void find_use(struct slurm_ask *ask, struct slurm_facts *facts)
{
    char from[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];
    char start[sizeof("start=") + INSTANT_TEXT_SIZE];
    char end[sizeof("end=") + INSTANT_TEXT_SIZE];
    const char *const words[] = {"sreport",
                                 "--noheader",
                                 "--parsable2",
                                 "--tres=cpu,gres/gpu",
                                 "cluster",
                                 "utilization",
                                 start,
                                 end,
                                 "format=TresName,Allocated,Idle",
                                 NULL};
    instant midnight = facts->now - facts->now % DAY;
    struct text output = TEXT_EMPTY;
    struct error err;

    if (!has_accounting(facts))
        return;
    /* Without the Z, which it does not know: commands run in UTC. */
    snprintf(start, sizeof(start), "start=%.19s",
             instant_format(midnight - WEEK, from));
    snprintf(end, sizeof(end), "end=%.19s", instant_format(midnight, until));
    facts->has_use = slurm_ask_command(ask, words, &output, &err) == 0
                     && cluster_use_parse(output.bytes, &facts->use, &err) == 0;
    if (!facts->has_use)
        keep(facts->use_failure, err.text);
    text_release(&output);
}

static bool is_controller(const struct slurm_facts *facts)
{
    char host[256] = "";

    if (gethostname(host, sizeof(host) - 1) < 0)
        return false;
    host[strcspn(host, ".")] = '\0';
    for (size_t i = 0; i < facts->cluster.count; i++) {
        const struct cluster_setting *setting = &facts->cluster.items[i];

        if (strncmp(setting->name, "SlurmctldHost", 13) == 0
            && strcspn(setting->value, ".(") == strlen(host)
            && strncmp(setting->value, host, strlen(host)) == 0)
            return true;
    }
    return false;
}

static void find_files(struct slurm_facts *facts)
{
    const struct cluster_config *cluster = &facts->cluster;
    const char *conf = cluster_config_find(cluster, "SLURM_CONF");

    facts->is_controller = is_controller(facts);
    facts->plugin = slurm_files_find_plugin(cluster_config_find(cluster, "PluginDir"));
    facts->script = slurm_files_find_script(conf);
    facts->spank =
        slurm_files_find_spank(cluster_config_find(cluster, "PlugStackConfig"), conf);
}

static void find_rest(struct slurm_facts *facts)
{
    const struct config_slurm *slurm = &facts->config->slurm;
    struct error err;

    if (strcmp(slurm->backend, "rest") == 0
        && slurm_files_check_rest(slurm->rest_token_file, slurm->rest_url, &err) < 0)
        keep(facts->rest_failure, err.text);
}

/* Its environment is as it was started with, and ours to see if we are it, or root. */
static void find_sought(struct slurm_facts *facts)
{
    char *path;

    if (!facts->is_controller)
        return;
    path = slurm_files_find_variable(
        cluster_config_find(&facts->cluster, "SlurmctldPidFile"), "PENSTOCK_LEASE");
    if (path)
        keep(facts->lease_sought, *path ? path : SLURM_FACTS_LEASE);
    free(path);
}

static void find_lease(const struct slurm_reach *reach, struct slurm_facts *facts)
{
    char *off = slurm_reach_off(reach);
    struct error err;

    facts->is_off = access(off, F_OK) == 0;
    free(off);
    facts->lease_file = slurm_files_read_lease(reach->lease, &facts->lease, &err);
    if (facts->lease_file != SLURM_FILE_GOOD)
        keep(facts->lease_failure, err.text);
    facts->is_lease_closed = slurm_files_is_closed(reach->lease, find_slurm_uid(facts));
}

void slurm_facts_gather(const struct slurm_reach *reach, const char *user,
                        struct slurm_facts *facts)
{
    const char *of_shell = getenv("SLURM_CONF");
    struct error err;

    *facts = (struct slurm_facts){
        .config = reach->config,
        .lease_path = reach->lease,
        .now = system_clock.now(&system_clock),
    };
    facts->has_other_conf = of_shell && reach->config && !reach->config->slurm.conf[0];
    find_user(user, facts);
    /* Slurm's commands would look for it for a minute. */
    if (reach->conf[0] && access(reach->conf, R_OK) < 0) {
        snprintf(facts->conf_failure, SLURM_FACT_SIZE, "%s: %s", reach->conf,
                 strerror(errno));
        return;
    }
    find_commands(reach->ask, facts);
    if (ask_cluster(reach->ask, facts, &err) < 0) {
        keep(facts->failure, err.text);
        return;
    }
    if (slurm_ask_nodes(reach->ask, &facts->nodes, &err) < 0)
        keep(facts->nodes_failure, err.text);
    find_rights(reach->ask, facts);
    find_use(reach->ask, facts);
    find_files(facts);
    find_rest(facts);
    find_lease(reach, facts);
    find_sought(facts);
}

void slurm_facts_release(struct slurm_facts *facts)
{
    cluster_config_release(&facts->cluster);
    cluster_partitions_release(&facts->partitions);
    slurm_nodes_release(&facts->nodes);
}

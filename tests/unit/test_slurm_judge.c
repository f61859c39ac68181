/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "cli/slurm_judge.h"

#define NOW ((instant)1795292100)

#define CONFIG                                                                         \
    "[provider test]\nkind = synthetic\n[zone GB]\nproviders = test\n"                 \
    "[pool cluster]\nexecutor = slurm\nzone = GB\npartition = gpu\n"                   \
    "[queue green]\npolicy = cleanest\n[slurm]\ndefault_partition = gpu\n"

#define SETTINGS                                                                       \
    "AccountingStorageType = accounting_storage/slurmdbd\nClusterName = trial\n"       \
    "JobRequeue = 1\nJobSubmitPlugins = lua\nMinJobAge = 300 sec\n"                    \
    "PriorityFlags = ACCRUE_ALWAYS\nPriorityWeightAge = 1000\nPrivateData = none\n"    \
    "RequeueExit = (null)\nSchedulerParameters = (null)\n"                             \
    "SchedulerType = sched/backfill\nSlurmctldParameters = (null)\n"                   \
    "SlurmUser = slurm(64030)\nSLURM_VERSION = 22.05.8\n"

#define PARTITIONS                                                                     \
    "PartitionName=gpu Default=YES DefaultTime=01:00:00 MaxTime=UNLIMITED State=UP "   \
    "TotalNodes=1\n"

/* What Slurm says, and what is found then. */
struct row {
    const char *said;
    enum finding_level level;
    const char *about;
    const char *text;
};

struct scene {
    struct slurm_facts facts;
    struct config *config;
    struct slurm_node node;
    struct findings findings;
};

static struct config *parse(const char *text)
{
    struct config_faults faults;
    struct config *config;

    memset(&faults, 0, sizeof(faults));
    config = config_parse(text, strlen(text), &faults);
    if (!config)
        fail_msg("%s", faults.items[0].text);
    return config;
}

static void set_settings(struct scene *scene, const char *text)
{
    cluster_config_release(&scene->facts.cluster);
    assert_int_equal(0, cluster_config_parse(text, &scene->facts.cluster, NULL));
}

static void set_partitions(struct scene *scene, const char *text)
{
    cluster_partitions_release(&scene->facts.partitions);
    assert_int_equal(0, cluster_partitions_parse(text, &scene->facts.partitions, NULL));
}

/* A cluster with which all is well. */
static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    static char name[] = "cn1", partitions[] = ",long,gpu,";

    assert_non_null(scene);
    scene->node = (struct slurm_node){
        .name = name,
        .partitions = partitions,
        .capacity = {4, 64, 1000},
        .used = {1, 60, 0},
        .is_up = true,
    };
    scene->facts = (struct slurm_facts){
        .lease_path = "/run/penstock/slurm.lease",
        .now = NOW,
        .version = "slurm 22.05.8",
        .nodes = {.items = &scene->node, .count = 1},
        .user = "penstock",
        .admin_level = "Operator",
        .is_controller = true,
        .script = SLURM_FILE_GOOD,
        .spank = SLURM_FILE_GOOD,
        .lease_file = SLURM_FILE_GOOD,
        .lease = {.written = NOW - 10, .valid = 120},
        .has_use = true,
        .use = {true, 70, 30},
    };
    scene->facts.config = scene->config = parse(CONFIG);
    set_settings(scene, SETTINGS);
    set_partitions(scene, PARTITIONS);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    findings_release(&scene->findings);
    cluster_config_release(&scene->facts.cluster);
    cluster_partitions_release(&scene->facts.partitions);
    config_destroy(scene->config);
    free(scene);
    return 0;
}

/* Judge, and check the one finding that is not ok; NULL: there is none. */
static void check(struct scene *scene, enum finding_level level, const char *about,
                  const char *text)
{
    size_t count = 0;

    findings_release(&scene->findings);
    slurm_judge(&scene->facts, &scene->findings);
    for (size_t i = 0; i < scene->findings.count; i++) {
        const struct finding *finding = &scene->findings.items[i];

        if (finding->level == FINDING_OK)
            continue;
        count++;
        if (!about || strcmp(finding->about, about) != 0)
            fail_msg("%s: %s", finding->about, finding->text);
        assert_int_equal(level, finding->level);
        if (!strstr(finding->text, text))
            fail_msg("\"%s\" is not in \"%s\"", text, finding->text);
    }
    assert_int_equal(about ? 1 : 0, count);
}

static void of_a_cluster_that_is_set_up_nothing_is_missing(void **state)
{
    struct scene *scene = *state;

    check(scene, FINDING_OK, NULL, NULL);
    assert_true(scene->findings.count > 10);
    scene->config->slurm.default_partition[0] = '\0';
    scene->facts.is_superuser = true;
    scene->facts.admin_level[0] = '\0';
    check(scene, FINDING_OK, NULL, NULL);
}

static void commands_are_needed(void **state)
{
    struct scene *scene = *state;

    strcpy(scene->facts.missing_commands, "sacctmgr sreport");
    check(scene, FINDING_WARNING, "commands", "sacctmgr sreport");
    strcpy(scene->facts.missing_commands, "squeue sreport");
    check(scene, FINDING_MISSING, "commands", "squeue");
    scene->facts.missing_commands[0] = '\0';
    scene->facts.has_other_conf = true;
    check(scene, FINDING_WARNING, "slurm.conf", "SLURM_CONF");
}

static void a_slurmctld_that_does_not_answer_is_all_that_is_told(void **state)
{
    struct scene *scene = *state;

    strcpy(scene->facts.failure, "scontrol: Unable to contact slurm controller");
    check(scene, FINDING_MISSING, "slurmctld", "Unable to contact");
    assert_int_equal(2, scene->findings.count);
    strcpy(scene->facts.conf_failure, "/etc/slurm.conf: No such file or directory");
    check(scene, FINDING_MISSING, "slurm.conf", "/etc/slurm.conf: No such file");
}

static void rights_are_needed(void **state)
{
    struct scene *scene = *state;

    strcpy(scene->facts.admin_level, "None");
    check(scene, FINDING_MISSING, "rights", "its AdminLevel is None");
    scene->facts.admin_level[0] = '\0';
    check(scene, FINDING_MISSING, "rights", "its AdminLevel is none");
    strcpy(scene->facts.accounting_failure, "sacctmgr: Connection refused");
    check(scene, FINDING_MISSING, "rights", "Connection refused");
    scene->facts.accounting_failure[0] = '\0';
    set_settings(scene, "AccountingStorageType = accounting_storage/none\n" SETTINGS);
    check(scene, FINDING_MISSING, "rights", "without slurmdbd");
    strcpy(scene->facts.admin_level, "Administrator");
    check(scene, FINDING_OK, NULL, NULL);
    scene->facts.is_user_unknown = true;
    check(scene, FINDING_MISSING, "rights", "there is no user penstock");
}

static void hidden_jobs_are_told(void **state)
{
    struct scene *scene = *state;

    set_settings(scene, "PrivateData = jobs,usage\n" SETTINGS);
    check(scene, FINDING_OK, NULL, NULL);
    scene->facts.admin_level[0] = '\0';
    slurm_judge(&scene->facts, &scene->findings);
    assert_int_equal(2, findings_count(&scene->findings, FINDING_MISSING));
}

static void a_pool_is_a_partition_that_is_there(void **state)
{
    static const struct row rows[] = {
        {"PartitionName=gpu Default=YES DefaultTime=01:00:00 State=DOWN\n",
         FINDING_WARNING, "partition", "not up"},
        {"PartitionName=gpu Default=YES DefaultTime=NONE MaxTime=UNLIMITED State=UP\n",
         FINDING_MISSING, "DefaultTime", "no time limit"},
        {"PartitionName=gpu Default=YES DefaultTime=NONE MaxTime=08:00:00 State=UP\n",
         FINDING_WARNING, "DefaultTime", "8h"},
        {"PartitionName=gpu Default=NO DefaultTime=01:00:00 State=UP\n",
         FINDING_MISSING, "default partition", "none, not gpu"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_partitions(scene, rows[i].said);
        check(scene, rows[i].level, rows[i].about, rows[i].text);
    }
    set_partitions(scene, "PartitionName=gpus Default=NO State=UP\n");
    findings_release(&scene->findings);
    slurm_judge(&scene->facts, &scene->findings);
    assert_int_equal(2, findings_count(&scene->findings, FINDING_MISSING));
}

static void a_pool_needs_nodes(void **state)
{
    struct scene *scene = *state;
    static char others[] = ",gpus,g,";

    scene->node.is_up = false;
    check(scene, FINDING_WARNING, "nodes", "none of the 1 nodes");
    scene->node.partitions = others;
    check(scene, FINDING_MISSING, "nodes", "has no nodes");
    scene->facts.nodes.count = 0;
    strcpy(scene->facts.nodes_failure, "sinfo: unrecognized option");
    check(scene, FINDING_MISSING, "nodes", "unrecognized option");
}

static void a_config_without_pools_of_slurm_is_told(void **state)
{
    struct scene *scene = *state;

    strcpy(scene->config->pools[0].executor, "local");
    check(scene, FINDING_MISSING, "pools", "no pool of Slurm");
}

static void a_plugin_is_needed_where_jobs_wait_unasked(void **state)
{
    struct scene *scene = *state;

    set_settings(scene, "JobSubmitPlugins = (null)\n" SETTINGS);
    check(scene, FINDING_WARNING, "JobSubmitPlugins", "only jobs that ask");
    strcpy(scene->config->pools[0].defer, "all");
    check(scene, FINDING_MISSING, "JobSubmitPlugins", "never wait");
    strcpy(scene->config->pools[0].defer, "ask");
    scene->config->slurm.accounts.count = 1;
    check(scene, FINDING_MISSING, "JobSubmitPlugins", "never wait");
}

static void a_plugin_is_a_file(void **state)
{
    struct scene *scene = *state;

    scene->facts.script = SLURM_FILE_OTHER;
    check(scene, FINDING_MISSING, "JobSubmitPlugins", "nothing of Penstock");
    scene->facts.script = SLURM_FILE_MISSING;
    check(scene, FINDING_MISSING, "JobSubmitPlugins", "job_submit.lua is not there");
    set_settings(scene, "JobSubmitPlugins = all_partitions,penstock\n" SETTINGS);
    scene->facts.plugin = SLURM_FILE_GOOD;
    check(scene, FINDING_OK, NULL, NULL);
    scene->facts.plugin = SLURM_FILE_UNKNOWN;
    check(scene, FINDING_WARNING, "JobSubmitPlugins", "cannot be looked at");
    scene->facts.plugin = SLURM_FILE_GOOD;
    scene->facts.spank = SLURM_FILE_MISSING;
    check(scene, FINDING_WARNING, "plugstack.conf", "--comment only");
}

static void a_lease_is_whole_and_fresh(void **state)
{
    struct scene *scene = *state;
    struct slurm_facts *facts = &scene->facts;

    facts->lease.written = NOW - 600;
    check(scene, FINDING_MISSING, "lease", "10m ago, and is stale");
    facts->lease.written = NOW + 600;
    check(scene, FINDING_MISSING, "lease", "in the future");
    facts->lease_file = SLURM_FILE_OTHER;
    strcpy(facts->lease_failure, "the end of the lease is damaged");
    check(scene, FINDING_MISSING, "lease", "the end of the lease is damaged");
    facts->is_controller = false;
    check(scene, FINDING_WARNING, "lease", "the end of the lease is damaged");
    facts->is_off = true;
    check(scene, FINDING_MISSING, "lease", "switched Penstock off");
    facts->is_off = false;
    scene->config->slurm.dry_run = true;
    check(scene, FINDING_WARNING, "lease", "dry_run");
}

static void a_lease_is_where_slurmctld_can_read_it(void **state)
{
    struct scene *scene = *state;

    scene->facts.is_lease_closed = true;
    check(scene, FINDING_MISSING, "lease", "cannot come to");
    scene->facts.is_lease_closed = false;
    scene->facts.lease_path = "/run/other/lease";
    check(scene, FINDING_WARNING, "PENSTOCK_LEASE", "/run/other/lease cannot be seen");
    strcpy(scene->facts.lease_sought, "/run/penstock/slurm.lease");
    check(scene, FINDING_MISSING, "PENSTOCK_LEASE",
          "at /run/penstock/slurm.lease, and it is /run/other/lease");
    strcpy(scene->facts.lease_sought, "/run/other/lease");
    check(scene, FINDING_OK, NULL, NULL);
}

static void settings_of_slurm_are_looked_at(void **state)
{
    static const struct row rows[] = {
        {"PriorityFlags = \n" SETTINGS, FINDING_WARNING, "PriorityFlags",
         "without ACCRUE_ALWAYS"},
        {"PriorityFlags = \nPriorityWeightAge = 0\n" SETTINGS, FINDING_OK, NULL, NULL},
        {"MinJobAge = 0 sec\n" SETTINGS, FINDING_OK, NULL, NULL},
        {"MinJobAge = 60 sec\n" SETTINGS, FINDING_WARNING, "MinJobAge", "60 s"},
        {"MinJobAge = 2 sec\n" SETTINGS, FINDING_MISSING, "MinJobAge", "every 30 s"},
        {"SlurmctldParameters = rl_enable\n" SETTINGS, FINDING_WARNING,
         "SlurmctldParameters", "rl_enable"},
        {"SchedulerParameters = defer,max_rpc_cnt=150\n" SETTINGS, FINDING_WARNING,
         "SchedulerParameters", "max_rpc_cnt"},
        {"SchedulerType = sched/builtin\n" SETTINGS, FINDING_WARNING, "SchedulerType",
         "no backfill"},
        {"JobRequeue = 0\n" SETTINGS, FINDING_WARNING, "JobRequeue", "paused"},
        {"RequeueExit = 100-120\n" SETTINGS, FINDING_WARNING, "RequeueExit", "100-120"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_settings(scene, rows[i].said);
        check(scene, rows[i].level, rows[i].about, rows[i].text);
    }
}

static void a_machine_that_is_full_has_nothing_to_gain(void **state)
{
    struct scene *scene = *state;
    bool is_of_gpus;

    assert_int_equal(750000, slurm_judge_idle_now(&scene->facts, &is_of_gpus));
    assert_true(is_of_gpus);
    assert_int_equal(300000, slurm_judge_idle_week(&scene->facts));
    scene->facts.use = (struct cluster_use){true, 97, 3};
    check(scene, FINDING_WARNING, "idle share",
          "3 % of the GPUs were idle in the last");
    scene->facts.use = (struct cluster_use){false, INT64_MAX / 8, INT64_MAX / 8 * 7};
    check(scene, FINDING_OK, NULL, NULL);
    scene->node.capacity.gpus = 0;
    assert_int_equal(62500, slurm_judge_idle_now(&scene->facts, &is_of_gpus));
    assert_false(is_of_gpus);
    check(scene, FINDING_WARNING, "idle share", "6 % of the CPUs are idle now");
    scene->node.is_up = false;
    assert_int_equal(-1, slurm_judge_idle_now(&scene->facts, &is_of_gpus));
}

static void an_idle_share_that_is_not_known_is_told(void **state)
{
    struct scene *scene = *state;

    scene->facts.has_use = false;
    check(scene, FINDING_WARNING, "idle share", "there is no slurmdbd");
    strcpy(scene->facts.use_failure, "nothing is recorded yet");
    check(scene, FINDING_WARNING, "idle share", "nothing is recorded yet");
    assert_int_equal(-1, slurm_judge_idle_week(&scene->facts));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_a_cluster_that_is_set_up_nothing_is_missing),
        TEST(commands_are_needed),
        TEST(a_slurmctld_that_does_not_answer_is_all_that_is_told),
        TEST(rights_are_needed),
        TEST(hidden_jobs_are_told),
        TEST(a_pool_is_a_partition_that_is_there),
        TEST(a_pool_needs_nodes),
        TEST(a_config_without_pools_of_slurm_is_told),
        TEST(a_plugin_is_needed_where_jobs_wait_unasked),
        TEST(a_plugin_is_a_file),
        TEST(a_lease_is_whole_and_fresh),
        TEST(a_lease_is_where_slurmctld_can_read_it),
        TEST(settings_of_slurm_are_looked_at),
        TEST(a_machine_that_is_full_has_nothing_to_gain),
        TEST(an_idle_share_that_is_not_known_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

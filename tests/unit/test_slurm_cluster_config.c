/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "nodes/slurm/cluster_config.h"

/* As 22.05 writes it. */
static const char config_text[] =
    "Configuration data as of 2026-11-27T22:34:12\n"
    "AccountingStorageBackupHost = (null)\n"
    "AccountingStorageUser   = N/A\n"
    "BatchStartTimeout       = 10 sec\n"
    "JobSubmitPlugins        = lua, penstock\n"
    "PriorityFlags           = \n"
    "SchedulerParameters     = batch_sched_delay=0,bf_interval=2\n"
    "SlurmctldHost[0]        = vm(127.0.0.1)\n"
    "MaxJobCount             = 99999999999999999999999\n"
    "\n"
    "Slurmctld(primary) at vm is UP\n"
    "x=y\n";

static void settings_are_found_by_name(void **state)
{
    static const char *const rows[][2] = {
        {"AccountingStorageBackupHost", ""},
        {"AccountingStorageUser", ""},
        {"batchstarttimeout", "10 sec"},
        {"PriorityFlags", ""},
        {"SlurmctldHost[0]", "vm(127.0.0.1)"},
        {"SchedulerParameters", "batch_sched_delay=0,bf_interval=2"},
        {"x", ""},
        {"Nothing", ""},
    };
    struct cluster_config config;

    (void)state;
    assert_int_equal(0, cluster_config_parse(config_text, &config, NULL));
    assert_int_equal(8, config.count);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(rows[i][1], cluster_config_find(&config, rows[i][0]));
    cluster_config_release(&config);
    assert_int_equal(0, config.count);
}

static void words_are_found_in_lists(void **state)
{
    struct cluster_config config;

    (void)state;
    assert_int_equal(0, cluster_config_parse(config_text, &config, NULL));
    assert_true(cluster_config_lists(&config, "JobSubmitPlugins", "lua"));
    assert_true(cluster_config_lists(&config, "JobSubmitPlugins", "Penstock"));
    assert_false(cluster_config_lists(&config, "JobSubmitPlugins", "pen"));
    assert_true(cluster_config_lists(&config, "SchedulerParameters", "bf_interval"));
    assert_false(cluster_config_lists(&config, "SchedulerParameters", "bf_interval=2"));
    assert_false(cluster_config_lists(&config, "PriorityFlags", "ACCRUE_ALWAYS"));
    assert_false(cluster_config_lists(&config, "Nothing", "lua"));
    cluster_config_release(&config);
}

static void numbers_are_read_without_their_unit(void **state)
{
    struct cluster_config config;

    (void)state;
    assert_int_equal(0, cluster_config_parse(config_text, &config, NULL));
    assert_int_equal(10, cluster_config_number(&config, "BatchStartTimeout"));
    assert_int_equal(-1, cluster_config_number(&config, "SlurmctldHost[0]"));
    assert_int_equal(-1, cluster_config_number(&config, "PriorityFlags"));
    /* Two of them can be added. */
    assert_in_range(cluster_config_number(&config, "MaxJobCount"), INT64_MAX / 1000,
                    INT64_MAX / 2);
    cluster_config_release(&config);
}

static void what_is_no_config_is_refused(void **state)
{
    static const char *const texts[] = {"", "\n", "slurm_load_ctl_conf error: x\n",
                                        "=\n", "a=b\n"};
    struct text many = TEXT_EMPTY;
    struct cluster_config config;
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(-1, cluster_config_parse(texts[i], &config, &err));
        assert_int_equal(ERROR_INVALID, err.code);
    }
    for (int i = 0; i <= CLUSTER_SETTINGS_MAX; i++)
        text_add_format(&many, "Setting%d = 1\n", i);
    assert_int_equal(-1, cluster_config_parse(many.bytes, &config, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    text_release(&many);
}

/* As 22.05 writes it, with what is of no use to us left out. */
static const char partitions_text[] =
    "PartitionName=main AllowGroups=ALL Default=YES QoS=N/A DefaultTime=00:10:00 "
    "Hidden=NO MaxNodes=UNLIMITED MaxTime=UNLIMITED OverTimeLimit=NONE State=UP "
    "TotalCPUs=4 TotalNodes=2 JobDefaults=(null) TRES=cpu=4,gres/gpu=4\n"
    "PartitionName=gpu Default=NO DefaultTime=NONE MaxTime=7-00:00:00 State=DRAIN "
    "TotalNodes=0\n"
    "\n"
    "PartitionName=long Default=NO DefaultTime=1-00:00:00 MaxTime=5000-00:00:00 "
    "State=UP TotalNodes=1";

static void partitions_are_read(void **state)
{
    struct cluster_partitions partitions;
    const struct cluster_partition *found;

    (void)state;
    assert_int_equal(0, cluster_partitions_parse(partitions_text, &partitions, NULL));
    assert_int_equal(3, partitions.count);
    found = cluster_partitions_find(&partitions, "main");
    assert_true(found->is_default && found->is_up);
    assert_int_equal(10 * MINUTE, found->default_time);
    assert_int_equal(0, found->max_time);
    assert_int_equal(2, found->nodes);
    found = cluster_partitions_find(&partitions, "gpu");
    assert_false(found->is_default || found->is_up);
    assert_int_equal(0, found->default_time);
    assert_int_equal(7 * DAY, found->max_time);
    assert_int_equal(0, found->nodes);
    found = cluster_partitions_find(&partitions, "long");
    assert_int_equal(DAY, found->default_time);
    assert_true(found->max_time > 300 * DAY);
    assert_null(cluster_partitions_find(&partitions, "mai"));
    cluster_partitions_release(&partitions);
}

static void a_cluster_may_have_no_partitions(void **state)
{
    struct cluster_partitions partitions;

    (void)state;
    assert_int_equal(0, cluster_partitions_parse("No partitions in the system\n",
                                                 &partitions, NULL));
    assert_int_equal(0, partitions.count);
    assert_null(cluster_partitions_find(&partitions, ""));
    cluster_partitions_release(&partitions);
}

static void use_is_of_gpus_where_there_are_any(void **state)
{
    static const struct {
        const char *text;
        struct cluster_use use;
    } rows[] = {
        {"cpu|60|40\ngres/gpu|30|70\n", {true, 30, 70}},
        {"gres/gpu|30|70\ncpu|60|40\n", {true, 30, 70}},
        {"cpu|60|40\n", {false, 60, 40}},
        {"cpu|60|40\ngres/gpu|0|0\n", {false, 60, 40}},
        {"cpu|0|40", {false, 0, 40}},
    };
    struct cluster_use use;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(0, cluster_use_parse(rows[i].text, &use, NULL));
        assert_int_equal(rows[i].use.is_of_gpus, use.is_of_gpus);
        assert_int_equal(rows[i].use.allocated, use.allocated);
        assert_int_equal(rows[i].use.idle, use.idle);
    }
}

static void without_a_record_there_is_no_use(void **state)
{
    static const char *const texts[] = {"",      "\n",        "cpu|0|0\n", "cpu|60\n",
                                        "cpu\n", "mem|1|2\n", "cpu|a|b\n"};
    struct cluster_use use;
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(-1, cluster_use_parse(texts[i], &use, &err));
        assert_int_equal(ERROR_MISSING, err.code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_found_by_name),
        cmocka_unit_test(words_are_found_in_lists),
        cmocka_unit_test(numbers_are_read_without_their_unit),
        cmocka_unit_test(what_is_no_config_is_refused),
        cmocka_unit_test(partitions_are_read),
        cmocka_unit_test(a_cluster_may_have_no_partitions),
        cmocka_unit_test(use_is_of_gpus_where_there_are_any),
        cmocka_unit_test(without_a_record_there_is_no_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cli/slurm_judge.h"

#define PPM INT64_C(1000000)

/* Below this part of idle time there is little to gain, below that, next to nothing. */
#define IDLE_LITTLE (20 * PPM / 100)
#define IDLE_NONE   (5 * PPM / 100)

struct share {
    int64_t total;
    int64_t idle;
};

static bool is_in_pool(const struct slurm_node *node, const struct config *config)
{
    for (size_t i = 0; i < config->pool_count; i++)
        if (config_is_slurm(&config->pools[i])
            && text_is_listed(node->partitions, config->pools[i].partition))
            return true;
    return false;
}

static void judge_capacity(const struct slurm_facts *facts,
                           const struct config_pool *pool, struct findings *findings)
{
    int64_t nodes = 0, up = 0, gpus = 0, cpus = 0;

    for (size_t i = 0; i < facts->nodes.count; i++) {
        const struct slurm_node *node = &facts->nodes.items[i];

        if (!text_is_listed(node->partitions, pool->partition))
            continue;
        nodes++;
        up += node->is_up;
        gpus += node->capacity.gpus;
        cpus += node->capacity.cpus;
    }
    if (nodes == 0)
        findings_add(findings, FINDING_MISSING, "nodes", "give it nodes in slurm.conf",
                     "partition %s has no nodes", pool->partition);
    else if (up == 0)
        findings_add(findings, FINDING_WARNING, "nodes", "see sinfo -R",
                     "none of the %" PRId64 " nodes of partition %s is up", nodes,
                     pool->partition);
    else
        findings_add(findings, FINDING_OK, "nodes", "",
                     "partition %s has %" PRId64 " of %" PRId64 " nodes up, %" PRId64
                     " GPUs and %" PRId64 " CPUs",
                     pool->partition, up, nodes, gpus, cpus);
}

static void judge_limit(const struct cluster_partition *partition,
                        struct findings *findings)
{
    char length[DURATION_TEXT_SIZE];

    if (partition->default_time > 0)
        findings_add(findings, FINDING_OK, "DefaultTime", "",
                     "jobs without -t in partition %s have %s", partition->name,
                     duration_format(partition->default_time, length));
    else if (partition->max_time > 0)
        findings_add(findings, FINDING_WARNING, "DefaultTime",
                     "set DefaultTime= to what such jobs usually take",
                     "jobs without -t in partition %s are planned as if they took its "
                     "MaxTime, %s",
                     partition->name, duration_format(partition->max_time, length));
    else
        findings_add(findings, FINDING_MISSING, "DefaultTime",
                     "set DefaultTime= of the partition in slurm.conf",
                     "jobs without -t in partition %s have no time limit: they cannot "
                     "be planned",
                     partition->name);
}

static void judge_pool(const struct slurm_facts *facts, const struct config_pool *pool,
                       struct findings *findings)
{
    const struct cluster_partition *partition =
        cluster_partitions_find(&facts->partitions, pool->partition);

    if (!partition) {
        findings_add(findings, FINDING_MISSING, "partition",
                     "name one of sinfo as its partition in penstock.conf",
                     "[pool %s] is partition %s, which Slurm does not have", pool->name,
                     pool->partition);
        return;
    }
    if (partition->is_up)
        findings_add(findings, FINDING_OK, "partition", "",
                     "[pool %s] is partition %s, and up", pool->name, pool->partition);
    else
        findings_add(findings, FINDING_WARNING, "partition",
                     "scontrol update PartitionName=... State=UP",
                     "[pool %s] is partition %s, which is not up", pool->name,
                     pool->partition);
    if (!facts->nodes_failure[0])
        judge_capacity(facts, pool, findings);
    judge_limit(partition, findings);
}

/* Jobs that name no partition are in the default one, which the plugin has to know. */
static void judge_default(const struct slurm_facts *facts, struct findings *findings)
{
    const char *said = facts->config->slurm.default_partition;
    const char *is = "";

    for (size_t i = 0; i < facts->partitions.count; i++)
        if (facts->partitions.items[i].is_default)
            is = facts->partitions.items[i].name;
    if (*said && strcmp(said, is) != 0)
        findings_add(findings, FINDING_MISSING, "default partition",
                     "take default_partition of [slurm] out of penstock.conf",
                     "it is %s, not %s", *is ? is : "none", said);
    else
        findings_add(findings, FINDING_OK, "default partition", "", "it is %s",
                     *is ? is : "none");
}

void slurm_judge_pools(const struct slurm_facts *facts, struct findings *findings)
{
    size_t count = 0;

    if (facts->nodes_failure[0])
        findings_add(findings, FINDING_MISSING, "nodes", "see what sinfo --json says",
                     "they cannot be listed: %s", facts->nodes_failure);
    for (size_t i = 0; i < facts->config->pool_count; i++) {
        if (!config_is_slurm(&facts->config->pools[i]))
            continue;
        judge_pool(facts, &facts->config->pools[i], findings);
        count++;
    }
    if (count == 0)
        findings_add(findings, FINDING_MISSING, "pools",
                     "add a [pool] with executor = slurm",
                     "penstock.conf has no pool of Slurm");
    judge_default(facts, findings);
}

static int64_t part(const struct share *share)
{
    return share->total > 0 ? share->idle * PPM / share->total : -1;
}

static void add(struct share *share, int64_t total, int64_t used)
{
    share->total += total;
    share->idle += used < total ? total - used : 0;
}

int64_t slurm_judge_idle_now(const struct slurm_facts *facts, bool *is_of_gpus)
{
    struct share gpus = {0, 0}, cpus = {0, 0};

    for (size_t i = 0; i < facts->nodes.count; i++) {
        const struct slurm_node *node = &facts->nodes.items[i];

        if (!node->is_up || !is_in_pool(node, facts->config))
            continue;
        add(&gpus, node->capacity.gpus, node->used.gpus);
        add(&cpus, node->capacity.cpus, node->used.cpus);
    }
    *is_of_gpus = gpus.total > 0;
    return part(*is_of_gpus ? &gpus : &cpus);
}

int64_t slurm_judge_idle_week(const struct slurm_facts *facts)
{
    const struct cluster_use *use = &facts->use;
    struct share share = {use->allocated + use->idle, use->idle};

    if (!facts->has_use)
        return -1;
    /* So that no product is too large. */
    while (share.total > INT64_MAX / PPM / 2) {
        share.total /= 2;
        share.idle /= 2;
    }
    return part(&share);
}

static void judge_share(int64_t idle_ppm, const char *what, const char *when,
                        struct findings *findings)
{
    static const char little[] =
        "shifting gains little where little is idle: look at `penstock simulate` "
        "before promising savings";
    static const char none[] =
        "a machine that is always full gains nothing from shifting: what waits only "
        "changes places with what does not";

    findings_add(
        findings, idle_ppm < IDLE_LITTLE ? FINDING_WARNING : FINDING_OK, "idle share",
        idle_ppm < IDLE_NONE     ? none
        : idle_ppm < IDLE_LITTLE ? little
                                 : "",
        "%" PRId64 " %% of the %s %s idle %s", (idle_ppm + PPM / 200) * 100 / PPM, what,
        strcmp(when, "now") == 0 ? "are" : "were", when);
}

void slurm_judge_idle(const struct slurm_facts *facts, struct findings *findings)
{
    bool is_of_gpus;
    int64_t now = slurm_judge_idle_now(facts, &is_of_gpus);
    int64_t week = slurm_judge_idle_week(facts);

    if (now >= 0)
        judge_share(now, is_of_gpus ? "GPUs" : "CPUs", "now", findings);
    if (week >= 0)
        judge_share(week, facts->use.is_of_gpus ? "GPUs" : "CPUs", "in the last 7 days",
                    findings);
    else
        findings_add(findings, FINDING_WARNING, "idle share",
                     "measure it before promising savings",
                     "that of the last 7 days is not known: %s",
                     facts->use_failure[0] ? facts->use_failure
                                           : "there is no slurmdbd");
}

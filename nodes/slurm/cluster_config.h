/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_CLUSTER_CONFIG_H
#define NODES_SLURM_CLUSTER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* What Slurm's commands tell of how a cluster is set up, and how it was used. Pure. */

#define CLUSTER_SETTINGS_MAX   2000
#define CLUSTER_PARTITIONS_MAX 2000

struct cluster_setting {
    char *name;
    char *value; /* "" where Slurm says "(null)" or nothing */
};

struct cluster_config {
    struct cluster_setting *items; /* in Slurm's order */
    size_t count;
};

/*
 * What `scontrol show config` says: lines of "NAME = VALUE", others are passed over.
 * ERROR_INVALID if there is none, ERROR_TOO_LARGE above CLUSTER_SETTINGS_MAX.
 */
int cluster_config_parse(const char *text, struct cluster_config *config,
                         struct error *err);
void cluster_config_release(struct cluster_config *config);

/* The value of a setting, whatever the case of its name; "" if there is none. */
const char *cluster_config_find(const struct cluster_config *config, const char *name);

/* Whether the value, a list with commas, has this word, or "WORD=...". */
bool cluster_config_lists(const struct cluster_config *config, const char *name,
                          const char *word);

/* The number that the value begins with, such as that of "300 sec"; -1 for none. */
int64_t cluster_config_number(const struct cluster_config *config, const char *name);

struct cluster_partition {
    char *name;
    bool is_default;
    bool is_up;
    duration default_time; /* 0: none; so for the next */
    duration max_time;
    int64_t nodes; /* how many */
};

struct cluster_partitions {
    struct cluster_partition *items;
    size_t count;
};

/*
 * What `scontrol --oneliner show partition` says; none at all is no error.
 * ERROR_TOO_LARGE above CLUSTER_PARTITIONS_MAX.
 */
int cluster_partitions_parse(const char *text, struct cluster_partitions *partitions,
                             struct error *err);
void cluster_partitions_release(struct cluster_partitions *partitions);

/* NULL: there is none of this name. */
const struct cluster_partition *
cluster_partitions_find(const struct cluster_partitions *partitions, const char *name);

/* For how long, in any unit, GPUs were given to jobs, and how long idle; CPUs where
 * there are no GPUs. */
struct cluster_use {
    bool is_of_gpus;
    int64_t allocated;
    int64_t idle;
};

/*
 * What `sreport --parsable2 --noheader --tres=cpu,gres/gpu cluster utilization
 * format=TresName,Allocated,Idle` says. ERROR_MISSING if it has recorded nothing.
 */
int cluster_use_parse(const char *text, struct cluster_use *use, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_FACTS_H
#define CLI_SLURM_FACTS_H

#include <stdbool.h>

#include "base/clock.h"
#include "cli/slurm_reach.h"
#include "nodes/slurm/cluster_config.h"
#include "nodes/slurm/lease.h"
#include "nodes/slurm/record.h"

/* What can be known of a cluster, and of how it and the daemon fit together. */

enum slurm_fact_file {
    SLURM_FILE_UNKNOWN, /* not on this machine, or not to be read by us */
    SLURM_FILE_MISSING,
    SLURM_FILE_OTHER, /* it is there, and not what it should be */
    SLURM_FILE_GOOD
};

#define SLURM_FACT_SIZE 300

#define SLURM_FACTS_LEASE                                                              \
    "/run/penstock/slurm.lease" /* where plugins look unless told */

struct slurm_facts {
    const struct config *config; /* borrowed, so for the next */
    const char *lease_path;
    instant now;
    char version[SLURM_FACT_SIZE];          /* of the commands; "": none */
    char missing_commands[SLURM_FACT_SIZE]; /* "sacctmgr sreport"; "" */
    char conf_failure[SLURM_FACT_SIZE]; /* why slurm.conf cannot be read; "": it can */
    char failure[SLURM_FACT_SIZE];      /* why slurmctld does not answer; "": it does */
    struct cluster_config cluster; /* empty unless slurmctld answers; so for the next */
    struct cluster_partitions partitions;
    struct slurm_nodes nodes;
    char nodes_failure[SLURM_FACT_SIZE]; /* why they cannot be listed; "" */

    char user[SLURM_FACT_SIZE];        /* who the daemon is for Slurm */
    bool is_user_unknown;              /* on this machine */
    bool is_superuser;                 /* root, or SlurmUser */
    char admin_level[SLURM_FACT_SIZE]; /* by slurmdbd: "None", "Operator", ...; "" */
    char accounting_failure[SLURM_FACT_SIZE]; /* why slurmdbd does not tell; "" */

    bool is_controller; /* slurmctld runs on this machine */
    enum slurm_fact_file plugin;
    enum slurm_fact_file script; /* job_submit.lua */
    enum slurm_fact_file spank;  /* what plugstack.conf says */

    bool is_off; /* by release-all */
    enum slurm_fact_file lease_file;
    char lease_sought[SLURM_FACT_SIZE]; /* where slurmctld does it; "": not known */
    bool is_lease_closed;               /* slurmctld's user cannot come to it */
    struct lease lease;                 /* if it is good */
    char lease_failure[SLURM_FACT_SIZE];

    bool has_use;
    struct cluster_use use; /* of the last 7 days */
    char use_failure[SLURM_FACT_SIZE];

    char rest_failure[SLURM_FACT_SIZE]; /* of backend = rest: what it lacks; "" */

    bool has_other_conf; /* SLURM_CONF is set here, and the daemon does not know it */
};

/*
 * Find out. `user` is who the daemon runs as; NULL: penstock if we are root and there
 * is such a user, else ourselves. What cannot be found out is a fact, too.
 */
void slurm_facts_gather(const struct slurm_reach *reach, const char *user,
                        struct slurm_facts *facts);
void slurm_facts_release(struct slurm_facts *facts);

#endif

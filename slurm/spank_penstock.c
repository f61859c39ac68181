/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Slurm's SPANK plugin: the options by which users say how long a job may wait, checked
 * when it is submitted, and what the GPUs of each step draw. In plugstack.conf:
 *
 *   optional /usr/local/lib/penstock/slurm/spank_penstock.so
 * energy_dir=/var/spool/penstock
 *
 * Without energy_dir nothing is measured. Nothing here ever fails a job that runs.
 */
#include <slurm/spank.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "slurm/energy.h"
#include "slurm/options.h"
#include "slurm/slurmctld.h"

#define ENERGY_ARGUMENT "energy_dir="
#define LIST_SIZE       1024

/* What Slurm looks up by name. */
extern PLUGIN_SYMBOL const char plugin_name[];
extern PLUGIN_SYMBOL const char plugin_type[];
extern PLUGIN_SYMBOL const unsigned int plugin_version;
extern PLUGIN_SYMBOL const unsigned int spank_plugin_version;
extern PLUGIN_SYMBOL spank_f slurm_spank_init;
extern PLUGIN_SYMBOL spank_f slurm_spank_init_post_opt;
extern PLUGIN_SYMBOL spank_f slurm_spank_task_post_fork;
extern PLUGIN_SYMBOL spank_f slurm_spank_task_exit;

const char plugin_name[] = OPTION_PLUGIN;
const char plugin_type[] = "spank";
const unsigned int plugin_version = SLURM_VERSION_NUMBER;
const unsigned int spank_plugin_version = 1;

static instant deadline; /* that the user gave; 0: none */
static const char *energy_directory;
static struct joules joules; /* of this process's step */
static bool has_looked;
static bool is_measured;
static uint32_t tasks_left;

static int check_option(enum option option, const char *value)
{
    struct wish wish = WISH_NONE;
    struct error err;

    if (option == OPTION_INTERRUPTIBLE
        || (value && option_parse(option, value, time(NULL), &wish, &err) == 0)) {
        if (option == OPTION_DEADLINE)
            deadline = wish.deadline;
        return 0;
    }
    slurm_error("--%s: %s", option_name(option),
                value ? err.text : "a value is missing");
    return -1;
}

/* What runs on a node was checked when it was submitted. */
static int on_option(int option, const char *value, int is_remote)
{
    return is_remote ? 0 : check_option((enum option)option, value);
}

/* Not const: Slurm's type is not, and it keeps the pointers. */
static char deadline_name[] = "carbon-deadline", deadline_argument[] = "WHEN",
            deadline_usage[] =
                "may wait for clean power if it ends by then: 08:00, +8h, ...";
static char wait_name[] = "carbon-max-wait", wait_argument[] = "DURATION",
            wait_usage[] = "may wait for clean power for so long, such as 4h";
static char choice_name[] = "carbon", choice_argument[] = "on|off",
            choice_usage[] = "whether it may wait for clean power at all";
static char pause_name[] = "carbon-interruptible",
            pause_usage[] = "a batch job: may be requeued in dirty hours";

static struct spank_option options[OPTIONS] = {
    {deadline_name, deadline_argument, deadline_usage, 1, OPTION_DEADLINE, on_option},
    {wait_name, wait_argument, wait_usage, 1, OPTION_MAX_WAIT, on_option},
    {choice_name, choice_argument, choice_usage, 1, OPTION_CHOICE, on_option},
    {pause_name, NULL, pause_usage, 0, OPTION_INTERRUPTIBLE, on_option},
};

int slurm_spank_init(spank_t spank, int argc, char *argv[])
{
    for (int i = 0; i < OPTIONS; i++)
        spank_option_register(spank, &options[i]);
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], ENERGY_ARGUMENT, sizeof(ENERGY_ARGUMENT) - 1) == 0)
            energy_directory = argv[i] + sizeof(ENERGY_ARGUMENT) - 1;
    return ESPANK_SUCCESS;
}

/* slurmctld may have another local time than the user, and another clock. */
int slurm_spank_init_post_opt(spank_t spank, int argc, char *argv[])
{
    char text[INSTANT_TEXT_SIZE];

    (void)argc;
    (void)argv;
    if (deadline > 0)
        spank_job_control_setenv(spank, OPTION_DEADLINE_VARIABLE,
                                 instant_format(deadline, text), 1);
    return ESPANK_SUCCESS;
}

/* The GPUs as the node knows them; CUDA's own list may count from 0 in every job. */
static bool find_gpus(spank_t spank, char list[LIST_SIZE])
{
    static const char *const variables[] = {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS",
                                            "CUDA_VISIBLE_DEVICES"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        if (spank_getenv(spank, variables[i], list, LIST_SIZE) == ESPANK_SUCCESS
            && *list)
            return true;
    return false;
}

static bool find_step(spank_t spank)
{
    if (gethostname(joules.node, sizeof(joules.node) - 1) < 0)
        return false;
    return spank_get_item(spank, S_JOB_ID, &joules.job_id) == ESPANK_SUCCESS
           && spank_get_item(spank, S_JOB_STEPID, &joules.step_id) == ESPANK_SUCCESS
           && spank_get_item(spank, S_JOB_NODEID, &joules.node_id) == ESPANK_SUCCESS
           && spank_get_item(spank, S_JOB_LOCAL_TASK_COUNT, &tasks_left)
                  == ESPANK_SUCCESS;
}

/* Called for each task after all of them were forked, and before any of them runs. */
int slurm_spank_task_post_fork(spank_t spank, int argc, char *argv[])
{
    char gpus[LIST_SIZE];

    (void)argc;
    (void)argv;
    if (!energy_directory || has_looked)
        return ESPANK_SUCCESS;
    has_looked = true;
    if (!find_gpus(spank, gpus) || !find_step(spank))
        return ESPANK_SUCCESS;
    joules.began = time(NULL);
    is_measured = energy_begin(&joules, gpus, energy_directory);
    return ESPANK_SUCCESS;
}

int slurm_spank_task_exit(spank_t spank, int argc, char *argv[])
{
    (void)spank;
    (void)argc;
    (void)argv;
    if (!is_measured || --tasks_left > 0)
        return ESPANK_SUCCESS;
    joules.ended = time(NULL);
    energy_end(&joules, energy_directory);
    is_measured = false;
    return ESPANK_SUCCESS;
}

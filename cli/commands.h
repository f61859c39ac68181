/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

/* One command each, from cli/cmd_*.c; commands[] lists them in the order of the help.
 */
extern const struct command command_backup;
extern const struct command command_cancel;
extern const struct command command_check_config;
extern const struct command command_completion;
extern const struct command command_drain;
extern const struct command command_forecast;
extern const struct command command_help;
extern const struct command command_hold;
extern const struct command command_import;
extern const struct command command_simulate;
extern const struct command command_list;
extern const struct command command_logs;
extern const struct command command_manual;
extern const struct command command_names;
extern const struct command command_nodes;
extern const struct command command_plan;
extern const struct command command_release_jobs;
extern const struct command command_report;
extern const struct command command_resume;
extern const struct command command_show;
extern const struct command command_slurm;
extern const struct command command_status;
extern const struct command command_submit;
extern const struct command command_update;
extern const struct command command_wait;
extern const struct command command_why;

#endif

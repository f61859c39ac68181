/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

const struct command *const commands[] = {
    &command_submit,       &command_list,       &command_show,
    &command_why,          &command_update,     &command_hold,
    &command_release_jobs, &command_cancel,     &command_logs,
    &command_wait,         &command_forecast,   &command_plan,
    &command_nodes,        &command_drain,      &command_resume,
    &command_report,       &command_status,     &command_check_config,
    &command_slurm,        &command_simulate,   &command_import,
    &command_backup,       &command_completion, &command_help,
    &command_names,        &command_manual,     NULL,
};

/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/text.h"

/* Add a completion script for bash, made from the tables of commands. Pure. */
void completion_format_bash(struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_MANUAL_H
#define CONFIG_MANUAL_H

#include "base/text.h"

/* Add the manual page penstock.conf(5), as roff, from the table of settings. */
void config_format_manual(struct text *out);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CONFIGS_H
#define TESTS_SUPPORT_CONFIGS_H

/* What every config needs, on lines 1 to 7. */
#define CONFIG_ZONE  "[zone GB]\nproviders = none\n"
#define CONFIG_POOL  "[pool lab]\nzone = GB\n"
#define CONFIG_QUEUE "[queue q]\npolicy = immediate\n\n"
#define CONFIG_BASIC CONFIG_ZONE CONFIG_POOL CONFIG_QUEUE

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SETUP_ENGINE_H
#define SETUP_ENGINE_H

#include "config/config.h"
#include "scheduler/engine.h"

/* From what operators write to what the engine and the planner understand. */

struct engine_settings setup_engine(const struct config *config);

/* The config's queues, in their order; room for PLAN_CLASSES_MAX. Returns how many. */
size_t setup_policies(const struct config *config, struct policy *policies);

/* A pool, with this machine's figures where the config says auto. */
void setup_pool(const struct config_pool *config, const struct resources *machine,
                struct pool *pool);

#endif

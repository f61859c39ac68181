/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_LIMITS_H
#define SCHEDULER_ENGINE_LIMITS_H

#include "scheduler/engine_internal.h"

/* What one user or one array may have; included by engine_internal.h alone. */

void engine_count_open(struct engine *engine, const struct engine_entry *entry,
                       int change);
void engine_count_held(struct engine *engine, const struct engine_entry *entry,
                       int change);
void engine_count_anew(struct engine *engine);
void engine_keep_share(struct engine *engine, struct engine_entry *entry);
void engine_drop_share(struct engine *engine, struct engine_entry *entry);
int64_t engine_spare_gpus(const struct engine *engine,
                          const struct engine_entry *entry);
enum engine_limit engine_find_limit(const struct engine *engine,
                                    const struct engine_entry *entry);
const char *engine_limit_name(enum engine_limit limit);
int engine_check_user(const struct engine *engine, uint32_t uid,
                      const size_t wanted[PLAN_CLASSES_MAX], struct error *err);
void engine_limit(struct engine *engine, struct engine_entry *entry,
                  enum engine_limit limit);
void engine_unlimit(struct engine *engine, struct engine_entry *entry);
void engine_retry_limited(struct engine *engine, instant now);

#endif

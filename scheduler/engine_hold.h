/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_HOLD_H
#define SCHEDULER_ENGINE_HOLD_H

#include "scheduler/engine_internal.h"

/* What jobs hold of the plan: reservations, runs and pieces; included by
 * engine_internal.h alone. */

/* engine_adopt.c */
/* Let an entry have what the plan in force says of it. */
void engine_catch_up(struct engine *engine, struct engine_entry *entry);
bool engine_adopt_some(struct engine *engine, instant now);
void engine_task_release(struct engine_task *task);

/* engine_occupy.c */
void engine_hold(struct plan *plan, const struct reservation *reservation,
                 const struct resources *taken);
/* What a task that is out will have to be told of. */
void engine_note(struct engine *engine, const struct occupation *what);
void engine_do_occupation(struct engine *engine, const struct occupation *what);
void engine_withdraw(struct engine *engine, struct engine_entry *entry);
void engine_occupy(struct engine *engine, struct engine_entry *entry, instant begins,
                   instant ends);
void engine_vacate(struct engine *engine, struct engine_entry *entry, instant now);
void engine_shorten(struct engine *engine, struct engine_entry *entry, instant until);
void engine_extend_overruns(struct engine *engine, instant now);

/* engine_pause.c */
bool engine_may_pause(const struct engine *engine, const struct engine_entry *entry);
struct job engine_as_paused(const struct engine *engine,
                            const struct engine_entry *entry, instant now);
bool engine_is_pausable(const struct engine *engine, const struct engine_entry *entry);
void engine_pause(struct engine *engine, struct engine_entry *entry, instant now);
void engine_pause_due(struct engine *engine, instant now);
instant engine_pause_wake(const struct engine *engine, instant now);
void engine_pause_order(struct engine *engine, struct engine_entry *entry);
void engine_pause_settle(struct engine *engine, struct engine_entry *entry,
                         const struct job *after, instant now);
void engine_pause_undo(struct engine *engine, struct engine_entry *entry);
duration engine_restart_cost(const struct engine *engine,
                             const struct engine_entry *entry);
duration engine_progress(const struct engine *engine, const struct engine_entry *entry,
                         const struct job *job, const struct executor_report *report);

/* engine_pieces.c */
struct plan_split engine_split_waiting(const struct engine *engine,
                                       const struct engine_entry *entry);
bool engine_runs_in_pieces(const struct engine *engine,
                           const struct engine_entry *entry, instant now);
struct plan_split engine_split_running(const struct engine *engine,
                                       const struct engine_entry *entry, instant now);
void engine_reserve(struct engine *engine, struct engine_entry *entry, instant now);
void engine_set_pieces(struct engine_entry *entry, const struct plan_pieces *pieces);
void engine_take_first_later(struct engine_entry *entry);
void engine_hold_later(struct plan *plan, const struct engine_entry *entry);
void engine_note_later(struct engine *engine, const struct engine_entry *entry);
void engine_drop_later(struct engine *engine, struct engine_entry *entry);
void engine_forget_later(struct engine_entry *entry);
void engine_adopt_running(struct engine *engine, const struct engine_task *task,
                          instant now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_JOB_VIEW_H
#define DAEMON_JOB_VIEW_H

#include "base/text.h"
#include "daemon/slurm_handover.h"
#include "nodes/slurm/unit.h"
#include "scheduler/engine.h"

/* Jobs as JSON, as docs/api.md has them. */

/*
 * Add the members of a job in a list: what the store knows, and of an open one what
 * the engine plans.
 */
void job_view_add_members(struct text *json, const struct job_row *row,
                          const struct engine *engine);

/* What Slurm's commands call a job that it runs; "" of others. */
void job_view_name_slurm(const struct job_row *row, char name[SLURM_NAME_SIZE]);

/* Add "slurm": what Slurm's commands call a job that it runs; null of others. */
void job_view_add_slurm(struct text *json, const struct job_row *row);

/* What a submitter is told of a job. */
struct job_promise {
    int64_t id; /* 0: none, as nothing was taken */
    const char *name;
    const char *queue;
    const struct job *job; /* NULL: no longer open */
    const struct reservation *reservation;
    const struct plan_figures *figures; /* NULL: not known */
    const char *reason;
    bool may_pause;
    const char *slurm; /* what Slurm calls it; "": it is not Slurm's */
    const struct slurm_handover *handover; /* of a preview for Slurm; NULL */
};

void job_view_add_promise(struct text *json, const struct job_promise *promise);

/*
 * Add "saving_kg", "saving_percent" and the band "saving_low_kg" to "saving_high_kg";
 * "now_g", "planned_g" and the band "planned_low_g" to "planned_high_g". Null without
 * figures or a forecast, the band also where that has none.
 */
void job_view_add_saving(struct text *json, const struct plan_figures *figures);
void job_view_add_levels(struct text *json, const struct plan_figures *figures);

/* Add an array of the NUL-terminated strings that follow one another. */
void job_view_add_strings(struct text *json, const char *key, const char *strings,
                          size_t size);

/* Add an array of the names in "a,b"; NULL: an empty one. */
void job_view_add_names(struct text *json, const char *key, const char *names);

/*
 * A latest start as it is shown: INSTANT_MAX where there is none. Of a job that has
 * been paused and waits, the engine knows its latest resume.
 */
instant job_view_latest(const struct job *job);
instant job_view_latest_planned(const struct engine_job *planned);

/* Add `pieces`: those of a job that is to run in several, and of one that runs those
 * that come later; none of another. */
void job_view_add_pieces(struct text *json, const struct engine_job *found);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_UNIT_H
#define NODES_SLURM_UNIT_H

#include <stddef.h>

#include "nodes/slurm/record.h"

/*
 * What starts and ends as one: a plain job, one task of an array, or a heterogeneous
 * job with all its parts. Slurm lists the waiting tasks of an array in one record and
 * the parts of a heterogeneous job in several; here each is one unit, and each unit is
 * one job of ours.
 */
struct slurm_unit {
    int64_t id;                     /* the job's, the array's, or the first part's */
    int32_t task;                   /* of an array; -1: none */
    const struct slurm_job *record; /* that tells of it; of the first part */
    struct resources wanted;        /* of all parts */
};

/* The units of one listing, in order of id and task. They borrow from it. */
struct slurm_units {
    struct slurm_unit *items;
    size_t count;
};

/* ERROR_INVALID or ERROR_TOO_LARGE if an array's tasks cannot be told apart. */
int slurm_units_make(const struct slurm_listing *listing, struct slurm_units *units,
                     struct error *err);
void slurm_units_release(struct slurm_units *units);

/* Add copies of units that are not among them; what these borrow they go on to. */
void slurm_units_add(struct slurm_units *units, const struct slurm_unit *added,
                     size_t count);

/* NULL: the listing does not have it. */
const struct slurm_unit *slurm_units_find(const struct slurm_units *units, int64_t id,
                                          int32_t task);

/*
 * What a unit, or all tasks of an array, is known by for good: "slurm/17@1795815887",
 * the id and when it was submitted, as an id is given anew when slurmctld has lost its
 * state.
 */
#define SLURM_REFERENCE_SIZE 64
char *slurm_reference_format(int64_t id, instant submitted,
                             char text[SLURM_REFERENCE_SIZE]);

/* The same of a job that is planned in a dry run: "dry-run/slurm/17@1795815887". */
char *slurm_reference_format_dry(int64_t id, instant submitted,
                                 char text[SLURM_REFERENCE_SIZE]);
bool slurm_reference_is_dry(const char *text);

/* ERROR_INVALID if it is none of the above. */
int slurm_reference_parse(const char *text, int64_t *id, instant *submitted,
                          struct error *err);

/* "17", "17_3": what commands call it. Returns `text`. */
#define SLURM_NAME_SIZE 48
char *slurm_unit_name(int64_t id, int32_t task, char text[SLURM_NAME_SIZE]);

/*
 * Whether a record that bears a unit's id tells of what was submitted at that moment. A
 * requeue counts as a submission for Slurm, so that a later moment is no other job if
 * it has been restarted.
 */
bool slurm_is_same(const struct slurm_job *record, instant submitted);

#endif

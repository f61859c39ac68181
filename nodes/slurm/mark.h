/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_MARK_H
#define NODES_SLURM_MARK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

/*
 * What the plugin leaves in a job's admin comment, which users cannot write: that the
 * job is Penstock's to move, and within what. Others write there, too; a mark stands
 * between blanks, semicolons and the ends:
 *
 *   penstock:v1,latest=1795292100,deadline=1795300000,begin=1795290000,wait=14400
 *   penstock:v1,latest=1795292100,wait=14400,interruptible
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

#define MARK_TEXT_SIZE 128

struct mark {
    instant latest; /* the begin time that was set; 0: the daemon is to set it */
    instant
        deadline;  /* the user's carbon deadline; 0: none. Slurm's own is elsewhere */
    instant begin; /* the user's own --begin; 0: none */
    duration wait; /* how long it may wait after it could have begun */
    bool interruptible; /* it may be requeued in dirty hours, after its signal */
};

/* `text` has MARK_TEXT_SIZE bytes; returns it. What is 0 is left out, but `wait`. */
char *mark_format(const struct mark *mark, char text[MARK_TEXT_SIZE]);

/*
 * Find the mark in an admin comment: the last whole one, as ours is appended to what
 * others wrote. False if there is none. `comment` may be NULL.
 */
bool mark_find(const char *comment, struct mark *mark);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_WISH_H
#define NODES_SLURM_WISH_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * What a user says about waiting: by the options --carbon-deadline, --carbon-max-wait
 * and --carbon, or in a job's comment, amid other text and ended by a blank or a
 * semicolon:
 *
 *   penstock:deadline=8h,max-wait=4h,on,key=2b4e...
 *   penstock:early,interruptible,time=3h
 *
 * Lengths are "8h", "1h30m", "2d" or Slurm's "[D-]HH:MM[:SS]". A deadline is what
 * `penstock submit --deadline` takes, as base/when.h has it: 08:00, tomorrow 08:00,
 * +8h or 8h from the submission on, 2026-11-22 08:00, 2026-11-22T08:00Z. In a comment a
 * blank may stand where it stands there: before the time of a day.
 *
 * Local time is that of whom reads it: of an option, of the user in sbatch, which hands
 * slurmctld the moment that it has found; of a comment, of the machine of slurmctld and
 * of the daemon, which is one.
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

#define WISH_KEY_SIZE   40 /* with the NUL */
#define WISH_VALUE_SIZE 64 /* of any one value, with the NUL */

enum wish_choice {
    WISH_UNSAID,
    WISH_ON,
    WISH_OFF,
    WISH_EARLY, /* on, and its --begin is its latest start: it may start before that */
};

struct wish {
    enum wish_choice choice;
    instant deadline;        /* 0: not said */
    duration max_wait;       /* -1: not said */
    char key[WISH_KEY_SIZE]; /* of `penstock submit`; "" */
};

#define WISH_NONE ((struct wish){WISH_UNSAID, 0, -1, ""})

/* Whether it says anything that makes a job wait. */
bool wish_asks(const struct wish *wish);

/* Whether it says off, which goes before all else, and yet how long to wait. */
bool wish_is_torn(const struct wish *wish);

/* The value of one option. ERROR_INVALID says what would be right. `deadline` is from 0
 * to INSTANT_MAX then, and may be past. */
int wish_parse_deadline(const char *value, instant now, instant *deadline,
                        struct error *err);
int wish_parse_max_wait(const char *value, duration *max_wait, struct error *err);
int wish_parse_choice(const char *value, enum wish_choice *choice, struct error *err);

/*
 * Take over what the comment says, where it says something. ERROR_INVALID if a part of
 * it is not understood; then `wish` is untouched. `comment` may be NULL.
 */
int wish_parse_comment(const char *comment, instant now, struct wish *wish,
                       struct error *err);

/*
 * Whether the comment says `interruptible`: the job may be requeued in dirty hours,
 * after its signal. False if a part of it is not understood.
 */
bool wish_is_interruptible(const char *comment, instant now);

/* How long the comment's `time` expects the job to run; 0: it does not say, or a part
 * of it is not understood. */
duration wish_time(const char *comment, instant now);

/* Take over what `over` says: options go before a comment. `early` says more than on,
 * and stays. */
void wish_override(struct wish *wish, const struct wish *over);

#endif

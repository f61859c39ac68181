/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_CLAIM_H
#define DAEMON_SLURM_CLAIM_H

#include "config/config.h"
#include "daemon/slurm_lease.h"
#include "nodes/slurm/unit.h"
#include "queue/job_json.h"

/*
 * Which of Slurm's jobs are ours to plan, and what they ask for. Ours are those in a
 * partition that is a pool of ours and that bear the plugin's mark, or whose owner asks
 * for it in their comment. In a dry run there is no lease, so no marks: then ours are
 * also those that the plugin would have marked, as far as a listing tells; it does not
 * tell of the options --carbon…. Pure; times are real.
 */
struct slurm_claim {
    const struct config_pool *pool;
    instant begin;    /* the user's own begin time; 0: none */
    instant deadline; /* 0: none */
    instant latest;   /* when Slurm starts it by itself */
    duration time;    /* that it is expected to run; 0: its user does not say */
    bool interruptible;
    bool is_deferred; /* the begin time is `latest` already; else it is to be set */
    bool is_dry;      /* nothing is changed in Slurm: it is planned all the same */
    const char *why;  /* it is not ours, in words */
};

/* False: see `why`. */
bool slurm_claim_make(const struct slurm_unit *unit, const struct config *config,
                      const struct slurm_terms *terms, struct slurm_claim *claim);

/* The reference of a claimed unit; `text` is returned. */
char *slurm_claim_refer(const struct slurm_claim *claim, const struct slurm_unit *unit,
                        char text[SLURM_REFERENCE_SIZE]);

/* How far a moment may be off when a clock has taken it there and back. */
duration slurm_clock_slack(int64_t rate);

/* Now, in real time and by a clock that runs `rate` times as fast. */
struct slurm_moment {
    instant now;
    instant clock_now;
    int64_t rate;
};

/* What a moment by the clock is in real time; 0 stays 0. */
instant slurm_moment_to_real(const struct slurm_moment *moment, instant when);

/*
 * A claimed unit as a submission. With `last_task` above unit->task: that and all tasks
 * between. The caller releases.
 */
void slurm_claim_fill(const struct slurm_claim *claim, const struct slurm_unit *unit,
                      int32_t last_task, const struct slurm_moment *moment,
                      struct submission *submission);

/* That of the pool in which a job of these partitions is planned; 0: there is none. */
duration slurm_claim_margin(const struct config *config,
                            const struct slurm_terms *terms, const char *partitions);

/* A job that was taken in. */
struct slurm_taken {
    const struct job *job;
    instant submitted; /* in Slurm; so for the next */
    instant ordered;   /* the begin time that we asked for last; 0: not known */
    duration margin;   /* of its pool */
};

/*
 * What Slurm says by now of the times of a job that was taken in. A limit that was
 * raised, or a deadline that is earlier, may leave less time to wait; nothing ever
 * leaves more.
 */
struct slurm_review {
    bool has_news;            /* its limit or its deadline is another */
    bool is_hopeless;         /* of news: its limit ends past its deadline whenever */
    instant latest;           /* when it has to begin; not after what we had */
    struct job_update update; /* the news, by the clock */
};
void slurm_claim_review(const struct slurm_taken *taken, const struct slurm_job *record,
                        const struct slurm_moment *moment, struct slurm_review *review);

#endif

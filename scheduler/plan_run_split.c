/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/plan_course.h"

/* What plan_run_split was asked. */
struct question {
    const struct plan_split *splits; /* as they were before */
    size_t split_count;
    const uint32_t *order;          /* of the splits */
    const struct plan_batch *batch; /* not planned yet */
    instant now;
};

/* One answer to it; `plan` holds it. */
struct answer {
    struct plan *plan;
    struct plan_split *splits;
    struct plan_batch *batch;
};

static struct answer answer_from(const struct question *question, struct plan *plan)
{
    return (struct answer){
        .plan = plan,
        .splits = xmemdup(question->splits,
                          question->split_count * sizeof(question->splits[0])),
        .batch = plan_batch_copy(question->batch),
    };
}

static void answer_release(struct answer *answer)
{
    free(answer->splits);
    plan_batch_destroy(answer->batch);
    plan_destroy(answer->plan);
}

static void place_in_order(const struct question *question, struct answer *answer,
                           bool held, bool runs)
{
    for (size_t k = 0; k < question->split_count; k++) {
        struct plan_split *split = &answer->splits[question->order[k]];

        if ((split->runs_in >= 0) != runs)
            continue;
        if (held)
            plan_split_withdraw(answer->plan, split, question->now);
        plan_split_place(answer->plan, split, question->now);
    }
}

static void hold_others(const struct question *question, struct plan *plan, bool hold)
{
    for (size_t i = 0; i < plan_batch_count(question->batch); i++) {
        const struct plan_job job = plan_batch_job(question->batch, i);
        const struct reservation before = plan_batch_reservation(question->batch, i);

        if (hold && before.pool >= 0)
            plan_hold(plan, &job, &before);
        else
            plan_withdraw(plan, &job, &before);
    }
}

/* What runs comes first: others cannot have the place where it is. */
static void place_all(const struct question *question, struct answer *answer, bool held)
{
    place_in_order(question, answer, held, true);
    place_in_order(question, answer, held, false);
}

/* Keep all that is planned, and let jobs in pieces move within what that leaves. */
static void mend(const struct question *question, struct answer *answer)
{
    hold_others(question, answer->plan, true);
    for (size_t i = 0; i < question->split_count; i++)
        plan_split_hold(answer->plan, &answer->splits[i], question->now);
    place_all(question, answer, true);
    hold_others(question, answer->plan, false);
    plan_run(answer->plan, answer->batch);
}

static bool is_split_late(const struct plan_split *split)
{
    return split->pieces.count == 0 || split->pieces.reason == PLAN_LATE;
}

static bool is_late(const struct plan_batch *batch, size_t i)
{
    const struct plan_job job = plan_batch_job(batch, i);
    const struct reservation reservation = plan_batch_reservation(batch, i);

    return plan_is_late(&job, &reservation);
}

/* 1: more are late in it than in the other; -1: fewer, and none that is not in the
 * other; 0: the same. */
static int compare_late(const struct question *question, const struct answer *answer,
                        const struct answer *other)
{
    bool is_fewer = false;

    for (size_t i = 0; i < question->split_count; i++) {
        bool here = is_split_late(&answer->splits[i]);
        bool there = is_split_late(&other->splits[i]);

        if (here && !there)
            return 1;
        is_fewer = is_fewer || here != there;
    }
    for (size_t i = 0; i < plan_batch_count(question->batch); i++) {
        bool here = is_late(answer->batch, i);
        bool there = is_late(other->batch, i);

        if (here && !there)
            return 1;
        is_fewer = is_fewer || here != there;
    }
    return is_fewer ? -1 : 0;
}

static struct plan_score score_of(const struct question *question,
                                  const struct answer *answer)
{
    struct plan_score score = plan_score(answer->plan, answer->batch);

    for (size_t i = 0; i < question->split_count; i++) {
        burden cost = plan_split_cost(answer->plan, &answer->splits[i], question->now);

        if (cost < BURDEN_MAX)
            score.cost += cost;
    }
    return score;
}

static bool is_better(const struct question *question, const struct answer *answer,
                      const struct answer *other)
{
    int late = compare_late(question, answer, other);
    struct plan_score score;
    struct plan_score other_score;

    if (late != 0)
        return late < 0;
    score = score_of(question, answer);
    other_score = score_of(question, other);
    return score.cost <= other_score.cost && score.wait <= other_score.wait
           && (score.cost < other_score.cost || score.wait < other_score.wait);
}

static bool is_same(const struct question *question, const struct answer *answer,
                    const struct answer *other)
{
    for (size_t i = 0; i < question->split_count; i++) {
        const struct plan_pieces *a = &answer->splits[i].pieces;
        const struct plan_pieces *b = &other->splits[i].pieces;

        if (a->count != b->count || a->pool != b->pool
            || memcmp(a->list, b->list, a->count * sizeof(a->list[0])) != 0)
            return false;
    }
    return true;
}

/* The better one is left in `plan`. */
static struct answer find_answer(const struct question *question, struct plan *plan)
{
    struct answer mended = answer_from(question, plan);
    struct answer anew = answer_from(question, plan_copy(plan));

    mend(question, &mended);
    place_all(question, &anew, false);
    if (!is_same(question, &anew, &mended)) {
        plan_run(anew.plan, anew.batch);
        if (is_better(question, &anew, &mended)) {
            struct plan held = *plan;
            struct answer worse = mended;

            *plan = *anew.plan;
            *anew.plan = held;
            mended = (struct answer){plan, anew.splits, anew.batch};
            anew = (struct answer){anew.plan, worse.splits, worse.batch};
        }
    }
    answer_release(&anew);
    return mended;
}

static uint32_t *order_splits(const struct plan *plan, const struct plan_split *splits,
                              size_t count, instant now)
{
    struct plan_job *jobs = xcalloc(count, sizeof(jobs[0]));
    uint32_t *order;

    for (size_t i = 0; i < count; i++)
        jobs[i] = splits[i].job;
    order = plan_order(plan, jobs, count, now);
    free(jobs);
    return order;
}

/* What runs goes on to hold what it held. */
static void restore_running(struct plan *plan, const struct plan_split *before,
                            const struct plan_split *after, size_t count, instant now)
{
    for (size_t i = 0; i < count; i++) {
        if (before[i].runs_in < 0)
            continue;
        plan_split_withdraw(plan, &after[i], now);
        plan_split_hold(plan, &before[i], now);
    }
}

void plan_run_split(struct plan *plan, struct plan_split *splits, size_t split_count,
                    struct plan_batch **batch, instant now)
{
    struct question question = {splits, split_count, NULL, *batch, now};
    struct answer answer;
    uint32_t *order;

    if (split_count == 0) {
        plan_run(plan, *batch);
        return;
    }
    for (size_t i = 0; i < split_count; i++)
        if (splits[i].runs_in >= 0)
            plan_split_withdraw(plan, &splits[i], now);
    order = order_splits(plan, splits, split_count, now);
    question.order = order;
    answer = find_answer(&question, plan);
    restore_running(plan, splits, answer.splits, split_count, now);
    memcpy(splits, answer.splits, split_count * sizeof(splits[0]));
    plan_batch_destroy(*batch);
    *batch = answer.batch;
    free(answer.splits);
    free(order);
}

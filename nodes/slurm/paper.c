/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/paper.h"

#include <search.h>
#include <stdlib.h>

#include "base/alloc.h"

/* How Slurm's own run of a job ended. */
struct ending {
    bool is_known;
    enum slurm_state state;
    duration ran;
    int32_t status;
    int32_t signal;
};

struct item {
    int64_t id;
    int32_t task;
    instant submitted; /* 0: it was in no listing yet */
    instant begin;     /* 0: not before it is ordered */
    instant started;   /* 0: it waits */
    duration ran;      /* before it was requeued */
    int32_t restarts;
    instant removed; /* 0: it was not */
    enum slurm_state removed_as;
    struct ending ending;
    bool is_kept; /* by whatever Slurm waits for but its begin time */
    bool is_over; /* its end was told */
    struct resources wanted;
    struct slurm_job record;
};

struct slurm_paper {
    void *by_unit; /* tree of search.h */
    struct item **items;
    size_t count;
    size_t room;
};

static int compare(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;

    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return (left->task > right->task) - (left->task < right->task);
}

struct slurm_paper *slurm_paper_create(void)
{
    return xcalloc(1, sizeof(struct slurm_paper));
}

static void ignore(void *item)
{
    (void)item;
}

void slurm_paper_destroy(struct slurm_paper *paper)
{
    if (!paper)
        return;
    tdestroy(paper->by_unit, ignore);
    for (size_t i = 0; i < paper->count; i++)
        free(paper->items[i]);
    free(paper->items);
    free(paper);
}

size_t slurm_paper_count(const struct slurm_paper *paper)
{
    return paper->count;
}

static struct item *find(const struct slurm_paper *paper, int64_t id, int32_t task)
{
    const struct item key = {.id = id, .task = task};
    void *found = tfind(&key, &paper->by_unit, compare);

    return found ? *(struct item **)found : NULL;
}

static struct item *add(struct slurm_paper *paper, int64_t id, int32_t task)
{
    struct item *item = xcalloc(1, sizeof(*item));

    item->id = id;
    item->task = task;
    if (!tsearch(item, &paper->by_unit, compare))
        abort();
    paper->items =
        xgrow(paper->items, paper->count, &paper->room, sizeof(struct item *));
    return paper->items[paper->count++] = item;
}

static void requeue(struct item *item, instant now)
{
    if (item->started > 0 && now > item->started)
        item->ran += now - item->started;
    item->started = 0;
    item->begin = 0;
    item->is_over = false;
    item->restarts++;
}

static void cancel(struct item *item, enum slurm_state as, instant now)
{
    if (item->removed > 0 || item->is_over)
        return;
    item->removed = now;
    item->removed_as = as;
}

void slurm_paper_order(struct slurm_paper *paper, const struct slurm_change *order,
                       instant now)
{
    struct item *item = find(paper, order->id, order->task);

    if (!item && order->verb != SLURM_DEFER)
        return;
    if (!item)
        item = add(paper, order->id, order->task);
    switch (order->verb) {
    case SLURM_RELEASE:
        if (item->started == 0)
            item->begin = now;
        break;
    case SLURM_DEFER:
        if (item->started == 0)
            item->begin = order->begin;
        break;
    case SLURM_REQUEUE:
    case SLURM_REQUEUE_ENDED:
        requeue(item, now);
        break;
    case SLURM_CANCEL:
        cancel(item, SLURM_CANCELLED, now);
        break;
    case SLURM_SIGNAL:
    case SLURM_VERBS:
        break;
    }
}

/* By Slurm, which may run it again: here it is over then. */
static bool is_broken_off(enum slurm_state state)
{
    return state == SLURM_NODE_FAIL || state == SLURM_PREEMPTED;
}

static void learn(struct item *item, const struct slurm_unit *unit, instant now)
{
    const struct slurm_job *real = unit->record;
    bool has_ended = slurm_state_has_ended(real->state);

    if (item->submitted == 0)
        item->submitted = real->submitted;
    item->wanted = unit->wanted;
    item->is_kept = slurm_job_is_kept(real);
    item->ending = (struct ending){
        .is_known = has_ended,
        .state = is_broken_off(real->state) ? SLURM_FAILED : real->state,
        .ran = real->ended > real->started ? real->ended - real->started : 0,
        .status = real->status,
        .signal = real->signal,
    };
    if (has_ended
        && (real->started == 0
            || (real->state == SLURM_CANCELLED && item->started == 0)))
        cancel(item, real->state, now);
}

/* Slurm starts by itself what may begin. */
static void advance(struct item *item, instant now)
{
    if (item->started > 0 || item->removed > 0 || item->begin == 0)
        return;
    if (item->is_kept && item->begin < now)
        item->begin = now;
    else if (!item->is_kept && item->begin <= now)
        item->started = item->begin;
}

/* 0: it has not ended, or it is not known when. */
static instant find_end(const struct item *item, instant now)
{
    instant end;

    if (item->removed > 0)
        return item->removed;
    if (item->started == 0 || !item->ending.is_known)
        return 0;
    end = item->started;
    if (item->ending.ran > item->ran)
        end += item->ending.ran - item->ran;
    return end <= now ? end : 0;
}

static void fill(struct item *item, const struct slurm_job *real, instant now)
{
    static char nothing[] = "";
    struct slurm_job *record = &item->record;

    if (real)
        *record = *real;
    else
        record->array_tasks = record->user = record->name = record->account =
            record->partition = record->qos = record->comment = record->admin_comment =
                record->nodes = nothing;
    record->submitted = item->submitted;
    record->restarts = item->restarts;
    record->begin = item->begin;
    record->started = item->started;
    record->status = record->signal = 0;
    record->ended = find_end(item, now);
    if (!item->is_kept || !real)
        record->reason =
            item->started > 0 ? SLURM_REASON_OTHER : SLURM_REASON_BEGIN_TIME;
    record->state = item->started > 0 ? SLURM_RUNNING : SLURM_PENDING;
    if (record->ended == 0)
        return;
    item->is_over = true;
    record->state = item->removed > 0 ? item->removed_as : item->ending.state;
    if (item->removed > 0)
        return;
    record->status = item->ending.status;
    record->signal = item->ending.signal;
}

/* Whether there is still something to tell of it. */
static bool see(struct item *item, struct slurm_unit *unit, instant now)
{
    bool was_over = item->is_over;

    if (unit)
        learn(item, unit, now);
    else if (was_over || (!item->ending.is_known && item->removed == 0))
        return false;
    advance(item, now);
    fill(item, unit ? unit->record : NULL, now);
    if (unit)
        unit->record = &item->record;
    return true;
}

/* The unit of an item; NULL if the listing has none, or another of that id. */
static struct slurm_unit *find_in(struct slurm_units *units, const struct item *item)
{
    const struct slurm_unit *found = slurm_units_find(units, item->id, item->task);

    if (!found
        || (item->submitted > 0 && !slurm_is_same(found->record, item->submitted)))
        return NULL;
    return &units->items[found - units->items];
}

void slurm_paper_see(struct slurm_paper *paper, struct slurm_units *units, instant now)
{
    struct slurm_unit *added = xcalloc(paper->count + 1, sizeof(*added));
    size_t added_count = 0;
    size_t kept = 0;

    for (size_t i = 0; i < paper->count; i++) {
        struct item *item = paper->items[i];
        struct slurm_unit *unit = find_in(units, item);

        if (!see(item, unit, now)) {
            tdelete(item, &paper->by_unit, compare);
            free(item);
            continue;
        }
        paper->items[kept++] = item;
        if (!unit && !slurm_units_find(units, item->id, item->task))
            added[added_count++] =
                (struct slurm_unit){item->id, item->task, &item->record, item->wanted};
    }
    paper->count = kept;
    slurm_units_add(units, added, added_count);
    free(added);
}

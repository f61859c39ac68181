/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/outlook.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* A job that runs longer than its limit is about to be stopped. */
#define OVERRUN (5 * MINUTE)

struct run {
    instant ends;
    struct resources taken;
};

struct making {
    struct slurm_outlook *outlook;
    const char *partition;
    instant now;
    struct run *runs; /* what holds something, by its end, the last one first */
    size_t run_count;
    size_t run_room;
    struct resources free;
    const struct slurm_unit **pending;
    size_t pending_count;
};

static void add_use(struct making *making, instant begins, instant ends,
                    const struct resources *taken)
{
    struct slurm_outlook *outlook = making->outlook;

    if (begins >= ends)
        return;
    /* The last one stands for all that no longer have a place. */
    if (outlook->count == SLURM_USES_MAX) {
        struct slurm_use *last = &outlook->uses[SLURM_USES_MAX - 1];

        last->begins = begins < last->begins ? begins : last->begins;
        last->ends = ends > last->ends ? ends : last->ends;
        resources_add(&last->taken, taken);
        return;
    }
    outlook->uses[outlook->count++] = (struct slurm_use){begins, ends, *taken};
}

static void add_run(struct making *making, instant ends, const struct resources *taken)
{
    size_t at = making->run_count;

    making->runs = xgrow(making->runs, making->run_count, &making->run_room,
                         sizeof(*making->runs));
    while (at > 0 && making->runs[at - 1].ends < ends)
        at--;
    memmove(&making->runs[at + 1], &making->runs[at],
            (making->run_count - at) * sizeof(*making->runs));
    making->runs[at] = (struct run){ends, *taken};
    making->run_count++;
    resources_subtract(&making->free, taken);
}

static instant end_of(const struct slurm_job *record, instant now)
{
    duration limit = record->limit > 0 ? record->limit : SLURM_UNLIMITED;
    instant begins = record->started > 0 ? record->started : now;

    return begins + limit > now ? begins + limit : now + OVERRUN;
}

static bool holds(enum slurm_state state)
{
    return state == SLURM_RUNNING || state == SLURM_COMPLETING
           || state == SLURM_SUSPENDED || state == SLURM_STATE_UNKNOWN;
}

static bool is_of(const struct slurm_node *node, const struct slurm_view *view)
{
    return node->is_up && text_is_listed(node->partitions, view->partition);
}

/* What both jobs that hold something and jobs that no longer do held at `asked`. */
static bool held(const struct slurm_job *record, instant asked)
{
    return holds(record->state)
           || (slurm_state_has_ended(record->state) && record->started > 0
               && record->ended >= asked);
}

struct resources slurm_outlook_unseen(const struct slurm_view *view, instant asked)
{
    struct resources unseen = {0, 0, 0};

    for (size_t i = 0; i < view->nodes->count; i++)
        if (is_of(&view->nodes->items[i], view))
            resources_add(&unseen, &view->nodes->items[i].used);
    for (size_t i = 0; i < view->units->count; i++) {
        const struct slurm_unit *unit = &view->units->items[i];

        if (held(unit->record, asked)
            && text_is_listed(unit->record->partition, view->partition))
            resources_subtract(&unseen, &unit->wanted);
    }
    unseen.gpus = unseen.gpus > 0 ? unseen.gpus : 0;
    unseen.cpus = unseen.cpus > 0 ? unseen.cpus : 0;
    unseen.memory = unseen.memory > 0 ? unseen.memory : 0;
    return unseen;
}

static void add_nodes(struct making *making, const struct slurm_view *view)
{
    for (size_t i = 0; i < view->nodes->count; i++)
        if (is_of(&view->nodes->items[i], view))
            resources_add(&making->outlook->capacity, &view->nodes->items[i].capacity);
    making->free = making->outlook->capacity;
}

static int compare_submitted(const void *a, const void *b)
{
    const struct slurm_unit *left = *(const struct slurm_unit *const *)a;
    const struct slurm_unit *right = *(const struct slurm_unit *const *)b;
    instant left_at = left->record->submitted;
    instant right_at = right->record->submitted;

    if (left_at != right_at)
        return left_at < right_at ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static bool may_start(const struct slurm_job *record, instant now)
{
    return record->state == SLURM_PENDING && record->begin <= now
           && (record->reason == SLURM_REASON_OTHER
               || record->reason == SLURM_REASON_ARRAY_LIMIT);
}

static void add_unit(struct making *making, const struct slurm_unit *unit, bool is_ours)
{
    const struct slurm_job *record = unit->record;
    instant ends = end_of(record, making->now);

    if (!text_is_listed(record->partition, making->partition))
        return;
    if (holds(record->state)) {
        add_run(making, ends, &unit->wanted);
        if (!is_ours)
            add_use(making, making->now, ends, &unit->wanted);
    } else if (!is_ours && may_start(record, making->now)
               && making->pending_count < SLURM_PENDING_MAX) {
        making->pending[making->pending_count++] = unit;
    }
}

/* When other partitions give back what they hold of shared nodes is not known. */
static void add_unseen(struct making *making, const struct resources *unseen)
{
    if (unseen->gpus == 0 && unseen->cpus == 0 && unseen->memory == 0)
        return;
    add_run(making, making->now + HOUR, unseen);
    add_use(making, making->now, making->now + HOUR, unseen);
}

static void queue_pending(struct making *making)
{
    instant at = making->now;

    if (making->pending_count > 0)
        qsort(making->pending, making->pending_count, sizeof(*making->pending),
              compare_submitted);
    for (size_t i = 0; i < making->pending_count; i++) {
        const struct slurm_unit *unit = making->pending[i];
        duration length = end_of(unit->record, making->now) - making->now;

        /* What can never have room waits for nodes that are down. */
        if (!resources_fit(&unit->wanted, &making->outlook->capacity))
            continue;
        while (!resources_fit(&unit->wanted, &making->free) && making->run_count > 0) {
            const struct run *run = &making->runs[--making->run_count];

            at = run->ends > at ? run->ends : at;
            resources_add(&making->free, &run->taken);
        }
        add_run(making, at + length, &unit->wanted);
        add_use(making, at, at + length, &unit->wanted);
    }
}

static void add_reservations(struct making *making, const struct slurm_nodes *nodes)
{
    for (size_t i = 0; i < nodes->reservation_count; i++) {
        const struct slurm_reservation *kept = &nodes->reservations[i];
        instant begins = kept->begins > making->now ? kept->begins : making->now;

        add_use(making, begins, kept->ends, &kept->taken);
    }
}

void slurm_outlook_make(struct slurm_outlook *outlook, const struct slurm_view *view,
                        slurm_is_ours *is_ours, void *context)
{
    struct making making = {
        .outlook = outlook, .partition = view->partition, .now = view->now};

    outlook->capacity = (struct resources){0, 0, 0};
    outlook->count = 0;
    making.pending = xcalloc(SLURM_PENDING_MAX, sizeof(struct slurm_unit *));
    add_nodes(&making, view);
    for (size_t i = 0; i < view->units->count; i++)
        add_unit(&making, &view->units->items[i],
                 is_ours(&view->units->items[i], context));
    add_unseen(&making, &view->unseen);
    queue_pending(&making);
    add_reservations(&making, view->nodes);
    free(making.runs);
    free(making.pending);
}

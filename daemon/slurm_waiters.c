/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_waiters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/call.h"
#include "daemon/job_view.h"
#include "daemon/slurm_claim.h"
#include "daemon/slurm_watch.h"

#define LISTINGS_MAX 2   /* that may lack the job */
#define FIGURES_MAX  256 /* of one answer, as of a submission here */

struct waiter {
    struct slurm_wanted wanted;
    struct call *call; /* NULL: the place is free */
    int64_t until_ms;
    int missed;        /* listings that did not have it */
    instant submitted; /* by Slurm's word; 0: not listed yet; so for the next */
    int32_t *tasks;    /* of its units that are ours to take; -1: of a plain job */
    size_t task_count;
};

struct slurm_waiters {
    struct daemon *daemon;
    const struct slurm_executor *executor;
    uv_timer_t timer;
    struct waiter items[SLURM_WAITERS_MAX];
};

struct slurm_waiters *slurm_waiters_create(struct daemon *daemon,
                                           const struct slurm_executor *executor)
{
    struct slurm_waiters *waiters = xcalloc(1, sizeof(*waiters));

    waiters->daemon = daemon;
    waiters->executor = executor;
    uv_timer_init(&daemon->loop, &waiters->timer);
    waiters->timer.data = waiters;
    return waiters;
}

void slurm_waiters_destroy(struct slurm_waiters *waiters)
{
    free(waiters);
}

static void leave(struct waiter *waiter)
{
    free(waiter->tasks);
    *waiter = (struct waiter){.call = NULL};
}

static void refuse(struct waiter *waiter, const struct error *err)
{
    call_fail(waiter->call, err);
    leave(waiter);
}

static void refuse_missing(struct waiter *waiter, const char *why)
{
    struct error err;

    error_set(&err, ERROR_MISSING, "job %" PRId64 " of Slurm is not planned here: %s",
              waiter->wanted.id, why);
    refuse(waiter, &err);
}

void slurm_waiters_stop(struct slurm_waiters *waiters)
{
    static const struct error stopping = {ERROR_UNAVAILABLE, "",
                                          "the daemon is stopping"};

    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++)
        if (waiters->items[i].call)
            refuse(&waiters->items[i], &stopping);
    uv_close((uv_handle_t *)&waiters->timer, NULL);
}

bool slurm_waiters_any(const struct slurm_waiters *waiters)
{
    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++)
        if (waiters->items[i].call)
            return true;
    return false;
}

static void on_time(uv_timer_t *timer)
{
    struct slurm_waiters *waiters = timer->data;
    const char *trouble = slurm_watch_trouble(waiters->daemon->slurm);
    struct error err;

    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++) {
        struct waiter *waiter = &waiters->items[i];

        if (!waiter->call || waiter->until_ms > monotonic_ms())
            continue;
        error_set(&err, ERROR_UNAVAILABLE,
                  "job %" PRId64 " of Slurm was not taken in within %d s%s%.160s",
                  waiter->wanted.id, SLURM_WAITERS_SECONDS, *trouble ? ": " : "",
                  trouble);
        refuse(waiter, &err);
    }
    if (!slurm_waiters_any(waiters))
        uv_timer_stop(timer);
}

static size_t count_of_user(const struct slurm_waiters *waiters, uint32_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++)
        if (waiters->items[i].call && waiters->items[i].call->actor.uid == uid)
            count++;
    return count;
}

int slurm_waiters_add(struct slurm_waiters *waiters, const struct slurm_wanted *wanted,
                      const struct call *call, struct error *err)
{
    if (count_of_user(waiters, call->actor.uid) >= SLURM_WAITERS_USER_MAX)
        return error_set(err, ERROR_TOO_LARGE,
                         "%d of your requests wait for jobs of Slurm already, the most "
                         "that one user may have",
                         SLURM_WAITERS_USER_MAX);
    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++) {
        struct waiter *waiter = &waiters->items[i];

        if (waiter->call)
            continue;
        waiter->wanted = *wanted;
        waiter->call = call_keep(call);
        waiter->until_ms = monotonic_ms() + SLURM_WAITERS_SECONDS * INT64_C(1000);
        uv_timer_start(&waiters->timer, on_time, 1000, 1000);
        return 0;
    }
    return error_set(err, ERROR_UNAVAILABLE,
                     "%d requests wait for jobs of Slurm already", SLURM_WAITERS_MAX);
}

/* Whether all that was to be taken in is known, and stored. */
static bool is_stored(const struct slurm_waiters *waiters, const struct waiter *waiter)
{
    const struct slurm_job record = {.submitted = waiter->submitted};
    struct slurm_unit unit = {.id = waiter->wanted.id, .record = &record};

    for (size_t i = 0; i < waiter->task_count; i++) {
        unit.task = waiter->tasks[i];
        if (slurm_executor_find(waiters->executor, &unit) == 0)
            return false;
    }
    return waiter->task_count > 0;
}

/* The promises of an answer, in order of id. */
struct promises {
    struct row {
        int64_t id;
        int32_t task;
        char name[JOB_NAME_MAX + 1];
    } * rows;
    size_t count, room;
};

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct promises *promises = context;
    struct row *copy;

    (void)err;
    promises->rows =
        xgrow(promises->rows, promises->count, &promises->room, sizeof(*copy));
    copy = &promises->rows[promises->count++];
    copy->id = row->job.id;
    copy->task = row->job.array_id ? row->job.array_index : -1;
    text_copy(copy->name, sizeof(copy->name), row->name);
    return 0;
}

static void add_promise(const struct slurm_waiters *waiters, int64_t slurm_id,
                        const struct row *row, bool has_figures, struct text *json)
{
    const struct engine *engine = waiters->daemon->engine;
    char name[SLURM_NAME_SIZE];
    struct plan_figures figures;
    struct engine_job found;
    struct job_promise promise = {
        .id = row->id,
        .name = row->name,
        .slurm = slurm_unit_name(slurm_id, row->task, name),
    };

    if (engine_find(engine, row->id, &found)) {
        promise.job = found.job;
        promise.queue = found.queue;
        promise.reservation = found.reservation;
        promise.reason = found.reason;
        promise.may_pause = found.may_pause;
        if (has_figures && engine_figure(engine, row->id, &figures))
            promise.figures = &figures;
    }
    job_view_add_promise(json, &promise);
}

static void answer(const struct slurm_waiters *waiters, struct waiter *waiter)
{
    struct promises promises = {NULL, 0, 0};
    char reference[SLURM_REFERENCE_SIZE];
    struct text json = TEXT_EMPTY;
    bool is_array = waiter->tasks[0] >= 0;
    struct error err;

    if (waiters->daemon->config->slurm.dry_run)
        slurm_reference_format_dry(waiter->wanted.id, waiter->submitted, reference);
    else
        slurm_reference_format(waiter->wanted.id, waiter->submitted, reference);
    if (store_load_referred(waiters->daemon->reader, reference, on_row, &promises, &err)
        < 0) {
        free(promises.rows);
        refuse(waiter, &err);
        return;
    }
    /* What is known of an earlier run, dry or not, has another reference. */
    if (promises.count == 0) {
        refuse_missing(waiter, "it was taken in before [slurm] dry_run was changed");
        return;
    }
    if (is_array) {
        json_begin_object(&json, NULL);
        json_begin_array(&json, "jobs");
    }
    for (size_t i = promises.count; i-- > 0;)
        add_promise(waiters, waiter->wanted.id, &promises.rows[i],
                    promises.count - i <= FIGURES_MAX, &json);
    if (is_array) {
        json_end_array(&json);
        json_end_object(&json);
    }
    free(promises.rows);
    call_answer(waiter->call, 201, &json);
    leave(waiter);
}

/* Whether who asks may ask. */
static bool may_ask(struct waiter *waiter, const struct slurm_job *record)
{
    struct wish wish = WISH_NONE;
    struct error err;

    if (!call_owns(waiter->call, record->uid)) {
        error_set(&err, ERROR_FORBIDDEN, "job %" PRId64 " of Slurm is not yours",
                  waiter->wanted.id);
        refuse(waiter, &err);
        return false;
    }
    if (wish_parse_comment(record->comment, record->submitted, &wish, NULL) == 0
        && strcmp(wish.key, waiter->wanted.key) == 0)
        return true;
    refuse_missing(waiter, "its comment does not have that key");
    return false;
}

/* Note which of its units are to be taken in. */
static void note_units(struct slurm_waiters *waiters, struct waiter *waiter,
                       const struct slurm_units *units, const struct slurm_terms *terms,
                       struct slurm_claim *claim)
{
    size_t room = 0;

    free(waiter->tasks);
    waiter->tasks = NULL;
    waiter->task_count = 0;
    for (size_t i = 0; i < units->count; i++) {
        const struct slurm_unit *unit = &units->items[i];

        if (unit->id != waiter->wanted.id)
            continue;
        waiter->submitted = unit->record->submitted;
        if (slurm_executor_find(waiters->executor, unit) > 0
            || (slurm_claim_make(unit, waiters->daemon->config, terms, claim)
                && !slurm_state_has_ended(unit->record->state))) {
            waiter->tasks =
                xgrow(waiter->tasks, waiter->task_count, &room, sizeof(*waiter->tasks));
            waiter->tasks[waiter->task_count++] = unit->task;
        }
    }
}

static const struct slurm_unit *find_first(const struct slurm_units *units, int64_t id)
{
    for (size_t i = 0; i < units->count; i++)
        if (units->items[i].id == id)
            return &units->items[i];
    return NULL;
}

static void see(struct slurm_waiters *waiters, struct waiter *waiter,
                const struct slurm_units *units, const struct slurm_terms *terms)
{
    const struct slurm_unit *first = find_first(units, waiter->wanted.id);
    struct slurm_claim claim = {.why = "it has ended"};

    if (!first) {
        if (++waiter->missed == LISTINGS_MAX)
            refuse_missing(waiter, "slurmctld does not list it");
        return;
    }
    if (!may_ask(waiter, first->record))
        return;
    note_units(waiters, waiter, units, terms, &claim);
    if (waiter->task_count == 0)
        refuse_missing(waiter, slurm_state_has_ended(first->record->state)
                                   ? "it has ended"
                                   : claim.why);
    else if (is_stored(waiters, waiter))
        answer(waiters, waiter);
}

void slurm_waiters_see(struct slurm_waiters *waiters, const struct slurm_units *units,
                       const struct slurm_terms *terms)
{
    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++)
        if (waiters->items[i].call)
            see(waiters, &waiters->items[i], units, terms);
}

void slurm_waiters_settle(struct slurm_waiters *waiters, int64_t id,
                          const struct error *failure)
{
    for (size_t i = 0; i < SLURM_WAITERS_MAX; i++) {
        struct waiter *waiter = &waiters->items[i];

        if (!waiter->call || waiter->wanted.id != id)
            continue;
        if (failure)
            refuse_missing(waiter, failure->text);
        else if (is_stored(waiters, waiter))
            answer(waiters, waiter);
    }
}

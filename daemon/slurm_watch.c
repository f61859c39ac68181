/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/slurm_capacity.h"
#include "daemon/slurm_default.h"
#include "daemon/slurm_door.h"
#include "daemon/slurm_energy.h"
#include "daemon/slurm_intake.h"
#include "daemon/slurm_margins.h"
#include "daemon/slurm_news.h"
#include "daemon/slurm_past.h"
#include "daemon/slurm_renewal.h"
#include "daemon/slurm_rights.h"
#include "daemon/slurm_wakes.h"

/* After the plugin has told of a job: slurmctld has then taken it. */
#define WAKE_MS 300

/* How long it takes that what was taken in is stored. */
#define MORE_MS 50

/* While somebody waits for a job to be listed. */
#define EXPECT_MS 500

#define BACK_OFF_MAX_MS 300000

struct slurm_watch {
    struct daemon *daemon;
    struct slurm_door door;
    struct slurm_default found;
    struct slurm_renewal renewal;
    struct slurm_orders *orders;
    struct slurm_paper *paper; /* of a dry run; else NULL */
    struct slurm_executor *executor;
    struct slurm_intake *intake;
    struct slurm_waiters *waiters;
    struct slurm_capacity capacity;
    struct slurm_past *past;
    struct slurm_margins margins;
    uv_timer_t timer;
    struct slurm_wakes wakes;
    bool is_listing;
    bool is_stopping;
    int failures; /* of listings in a row */
    instant listed;
    char trouble[SLURM_TROUBLE_SIZE];
};

static void list(struct slurm_watch *watch);

static void on_timer(uv_timer_t *timer)
{
    list(timer->data);
}

static void wait_for(struct slurm_watch *watch, int64_t delay_ms)
{
    if (!watch->is_stopping)
        uv_timer_start(&watch->timer, on_timer, (uint64_t)delay_ms, 0);
}

static void fail(struct slurm_watch *watch, const char *what,
                 const struct error *failure)
{
    int64_t delay_ms = watch->daemon->config->slurm.interval * 1000;

    watch->is_listing = false;
    slurm_capacity_doubt(&watch->capacity);
    slurm_default_doubt(&watch->found);
    if (watch->failures++ == 0)
        log_error(
            "cannot list the %s of Slurm: %s; what is running goes on, jobs start "
            "at their latest start by Slurm itself",
            what, failure->text);
    snprintf(watch->trouble, sizeof(watch->trouble), "%.240s", failure->text);
    for (int i = 1; i < watch->failures && delay_ms < BACK_OFF_MAX_MS; i++)
        delay_ms *= 2;
    wait_for(watch, delay_ms < BACK_OFF_MAX_MS ? delay_ms : BACK_OFF_MAX_MS);
}

static struct slurm_terms terms_of(const struct slurm_watch *watch)
{
    return (struct slurm_terms){watch->margins.of, watch->daemon->clock->rate,
                                watch->found.name};
}

static bool is_ours(const struct slurm_unit *unit, void *context)
{
    const struct slurm_watch *watch = context;

    return slurm_executor_find(watch->executor, unit) > 0;
}

static void on_gone(int64_t job_id, void *context)
{
    struct slurm_watch *watch = context;

    slurm_intake_lose(watch->intake, job_id);
}

/* As a listing would have told, but that what was lost there begins no attempt here. */
static void on_past(int64_t job_id, const struct slurm_job *record, void *context)
{
    struct slurm_watch *watch = context;
    const struct slurm_terms terms = terms_of(watch);
    const struct slurm_news news = {watch->daemon, watch->executor, &terms};

    if (record->state != SLURM_NODE_FAIL && record->state != SLURM_PREEMPTED)
        slurm_news_see(&news, job_id, record);
    slurm_executor_see_missing(watch->executor, job_id, record);
}

duration slurm_watch_margin(const struct slurm_watch *watch,
                            const struct config_pool *pool)
{
    return watch->margins.of[pool - watch->daemon->config->pools];
}

/* With what was learnt meanwhile; what cannot be read stays as it was. */
static struct slurm_terms renew_terms(struct slurm_watch *watch)
{
    const struct daemon *daemon = watch->daemon;
    int64_t rate = daemon->clock->rate;
    struct error err;

    if (slurm_margins_renew(&watch->margins, daemon->config, daemon->reader, rate, &err)
        < 0)
        log_warning("%s; how long jobs queue in Slurm is taken to be as before",
                    err.text);
    return terms_of(watch);
}

static void on_default(void *context)
{
    struct slurm_watch *watch = context;
    struct slurm_terms terms = terms_of(watch);

    if (!watch->is_stopping && watch->failures == 0)
        slurm_renewal_make(&watch->renewal, watch->daemon->config, &terms,
                           watch->listed, watch->trouble);
}

static int64_t next_ms(const struct slurm_watch *watch, bool has_more)
{
    int64_t interval_ms = watch->daemon->config->slurm.interval * 1000;

    if (has_more)
        return MORE_MS;
    return slurm_waiters_any(watch->waiters) && interval_ms > EXPECT_MS ? EXPECT_MS
                                                                        : interval_ms;
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct slurm_watch *watch = context;
    struct daemon *daemon = watch->daemon;
    struct slurm_units units;
    struct slurm_terms terms;
    struct error err;
    bool has_more;

    if (watch->is_stopping)
        return;
    if (failure || slurm_units_make(listing, &units, &err) < 0) {
        fail(watch, "jobs", failure ? failure : &err);
        return;
    }
    watch->is_listing = false;
    if (watch->failures > 0)
        log_notice("Slurm answers again");
    watch->failures = 0;
    watch->trouble[0] = '\0';
    watch->listed = system_clock.now(&system_clock);
    /* What nodes hold is held by what really runs. */
    slurm_capacity_see(&watch->capacity, &units, watch->listed, is_ours, watch);
    if (watch->paper)
        slurm_paper_see(watch->paper, &units, watch->listed);
    terms = renew_terms(watch);
    slurm_executor_see_absent(watch->executor, listing, &units);
    has_more = slurm_intake_see(watch->intake, &units, &terms);
    slurm_executor_see(watch->executor, &units, on_gone, watch);
    slurm_past_tell(watch->past, on_past, watch);
    slurm_past_ask(watch->past, watch->door.backend);
    slurm_waiters_see(watch->waiters, &units, &terms);
    slurm_units_release(&units);
    /* The first one waits until it can be whole. */
    if (*daemon->config->slurm.default_partition || slurm_default_see(&watch->found))
        slurm_renewal_make(&watch->renewal, daemon->config, &terms, watch->listed,
                           watch->trouble);
    daemon_poke(daemon);
    wait_for(watch, next_ms(watch, has_more));
}

static void on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                     void *context)
{
    struct slurm_watch *watch = context;

    if (watch->is_stopping)
        return;
    if (failure) {
        fail(watch, "nodes", failure);
        return;
    }
    slurm_capacity_take(&watch->capacity, nodes);
    watch->door.backend->list_jobs(watch->door.backend, on_jobs, watch);
}

static void list(struct slurm_watch *watch)
{
    if (watch->is_listing || watch->is_stopping)
        return;
    watch->is_listing = true;
    if (slurm_capacity_is_due(&watch->capacity, monotonic_ms())) {
        slurm_capacity_ask(&watch->capacity, system_clock.now(&system_clock),
                           monotonic_ms());
        watch->door.backend->list_nodes(watch->door.backend, on_nodes, watch);
    } else {
        watch->door.backend->list_jobs(watch->door.backend, on_jobs, watch);
    }
}

static void on_wake(void *context)
{
    struct slurm_watch *watch = context;

    if (!watch->is_listing && watch->failures == 0
        && uv_timer_get_due_in(&watch->timer) > WAKE_MS)
        wait_for(watch, WAKE_MS);
}

int slurm_watch_expect(struct slurm_watch *watch, const struct slurm_wanted *wanted,
                       const struct call *call, struct error *err)
{
    if (!watch)
        return error_set(err, ERROR_MISSING, "no pool here is Slurm's");
    if (watch->is_stopping)
        return error_set(err, ERROR_UNAVAILABLE, "the daemon is stopping");
    if (slurm_waiters_add(watch->waiters, wanted, call, err) < 0)
        return -1;
    /* slurmctld has just answered whoever asks: it is not down, whatever was. */
    if (!watch->is_listing && uv_timer_get_due_in(&watch->timer) > WAKE_MS)
        wait_for(watch, WAKE_MS);
    return 0;
}

static void on_answer(const struct slurm_change *change, const struct error *failure,
                      void *context)
{
    struct slurm_watch *watch = context;
    struct error explained;

    failure = slurm_rights_explain(failure, &explained);
    slurm_executor_on_answer(change, failure, watch->executor);
    if (!failure || failure->code == ERROR_MISSING || failure->code == ERROR_CONFLICT)
        return;
    slurm_capacity_doubt(&watch->capacity);
    log_warning("%s; it is tried again", slurm_executor_trouble(watch->executor));
}

static void on_taken(int64_t id, const struct error *failure, void *context)
{
    slurm_waiters_settle(context, id, failure);
}

int slurm_watch_open(struct daemon *daemon, struct slurm_watch **made,
                     struct error *err)
{
    struct slurm_watch *watch;

    *made = NULL;
    if (!config_has_pools(daemon->config, true))
        return 0;
    *made = watch = xcalloc(1, sizeof(*watch));
    watch->daemon = daemon;
    watch->wakes.socket = -1;
    slurm_capacity_init(&watch->capacity, daemon);
    uv_timer_init(&daemon->loop, &watch->timer);
    watch->timer.data = watch;
    if (slurm_door_open(&watch->door, daemon, err) < 0
        || slurm_wakes_open(&watch->wakes, &daemon->loop,
                            daemon->config->slurm.wake_socket, err)
               < 0)
        return -1;
    slurm_default_init(&watch->found, watch->door.commands, on_default, watch);
    if (daemon->config->slurm.dry_run)
        watch->paper = slurm_paper_create();
    else
        watch->orders = slurm_orders_create(&daemon->loop, watch->door.backend,
                                            daemon->config->slurm.orders_per_second,
                                            on_answer, watch);
    watch->executor = slurm_executor_create(daemon->clock, watch->orders,
                                            slurm_energy_on_report, daemon);
    if (watch->paper) {
        slurm_executor_use_paper(watch->executor, watch->paper);
        log_notice("[slurm] dry_run: jobs are planned as if Slurm did what it is "
                   "asked for, and nothing is changed there");
        if (slurm_lease_remove(daemon->config))
            log_warning(
                "%s is removed: no more jobs are deferred; those that are start "
                "at their latest start, or by 'penstock slurm release-all'",
                daemon->config->slurm.lease);
    }
    watch->waiters = slurm_waiters_create(daemon, watch->executor);
    watch->intake =
        slurm_intake_create(daemon, watch->executor, on_taken, watch->waiters);
    watch->past = slurm_past_create(slurm_intake_is_open, watch->intake);
    slurm_executor_on_missing(watch->executor, slurm_past_expect, watch->past);
    if (slurm_margins_load(&watch->margins, daemon->config, daemon->reader,
                           daemon->clock->rate, err)
        < 0)
        return -1;
    return slurm_intake_load(watch->intake, err);
}

struct executor *slurm_watch_port(struct slurm_watch *watch)
{
    return slurm_executor_port(watch->executor);
}

void slurm_watch_start(struct slurm_watch *watch)
{
    if (!watch)
        return;
    slurm_wakes_start(&watch->wakes, on_wake, watch);
    wait_for(watch, 0);
}

void slurm_watch_stop(struct slurm_watch *watch)
{
    if (!watch || watch->is_stopping)
        return;
    watch->is_stopping = true;
    if (watch->waiters)
        slurm_waiters_stop(watch->waiters);
    if (watch->executor)
        slurm_executor_rest(watch->executor);
    slurm_orders_destroy(watch->orders);
    slurm_door_close(&watch->door);
    slurm_wakes_close(&watch->wakes);
    uv_close((uv_handle_t *)&watch->timer, NULL);
}

void slurm_watch_destroy(struct slurm_watch *watch)
{
    if (!watch)
        return;
    slurm_wakes_release(&watch->wakes);
    slurm_capacity_release(&watch->capacity);
    slurm_intake_destroy(watch->intake);
    slurm_waiters_destroy(watch->waiters);
    slurm_past_destroy(watch->past);
    slurm_executor_destroy(watch->executor);
    slurm_paper_destroy(watch->paper);
    slurm_door_release(&watch->door);
    free(watch);
}

const char *slurm_watch_trouble(const struct slurm_watch *watch)
{
    if (!watch)
        return "";
    if (watch->trouble[0] || !watch->executor)
        return watch->trouble;
    return watch->capacity.trouble[0] ? watch->capacity.trouble
                                      : slurm_executor_trouble(watch->executor);
}

bool slurm_watch_answers(const struct slurm_watch *watch)
{
    return watch->failures == 0;
}

instant slurm_watch_listed(const struct slurm_watch *watch)
{
    return watch ? watch->listed : 0;
}

int64_t slurm_watch_record(const struct slurm_watch *watch, int64_t job_id)
{
    return slurm_executor_record(watch->executor, job_id);
}

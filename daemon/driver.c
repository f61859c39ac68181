/* SPDX-License-Identifier: MIT */
#include "daemon/driver.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/energy_tally.h"
#include "daemon/writer.h"

/* The wall clock may be set, and the machine suspended, while we sleep. */
#define SLEEP_MAX_MS 60000

/* After a write that failed: how long the disk is left alone, but for new requests. */
#define RETRY_MS 1000

/* How often old jobs and forecasts are looked for. */
#define PRUNE_EVERY_MS (UINT64_C(3600) * 1000)

struct plan_work {
    uv_work_t work;
    struct daemon *daemon;
    struct engine_task *task;
    uint64_t begun_ns;
};

static void on_plan(uv_work_t *work)
{
    struct plan_work *plan = work->data;

    engine_task_run(plan->task);
}

static void on_planned(uv_work_t *work, int status)
{
    struct plan_work *plan = work->data;
    struct daemon *daemon = plan->daemon;

    (void)status;
    daemon->plan_ms = (int64_t)((uv_hrtime() - plan->begun_ns) / 1000000);
    daemon->planning = false;
    engine_adopt_plan(daemon->engine, plan->task);
    free(plan);
    daemon_poke(daemon);
}

static void start_plan(struct daemon *daemon)
{
    struct engine_task *task = engine_take_plan(daemon->engine);
    struct plan_work *plan;

    if (!task)
        return;
    plan = xcalloc(1, sizeof(*plan));
    plan->work.data = plan;
    plan->daemon = daemon;
    plan->task = task;
    plan->begun_ns = uv_hrtime();
    daemon->planning = true;
    uv_queue_work(&daemon->loop, &plan->work, on_plan, on_planned);
}

static void write_next(struct daemon *daemon)
{
    struct store_batch *batch;

    if (writer_is_busy(daemon->writer))
        return;
    batch = engine_take_batch(daemon->engine);
    if (batch)
        writer_write(daemon->writer, batch);
}

static void on_wake(uv_timer_t *wake)
{
    struct daemon *daemon = wake->data;
    instant next = engine_step(daemon->engine);
    int64_t sleep_ms = SLEEP_MAX_MS;
    duration ahead = next - daemon->clock->now(daemon->clock);

    if (ahead < SLEEP_MAX_MS * daemon->clock->rate / 1000)
        sleep_ms = ahead <= 0 ? 1 : clock_real_ms(daemon->clock, ahead);
    daemon->poked = false;
    energy_tally_idle(daemon);
    write_next(daemon);
    if (!daemon->planning)
        start_plan(daemon);
    uv_timer_start(wake, on_wake, (uint64_t)sleep_ms, 0);
}

void daemon_poke(struct daemon *daemon)
{
    if (daemon->poked || daemon->stopping)
        return;
    daemon->poked = true;
    uv_timer_start(&daemon->wake, on_wake, 0, 0);
}

void daemon_on_report(const struct executor_report *report, void *context)
{
    struct daemon *daemon = context;

    engine_report(report, daemon->engine);
    daemon_poke(daemon);
}

static void note_failure(struct daemon *daemon, const struct error *failure)
{
    if (failure && !daemon->store_failure[0])
        log_error("cannot store: %s; new jobs are refused until that is mended, what "
                  "is queued is kept",
                  failure->text);
    if (!failure && daemon->store_failure[0])
        log_notice("storing works again");
    snprintf(daemon->store_failure, sizeof(daemon->store_failure), "%s",
             failure ? failure->text : "");
}

void driver_on_written(const struct error *failure, void *context)
{
    struct daemon *daemon = context;

    note_failure(daemon, failure);
    daemon->commits += !failure;
    engine_settle(daemon->engine, failure);
    if (!failure && !daemon->stopping)
        write_next(daemon);
    engine_answer(daemon->engine, failure);
    if (daemon->stopping)
        return;
    if (failure)
        uv_timer_start(&daemon->wake, on_wake, RETRY_MS, 0);
    else
        daemon_poke(daemon);
}

/*
 * The length of a turn is what passed since the last time the loop was about to wait,
 * less what it waited. Callbacks run within the wait's phase, so this is the only way
 * to have them all.
 */
static void on_prepare(uv_prepare_t *prepare)
{
    struct daemon *daemon = prepare->data;
    uint64_t now = uv_hrtime();
    uint64_t idle = uv_metrics_idle_time(&daemon->loop);
    uint64_t spent = now - daemon->turn_began_ns;
    uint64_t waited = idle - daemon->turn_idle_ns;
    int64_t turn_us = spent > waited ? (int64_t)((spent - waited) / 1000) : 0;

    if (turn_us > daemon->worst_turn_us)
        daemon->worst_turn_us = turn_us;
    daemon->turns++;
    daemon->turn_began_ns = now;
    daemon->turn_idle_ns = idle;
}

static void on_prune(uv_timer_t *prune)
{
    struct daemon *daemon = prune->data;
    instant now = daemon->clock->now(daemon->clock);

    writer_prune(daemon->writer,
                 &(struct writer_ages){
                     .jobs_before = now - daemon->config->daemon.keep_jobs,
                     .grid_before = now - daemon->config->daemon.keep_forecasts,
                     .now = now,
                 });
}

void driver_start(struct daemon *daemon)
{
    uv_timer_init(&daemon->loop, &daemon->wake);
    uv_timer_init(&daemon->loop, &daemon->prune);
    uv_prepare_init(&daemon->loop, &daemon->prepare);
    daemon->wake.data = daemon;
    daemon->prune.data = daemon;
    daemon->prepare.data = daemon;
    daemon->turn_began_ns = uv_hrtime();
    uv_prepare_start(&daemon->prepare, on_prepare);
    uv_timer_start(&daemon->prune, on_prune, PRUNE_EVERY_MS / 60, PRUNE_EVERY_MS);
    daemon_poke(daemon);
}

void driver_stop(struct daemon *daemon)
{
    daemon->stopping = true;
    uv_close((uv_handle_t *)&daemon->wake, NULL);
    uv_close((uv_handle_t *)&daemon->prune, NULL);
    uv_close((uv_handle_t *)&daemon->prepare, NULL);
}

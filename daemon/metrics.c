/* SPDX-License-Identifier: MIT */
#include "daemon/metrics.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/version.h"
#include "daemon/grid_watch.h"
#include "daemon/routes_nodes.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void add_head(struct text *metrics, const char *name, const char *type,
                     const char *help)
{
    text_add_format(metrics, "# HELP penstock_%s %s\n# TYPE penstock_%s %s\n", name,
                    help, name, type);
}

static void add_plain(struct text *metrics, const char *name, const char *type,
                      const char *help, int64_t value)
{
    add_head(metrics, name, type, help);
    text_add_format(metrics, "penstock_%s %lld\n", name, (long long)value);
}

static void add_daemon(struct text *metrics, const struct daemon *daemon)
{
    add_head(metrics, "build_info", "gauge", "The version that runs.");
    text_add_format(metrics, "penstock_build_info{version=\"%s\"} 1\n",
                    PENSTOCK_VERSION);
    add_plain(metrics, "uptime_seconds", "counter", "Real time since the start.",
              (monotonic_ms() - daemon->started_ms) / 1000);
    add_plain(metrics, "store_writable", "gauge", "Whether the last write went well.",
              !daemon->store_failure[0]);
    add_plain(metrics, "commits_total", "counter", "Batches written to the store.",
              daemon->commits);
    add_plain(metrics, "pauses_total", "counter", "Jobs that were told to pause.",
              daemon->pauses);
    add_plain(metrics, "turns_total", "counter", "Turns of the event loop.",
              daemon->turns);
    add_plain(metrics, "worst_turn_microseconds", "gauge",
              "The longest turn of the event loop.", daemon->worst_turn_us);
    add_plain(metrics, "plan_milliseconds", "gauge", "How long the last plan took.",
              daemon->plan_ms);
    add_plain(metrics, "plan_made_timestamp_seconds", "gauge",
              "When the last plan was made.", engine_planned_at(daemon->engine));
    add_plain(metrics, "late_jobs", "gauge",
              "Waiting jobs that are planned after their latest start.",
              (int64_t)engine_late_count(daemon->engine));
}

/* Absent where it is not known. */
static void add_bound(struct text *metrics, const struct daemon *daemon)
{
    struct plan_bound bound;
    instant made;

    if (!engine_find_bound(daemon->engine, &bound, &made))
        return;
    add_head(metrics, "plan_gap_ratio", "gauge",
             "By how much the last plan may cost more than the best possible one.");
    text_add_format(metrics, "penstock_plan_gap_ratio %lld.%06lld\n",
                    (long long)(bound.gap / 1000000), (long long)(bound.gap % 1000000));
}

static void add_jobs(struct text *metrics, const struct daemon *daemon)
{
    int64_t counts[JOB_STATES] = {0};

    if (store_count_states(daemon->reader, counts, NULL) < 0)
        return;
    add_head(metrics, "jobs", "gauge", "Jobs that the store has, by state.");
    for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++)
        text_add_format(metrics, "penstock_jobs{state=\"%s\"} %lld\n",
                        job_state_name(i), (long long)counts[i]);
}

/* One figure of each zone; false: this zone has none. */
typedef bool zone_figure(const struct grid_plan *plan, instant now, int64_t *figure);

static bool find_level(const struct grid_plan *plan, instant now, int64_t *figure)
{
    return plan->forecast
           && series_level(plan->forecast->intensity, now, figure, NULL) == 0;
}

static bool find_age(const struct grid_plan *plan, instant now, int64_t *figure)
{
    *figure = now - plan->fetched;
    return plan->forecast != NULL;
}

static bool find_horizon(const struct grid_plan *plan, instant now, int64_t *figure)
{
    if (plan->forecast)
        *figure = series_ends(plan->forecast->intensity) - now;
    return plan->forecast != NULL;
}

static void add_zone_figure(struct text *metrics, const struct call *call,
                            const char *name, zone_figure *find)
{
    for (size_t i = 0; i < grid_watch_count(call->daemon->grid); i++) {
        const struct grid_zone *zone = grid_watch_zone(call->daemon->grid, i);
        int64_t figure;

        if (find(&zone->plan, call->now, &figure))
            text_add_format(metrics, "penstock_%s{zone=\"%s\"} %lld\n", name,
                            zone->feed.zone, (long long)figure);
    }
}

static void add_rungs(struct text *metrics, const struct call *call)
{
    add_head(metrics, "forecast_rung", "gauge",
             "1 for the rung of the ladder that a zone is known by, 0 for the others.");
    for (size_t i = 0; i < grid_watch_count(call->daemon->grid); i++) {
        const struct grid_zone *zone = grid_watch_zone(call->daemon->grid, i);

        for (int j = 0; j < FEED_RUNGS; j++)
            text_add_format(metrics,
                            "penstock_forecast_rung{zone=\"%s\",rung=\"%s\"} %d\n",
                            zone->feed.zone, feed_rung_name((enum feed_rung)j),
                            (int)zone->plan.rung == j);
    }
}

static void add_circuits(struct text *metrics, const struct call *call)
{
    const struct config *config = call->daemon->config;

    add_head(metrics, "provider_held", "gauge",
             "1 while a provider is not asked, because it failed or refused us.");
    for (size_t i = 0; i < config->provider_count; i++) {
        const char *name = config->providers[i].name;
        const struct budget *budget = grid_watch_budget(call->daemon->grid, name);

        if (budget)
            text_add_format(metrics, "penstock_provider_held{provider=\"%s\"} %d\n",
                            name, budget_is_open(budget, call->now));
    }
}

static void add_zones(struct text *metrics, const struct call *call)
{
    add_head(metrics, "intensity_milligrams_per_kwh", "gauge",
             "CO2eq of a kWh now, by the forecast in force.");
    add_zone_figure(metrics, call, "intensity_milligrams_per_kwh", find_level);
    add_head(metrics, "forecast_age_seconds", "gauge",
             "Time since the forecast in force was fetched.");
    add_zone_figure(metrics, call, "forecast_age_seconds", find_age);
    add_head(metrics, "forecast_horizon_seconds", "gauge",
             "How far ahead the forecast in force reaches.");
    add_zone_figure(metrics, call, "forecast_horizon_seconds", find_horizon);
    add_rungs(metrics, call);
    add_circuits(metrics, call);
}

/* The counters of a source. */
static const struct {
    const char *name;
    const char *type;
    const char *help;
} source_metrics[] = {
    {"source_failures", "gauge", "Failures in a row."},
    {"source_fetched_total", "counter", "Readings taken."},
    {"source_refused_total", "counter", "Bodies that were malformed or absurd."},
    {"source_failed_total", "counter", "Requests that failed."},
};

static int64_t source_figure(const struct feed_source *source, size_t metric)
{
    const int64_t figures[] = {source->failures, source->fetched_count,
                               source->refused_count, source->failed_count};

    return figures[metric];
}

static void add_sources(struct text *metrics, const struct feed *feed, size_t metric)
{
    for (size_t i = 0; i < feed->source_count; i++) {
        const struct feed_source *source = &feed->sources[i];

        text_add_format(metrics,
                        "penstock_%s{zone=\"%s\",provider=\"%s\",wanted=\"%s\"} %lld\n",
                        source_metrics[metric].name, feed->zone, source->provider,
                        reading_kind_name(source->wanted),
                        (long long)source_figure(source, metric));
    }
}

static void add_all_sources(struct text *metrics, const struct daemon *daemon)
{
    for (size_t i = 0; i < sizeof(source_metrics) / sizeof(source_metrics[0]); i++) {
        add_head(metrics, source_metrics[i].name, source_metrics[i].type,
                 source_metrics[i].help);
        for (size_t j = 0; j < grid_watch_count(daemon->grid); j++)
            add_sources(metrics, &grid_watch_zone(daemon->grid, j)->feed, i);
    }
}

static void add_resources(struct text *metrics, const struct engine *engine,
                          const char *name, bool is_taken)
{
    for (size_t i = 0; i < engine_pool_count(engine); i++) {
        const struct pool *pool = engine_pool(engine, i);
        const struct resources *shown = is_taken ? &pool->taken : &pool->capacity;

        text_add_format(metrics,
                        "penstock_%s{pool=\"%s\",resource=\"gpus\"} %lld\n"
                        "penstock_%s{pool=\"%s\",resource=\"cpus\"} %lld\n",
                        name, pool->name, (long long)shown->gpus, name, pool->name,
                        (long long)shown->cpus);
    }
}

static void add_pools(struct text *metrics, const struct daemon *daemon)
{
    const struct engine *engine = daemon->engine;
    struct engine_job *jobs = xcalloc(LIST_LIMIT_MAX, sizeof(*jobs));
    size_t count = engine_list_plan(engine, jobs, LIST_LIMIT_MAX);

    add_head(metrics, "pool_capacity", "gauge", "What a pool has.");
    add_resources(metrics, engine, "pool_capacity", false);
    add_head(metrics, "pool_taken", "gauge", "What jobs hold of a pool.");
    add_resources(metrics, engine, "pool_taken", true);
    add_head(metrics, "pool_watts", "gauge",
             "What a pool draws without its overhead, measured where it can be.");
    for (size_t i = 0; i < engine_pool_count(engine); i++) {
        const struct pool *pool = engine_pool(engine, i);
        bool is_measured;
        int64_t milliwatts =
            routes_nodes_draw(daemon, jobs, count, (int32_t)i, &is_measured);

        text_add_format(metrics, "penstock_pool_watts{pool=\"%s\"} %lld\n", pool->name,
                        (long long)((milliwatts + 500) / 1000));
    }
    free(jobs);
}

/* Counters of a pool, from the daemon's start on. */
static const struct {
    const char *name;
    const char *labels;
    const char *help;
    size_t offset; /* in struct energy_tally_pool */
} energy_metrics[] = {
    {"energy_joules_total", ",label=\"measured\"",
     "What attempts took that have ended, with PUE.",
     offsetof(struct energy_tally_pool, measured)},
    {"energy_joules_total", ",label=\"estimated\"", NULL,
     offsetof(struct energy_tally_pool, estimated)},
    {"emissions_milligrams_total", "", "CO2eq of that, by the forecast in force.",
     offsetof(struct energy_tally_pool, milligrams)},
    {"idle_energy_joules_total", "", "What GPUs took without a job, with PUE.",
     offsetof(struct energy_tally_pool, idle)},
    {"idle_emissions_milligrams_total", "", "CO2eq of that, by the forecast in force.",
     offsetof(struct energy_tally_pool, idle_milligrams)},
};

static void add_energy(struct text *metrics, const struct daemon *daemon)
{
    for (size_t i = 0; i < sizeof(energy_metrics) / sizeof(energy_metrics[0]); i++) {
        if (energy_metrics[i].help)
            add_head(metrics, energy_metrics[i].name, "counter",
                     energy_metrics[i].help);
        for (size_t j = 0; j < engine_pool_count(daemon->engine); j++) {
            const char *tally = (const char *)&daemon->tally.pools[j];
            int64_t value;

            memcpy(&value, tally + energy_metrics[i].offset, sizeof(value));
            text_add_format(metrics, "penstock_%s{pool=\"%s\"%s} %lld\n",
                            energy_metrics[i].name,
                            engine_pool(daemon->engine, j)->name,
                            energy_metrics[i].labels, (long long)value);
        }
    }
}

void metrics_show(const struct call *call)
{
    struct text metrics = TEXT_EMPTY;

    add_daemon(&metrics, call->daemon);
    add_bound(&metrics, call->daemon);
    add_jobs(&metrics, call->daemon);
    add_zones(&metrics, call);
    add_all_sources(&metrics, call->daemon);
    add_pools(&metrics, call->daemon);
    add_energy(&metrics, call->daemon);
    http_answer(call->request, 200, METRICS_TYPE, &metrics);
}

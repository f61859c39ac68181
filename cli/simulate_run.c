/* SPDX-License-Identifier: MIT */
#include "cli/simulate_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"
#include "ledger/counterfactual.h"
#include "scheduler/bound.h"
#include "scheduler/replay.h"
#include "setup/engine.h"

/* Of an unlimited pool: what all jobs want at once, and more than is tracked singly. */
#define CPUS_UNLIMITED   (INT64_C(1) << 40)
#define MEMORY_UNLIMITED (INT64_C(1) << 40)

static int parse_policy(const char *name, struct simulate_policy *policy,
                        struct error *err)
{
    size_t length = strcspn(name, ":");
    int64_t percentile;

    *policy = (struct simulate_policy){.percentile = BASELINE_PERCENTILE};
    if (!text_copy(policy->name, sizeof(policy->name), name))
        return error_set(err, ERROR_INVALID, "there is no policy '%.40s'", name);
    policy->pauses = strcmp(name, "cleanest-interruptible") == 0;
    policy->is_ours = policy->pauses || strcmp(name, "cleanest") == 0;
    if (policy->is_ours)
        return 0;
    for (int i = 0; i < BASELINES; i++) {
        const char *known = baseline_name((enum baseline)i);

        if (strncmp(known, name, length) != 0 || known[length])
            continue;
        policy->baseline = (enum baseline)i;
        if (!name[length])
            return 0;
        if (i != BASELINE_THRESHOLD)
            break;
        if (number_parse(name + length + 1, 0, 100, &percentile, err) < 0)
            return -1;
        policy->percentile = (int)percentile;
        return 0;
    }
    return error_set(err, ERROR_INVALID, "there is no policy '%.40s'", name);
}

int simulate_policies_parse(const char *list, struct simulate_policy *policies,
                            size_t *count, struct error *err)
{
    *count = 0;
    for (const char *at = list; at;) {
        size_t length = strcspn(at, ",");
        char name[64] = "";

        if (*count == SIMULATE_POLICIES_MAX)
            return error_set(err, ERROR_TOO_LARGE, "more than %d policies",
                             SIMULATE_POLICIES_MAX);
        memcpy(name, at, length < sizeof(name) ? length : sizeof(name) - 1);
        if (parse_policy(name, &policies[(*count)++], err) < 0)
            return -1;
        at = at[length] ? at + length + 1 : NULL;
    }
    return 0;
}

bool simulate_is_preemptive(const struct simulate_policy *policy)
{
    return policy->is_ours ? policy->pauses : baseline_is_preemptive(policy->baseline);
}

/* Pieces of jobs, by job and in their order. */
struct pieces {
    struct baseline_piece *items;
    size_t *jobs;
    size_t count;
    size_t room;
    size_t jobs_room;
};

static void add_pieces(struct pieces *pieces, size_t job,
                       const struct baseline_piece *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pieces->items = xgrow(pieces->items, pieces->count, &pieces->room,
                              sizeof(pieces->items[0]));
        pieces->jobs = xgrow(pieces->jobs, pieces->count, &pieces->jobs_room,
                             sizeof(pieces->jobs[0]));
        pieces->items[pieces->count] = items[i];
        pieces->jobs[pieces->count++] = job;
    }
}

/* When the baseline wants the jobs to run. */
static void want_pieces(struct scenario *scenario, const struct simulate_policy *policy,
                        struct pieces *pieces)
{
    for (size_t i = 0; i < scenario->trace.count; i++) {
        const struct trace_job *asked = &scenario->trace.jobs[i];
        const struct forecast *forecast =
            scenario_ask(scenario, asked->arrives - asked->arrives % HOUR);
        const struct baseline_job job = {asked->arrives, asked->length,
                                         scenario->expected[i],
                                         scenario_wait(scenario, i)};
        struct baseline_grid grid = {NULL, scenario->step, scenario->slot,
                                     policy->percentile};
        struct baseline_piece at_once = {job.arrives, job.arrives + job.length};
        struct baseline_piece *found = NULL;
        size_t count = 1;

        if (forecast) {
            grid.intensity = forecast->intensity;
            count = baseline_run(policy->baseline, &grid, &job, &found);
        }
        add_pieces(pieces, i, found ? found : &at_once, count);
        free(found);
    }
}

/* Let them through the queue. A piece that begins while the one before it still runs
 * joins later, until none does. */
static void queue_pieces(const struct scenario *scenario, struct pieces *pieces)
{
    const struct shadow_capacity capacity = {
        scenario->begins, {scenario->capacity, CPUS_UNLIMITED, MEMORY_UNLIMITED}};
    struct shadow_job *queue = xcalloc(pieces->count, sizeof(queue[0]));
    instant *wanted = xcalloc(pieces->count, sizeof(wanted[0]));
    bool overlaps = true;

    for (size_t i = 0; i < pieces->count; i++)
        wanted[i] = pieces->items[i].begins;
    while (overlaps) {
        overlaps = false;
        for (size_t i = 0; i < pieces->count; i++) {
            const struct trace_job *job = &scenario->trace.jobs[pieces->jobs[i]];
            duration length = pieces->items[i].ends - pieces->items[i].begins;

            queue[i] = (struct shadow_job){
                .id = (int64_t)i,
                .eligible = wanted[i],
                .wanted = {job->gpus, 0, 0},
                .length = length,
                .estimate = length == job->length ? job->estimate : length,
            };
        }
        shadow_run(queue, pieces->count, &capacity, 1);
        for (size_t i = 0; i < pieces->count; i++) {
            struct baseline_piece *piece = &pieces->items[queue[i].id];

            *piece = (struct baseline_piece){queue[i].start,
                                             queue[i].start + queue[i].length};
        }
        for (size_t i = 1; i < pieces->count; i++)
            if (pieces->jobs[i] == pieces->jobs[i - 1]
                && pieces->items[i].begins < pieces->items[i - 1].ends) {
                wanted[i] = pieces->items[i - 1].ends;
                overlaps = true;
            }
    }
    free(wanted);
    free(queue);
}

static int run_baseline(struct scenario *scenario, const struct simulate_policy *policy,
                        struct tally *tally, struct error *err)
{
    struct pieces pieces = {NULL, NULL, 0, 0, 0};
    int status = 0;

    want_pieces(scenario, policy, &pieces);
    if (scenario->capacity != SCENARIO_UNLIMITED)
        queue_pieces(scenario, &pieces);
    for (size_t i = 0; i < pieces.count && status == 0; i++)
        status = tally_add(tally, pieces.jobs[i], pieces.items[i].begins,
                           pieces.items[i].ends, err);
    free(pieces.items);
    free(pieces.jobs);
    return status;
}

/* The engine's course, as it is told. */
struct course {
    struct scenario *scenario;
    const struct simulate_policy *policy;
    simulate_on_progress *on_progress;
    struct tally *tally;
    struct error *err;
    int status;
};

static struct forecast *ask(void *context, instant now)
{
    const struct course *course = context;
    const struct forecast *forecast = scenario_ask(course->scenario, now);

    return forecast ? forecast_copy(forecast) : NULL;
}

static void on_run(void *context, size_t job, instant begins, instant ends)
{
    struct course *course = context;

    if (course->status == 0)
        course->status = tally_add(course->tally, job, begins, ends, course->err);
}

static void on_ended(void *context, size_t ended)
{
    const struct course *course = context;

    if (course->on_progress)
        course->on_progress(course->policy,
                            (double)ended / (double)course->scenario->trace.count);
}

/* A pool of one machine type, without limits but for its GPUs. */
static struct pool make_pool(const struct scenario *scenario)
{
    struct resources machine = {scenario->capacity, CPUS_UNLIMITED, MEMORY_UNLIMITED};
    struct pool pool;

    if (scenario->capacity == SCENARIO_UNLIMITED) {
        machine.gpus = POOL_TRACKED_GPUS_MAX + 1;
        for (size_t i = 0; i < scenario->trace.count; i++)
            machine.gpus += scenario->trace.jobs[i].gpus;
    }
    setup_pool(&scenario->config->pools[0], &machine, &pool);
    return pool;
}

static int run_engine(struct scenario *scenario, const struct simulate_policy *policy,
                      simulate_on_progress *on_progress, struct tally *tally,
                      struct error *err)
{
    struct course course = {scenario, policy, on_progress, tally, err, 0};
    struct replay replay = {
        .settings = setup_engine(scenario->config),
        .pool = make_pool(scenario),
        .trace = &scenario->trace,
        .past = &scenario->past,
        .pauses = policy->pauses,
        .ask = ask,
        .on_run = on_run,
        .on_progress = on_ended,
        .context = &course,
    };

    setup_policies(scenario->config, &replay.policy);
    replay.policy.kind = POLICY_CLEANEST;
    replay.settings.plan.slot = scenario->slot;
    replay.settings.plan.slots =
        (size_t)(scenario->config->planner.horizon / scenario->slot);
    replay.settings.open_jobs_max = (int64_t)TRACE_JOBS_MAX;
    if (replay_run(&replay, err) < 0)
        return -1;
    return course.status;
}

struct tally *simulate_run(struct scenario *scenario,
                           const struct simulate_policy *policy,
                           simulate_on_progress *on_progress, struct error *err)
{
    const struct tally_terms terms = {&scenario->trace, scenario->truth, scenario->slot,
                                      scenario->config->pools[0].pue_ppm};
    struct tally *tally = tally_create(&terms);
    int status = policy->is_ours ? run_engine(scenario, policy, on_progress, tally, err)
                                 : run_baseline(scenario, policy, tally, err);

    if (status == 0)
        return tally;
    tally_destroy(tally);
    return NULL;
}

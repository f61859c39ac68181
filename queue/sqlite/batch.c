/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"

struct store_batch *store_batch_create(void)
{
    return xcalloc(1, sizeof(struct store_batch));
}

void store_batch_destroy(struct store_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->spec_count; i++)
        job_spec_release(&batch->specs[i]);
    for (size_t i = 0; i < batch->forecast_count; i++)
        forecast_destroy(batch->forecasts[i]);
    for (size_t i = 0; i < batch->actuals_count; i++)
        actuals_release(&batch->actuals[i]);
    free(batch->jobs);
    free(batch->specs);
    free(batch->events);
    free(batch->forecasts);
    free(batch->actuals);
    free(batch->capacities);
    free(batch->drains);
    free(batch->energies);
    free(batch->idles);
    free(batch);
}

size_t store_batch_count(const struct store_batch *batch)
{
    return batch->job_count + batch->event_count + batch->forecast_count
           + batch->actuals_count + batch->capacity_count + batch->drain_count
           + batch->energy_count + batch->idle_count;
}

static void add_job(struct store_batch *batch, const struct job *job)
{
    struct job_event submitted = {
        .job_id = job->id, .kind = JOB_EVENT_SUBMITTED, .at = job->submitted};
    struct batch_job *added;

    batch->jobs =
        xgrow(batch->jobs, batch->job_count, &batch->job_room, sizeof(*batch->jobs));
    added = &batch->jobs[batch->job_count++];
    added->job = *job;
    added->spec = batch->spec_count - 1;
    if (job->state == 0)
        job_apply(&added->job, &submitted, NULL);
    assert(added->job.state == JOB_WAITING);
}

void store_batch_add_jobs(struct store_batch *batch, const struct job *jobs,
                          size_t count, struct job_spec *spec_taken)
{
    batch->specs = xgrow(batch->specs, batch->spec_count, &batch->spec_room,
                         sizeof(*batch->specs));
    batch->specs[batch->spec_count++] = *spec_taken;
    *spec_taken = (struct job_spec){0};
    for (size_t i = 0; i < count; i++)
        add_job(batch, &jobs[i]);
}

void store_batch_add_job(struct store_batch *batch, const struct job *job,
                         struct job_spec *spec_taken)
{
    store_batch_add_jobs(batch, job, 1, spec_taken);
}

int store_batch_add_event(struct store_batch *batch, const struct job *job,
                          const struct job_event *event, struct error *err)
{
    struct job after = *job;

    assert(event->job_id == job->id);
    if (job_apply(&after, event, err) < 0)
        return -1;
    batch->events = xgrow(batch->events, batch->event_count, &batch->event_room,
                          sizeof(*batch->events));
    batch->events[batch->event_count++] =
        (struct batch_event){.job = after, .before = job->state, .event = *event};
    return 0;
}

void store_batch_add_forecast(struct store_batch *batch,
                              const struct forecast *forecast)
{
    batch->forecasts = xgrow(batch->forecasts, batch->forecast_count,
                             &batch->forecast_room, sizeof(struct forecast *));
    batch->forecasts[batch->forecast_count++] = forecast_copy(forecast);
}

void store_batch_add_actuals(struct store_batch *batch, const struct actuals *actuals)
{
    struct actuals copy = *actuals;

    copy.items = xmemdup(actuals->items, actuals->count * sizeof(*actuals->items));
    batch->actuals = xgrow(batch->actuals, batch->actuals_count, &batch->actuals_room,
                           sizeof(*batch->actuals));
    batch->actuals[batch->actuals_count++] = copy;
}

void store_batch_add_capacity(struct store_batch *batch, const char *pool, instant at,
                              const struct resources *capacity)
{
    struct batch_capacity *added;
    bool fits;

    batch->capacities = xgrow(batch->capacities, batch->capacity_count,
                              &batch->capacity_room, sizeof(*batch->capacities));
    added = &batch->capacities[batch->capacity_count++];
    fits = text_copy(added->pool, sizeof(added->pool), pool);
    assert(fits);
    added->at = at;
    added->capacity = *capacity;
}

void store_batch_set_drained(struct store_batch *batch, const char *pool, bool drained,
                             const char *reason)
{
    struct batch_drain *added;
    bool fits;

    batch->drains = xgrow(batch->drains, batch->drain_count, &batch->drain_room,
                          sizeof(*batch->drains));
    added = &batch->drains[batch->drain_count++];
    *added = (struct batch_drain){.drained = drained};
    fits = text_copy(added->pool, sizeof(added->pool), pool);
    assert(fits);
    (void)fits;
    snprintf(added->reason, sizeof(added->reason), "%s", reason);
}

void store_batch_add_energy(struct store_batch *batch, const struct job_energy *energy)
{
    batch->energies = xgrow(batch->energies, batch->energy_count, &batch->energy_room,
                            sizeof(*batch->energies));
    batch->energies[batch->energy_count++] = *energy;
}

void store_batch_add_idle_energy(struct store_batch *batch, const char *pool,
                                 instant at, int64_t joules)
{
    struct batch_idle *added;
    bool fits;

    batch->idles = xgrow(batch->idles, batch->idle_count, &batch->idle_room,
                         sizeof(*batch->idles));
    added = &batch->idles[batch->idle_count++];
    fits = text_copy(added->pool, sizeof(added->pool), pool);
    assert(fits);
    added->at = at;
    added->joules = joules;
}

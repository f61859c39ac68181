/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "daemon/accounts_grid.h"
#include "daemon/accounts_jobs.h"

/* The attempts of a job, as its events tell of them. */
struct attempts {
    const struct job *job;
    const struct accounts_question *question;
    struct store_reader *reader;
    struct accounts_energy *energy;
    char pool[sizeof(((struct job_event *)NULL)->pool)];
    instant begins; /* 0: none runs */
    size_t count;
};

static const struct pool *find_pool(const struct accounts_question *question,
                                    const char *name)
{
    for (size_t i = 0; i < question->pool_count; i++)
        if (strcmp(question->pools[i].name, name) == 0)
            return &question->pools[i];
    return NULL;
}

static const struct accounts_zone *find_zone(const struct accounts_question *question,
                                             const char *name)
{
    for (size_t i = 0; i < question->zone_count; i++)
        if (strcmp(question->zones[i].name, name) == 0)
            return &question->zones[i];
    return NULL;
}

static void add_booking(struct accounts_energy *energy, bool is_first,
                        const struct accounts_booking *booking)
{
    energy->emissions.milligrams += booking->emissions.milligrams;
    energy->emissions.label =
        emissions_label_worse(energy->emissions.label, booking->emissions.label);
    /* Figures of two kinds are not summed. */
    if (!booking->has_signal
        || (!is_first
            && (energy->signal != booking->signal
                || energy->synthetic != booking->synthetic)))
        energy->is_known = false;
    energy->signal = booking->signal;
    energy->synthetic = energy->synthetic || booking->synthetic;
}

static void add_attempt(struct attempts *attempts, instant ends)
{
    const struct pool *pool = find_pool(attempts->question, attempts->pool);
    const struct accounts_zone *zone =
        pool ? find_zone(attempts->question, pool->zone) : NULL;
    instant begins = attempts->begins;
    struct accounts_booking booking = {.has_signal = false};
    struct accounts_grid grid;

    attempts->begins = 0;
    if (!zone)
        return;
    attempts->count++;
    if (begins >= ends)
        return;
    accounts_grid_load(&grid, zone, attempts->reader, begins, ends,
                       attempts->question->now);
    accounts_grid_book(&grid, accounts_job_draw(attempts->job, pool), begins, ends,
                       &booking);
    accounts_grid_release(&grid);
    add_booking(attempts->energy, attempts->energy->joules == 0, &booking);
    attempts->energy->joules += accounts_job_joules(attempts->job, pool, ends - begins);
}

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct attempts *attempts = context;

    (void)err;
    switch (event->kind) {
    case JOB_EVENT_STARTING:
        text_copy(attempts->pool, sizeof(attempts->pool), event->pool);
        break;
    case JOB_EVENT_STARTED:
        attempts->begins = event->at;
        break;
    case JOB_EVENT_PAUSED:
    case JOB_EVENT_FINISHED:
    case JOB_EVENT_BROKE:
    case JOB_EVENT_REQUEUED:
    case JOB_EVENT_CANCELLED:
        if (attempts->begins)
            add_attempt(attempts, event->at);
        break;
    default:
        break;
    }
    return 0;
}

int accounts_book(const struct job *job, const struct accounts_question *question,
                  struct store_reader *reader, struct accounts_energy *energy,
                  struct error *err)
{
    struct attempts attempts = {job, question, reader, energy, "", 0, 0};

    *energy = (struct accounts_energy){.is_known = true};
    if (store_load_events(reader, job->id, on_event, &attempts, err) < 0)
        return -1;
    if (attempts.begins)
        add_attempt(&attempts, question->now);
    if (!attempts.count)
        return error_set(err, ERROR_MISSING, "job %lld has not run in any of the pools",
                         (long long)job->id);
    if (energy->joules == 0 && !job->ended)
        energy->is_known = false;
    if (!energy->is_known)
        energy->emissions = (struct emissions){0, EMISSIONS_UNKNOWN};
    return 0;
}

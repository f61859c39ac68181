/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "daemon/accounts_attempts.h"

/* What on_event and on_energy work with. */
struct load {
    const struct accounts_question *question;
    struct accounts_attempts attempts;
};

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct load *load = context;

    (void)err;
    accounts_attempts_add_event(&load->attempts, load->question, event);
    return 0;
}

static int on_energy(const struct job_energy *energy, void *context, struct error *err)
{
    struct load *load = context;

    (void)err;
    accounts_attempts_measure(&load->attempts, energy);
    return 0;
}

static void add_booking(struct accounts_energy *energy,
                        const struct accounts_booking *booking)
{
    bool is_first = energy->joules == 0;

    /* What took nothing told of its grid only for want of one that took something. */
    if (is_first)
        *energy = (struct accounts_energy){.is_known = true};
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

/* One by one, as each may have run in another zone. */
static void book_attempt(const struct job *job, const struct load *load,
                         const struct accounts_attempt *attempt,
                         struct store_reader *reader, struct accounts_energy *energy)
{
    const struct accounts_question *question = load->question;
    instant ends = attempt->ends ? attempt->ends : question->now;

    if (attempt->pool == SIZE_MAX)
        return;
    if (ends < attempt->begins)
        ends = attempt->begins;
    for (size_t i = 0; i < question->zone_count; i++) {
        const struct accounts_zone *zone = &question->zones[i];
        struct accounts_booking booking = {.has_signal = false};
        struct accounts_grid grid;
        struct accounts_work work;

        if (strcmp(zone->name, question->pools[attempt->pool].zone) != 0)
            continue;
        accounts_grid_load(&grid, zone, reader, attempt->begins, ends, question->now);
        work = accounts_attempts_book(question, job, attempt, 1, &grid, &booking);
        if (work.joules == 0)
            accounts_grid_book_nothing(&grid, attempt->begins, ends, &booking);
        accounts_grid_release(&grid);
        if (work.joules > 0 || energy->joules == 0)
            add_booking(energy, &booking);
        energy->joules += work.joules;
    }
}

static void sum_up(const struct job *job, const struct load *load,
                   struct accounts_energy *energy)
{
    struct accounts_work work = accounts_attempts_sum(
        load->question, job, load->attempts.items, load->attempts.count);

    energy->idle_joules = work.idle_joules;
    energy->source = report_energy_of(work.measured, work.count);
    if (work.gpu_time > 0)
        energy->watts_per_gpu = work.gpu_joules / work.gpu_time;
}

int accounts_book(const struct job *job, const struct accounts_question *question,
                  struct store_reader *reader, struct accounts_energy *energy,
                  struct error *err)
{
    struct load load = {question, ACCOUNTS_ATTEMPTS_EMPTY};
    struct accounts_energy booked = {.is_known = true};
    size_t count = 0;
    int result = -1;

    if (store_load_events(reader, job->id, on_event, &load, err) < 0
        || store_load_energy(reader, job->id, on_energy, &load, err) < 0)
        goto done;
    for (size_t i = 0; i < load.attempts.count; i++) {
        count += load.attempts.items[i].pool != SIZE_MAX;
        book_attempt(job, &load, &load.attempts.items[i], reader, &booked);
    }
    if (count == 0) {
        error_set(err, ERROR_MISSING, "job %lld has not run in any of the pools",
                  (long long)job->id);
        goto done;
    }
    sum_up(job, &load, &booked);
    if (booked.joules == 0 && !job->ended)
        booked.is_known = false;
    if (!booked.is_known)
        booked.emissions = (struct emissions){0, EMISSIONS_UNKNOWN};
    *energy = booked;
    result = 0;

done:
    accounts_attempts_release(&load.attempts);
    return result;
}

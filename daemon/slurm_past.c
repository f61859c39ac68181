/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_past.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"

/* Jobs that are known of at a time; others are expected until there is room. */
#define JOBS_MAX 256

/* Listings within which a job that is known has to end here. */
#define TELLINGS_MAX 10

enum knowledge { NOTED, ASKED, KNOWN, UNKNOWN };

struct entry {
    struct slurm_identity identity;
    enum knowledge knowledge;
    struct slurm_job record; /* of one that is known; so for the next */
    int tellings;
};

struct slurm_past {
    bool (*is_open)(int64_t job_id, void *context);
    void *context;
    struct entry entries[JOBS_MAX];
    size_t count;
    bool is_asking;
};

struct slurm_past *slurm_past_create(bool (*is_open)(int64_t job_id, void *context),
                                     void *context)
{
    struct slurm_past *past = xcalloc(1, sizeof(*past));

    past->is_open = is_open;
    past->context = context;
    return past;
}

void slurm_past_destroy(struct slurm_past *past)
{
    free(past);
}

bool slurm_past_expect(const struct slurm_identity *identity, void *context)
{
    struct slurm_past *past = context;

    for (size_t i = 0; i < past->count; i++)
        if (past->entries[i].identity.job_id == identity->job_id)
            return past->entries[i].knowledge != UNKNOWN;
    if (identity->id == 0 || !past->is_open(identity->job_id, past->context))
        return false;
    if (past->count < JOBS_MAX)
        past->entries[past->count++] = (struct entry){.identity = *identity};
    return true;
}

static void take(struct entry *entry, const struct slurm_listing *listing)
{
    const struct slurm_identity *identity = &entry->identity;
    bool is_told = listing
                   && slurm_accounting_find(listing, identity->id, identity->task,
                                            identity->submitted, &entry->record);

    entry->knowledge = is_told ? KNOWN : UNKNOWN;
    if (is_told)
        log_notice("job %" PRId64 ": slurmctld no longer knows it; Slurm's accounting "
                   "has it as %s",
                   identity->job_id, slurm_state_name(entry->record.state));
}

static void on_answer(const struct slurm_listing *listing, const struct error *failure,
                      void *context)
{
    struct slurm_past *past = context;

    past->is_asking = false;
    if (failure)
        log_warning("cannot ask Slurm's accounting: %s; what slurmctld no longer knows "
                    "is lost",
                    failure->text);
    for (size_t i = 0; i < past->count; i++)
        if (past->entries[i].knowledge == ASKED)
            take(&past->entries[i], listing);
}

/* Tasks are asked for by their array: sacct has no row for one that never began. */
static bool is_asked(const struct slurm_past *past, int64_t id)
{
    for (size_t i = 0; i < past->count; i++)
        if (past->entries[i].knowledge == ASKED && past->entries[i].identity.id == id)
            return true;
    return false;
}

void slurm_past_ask(struct slurm_past *past, struct slurm_backend *backend)
{
    struct text target = TEXT_EMPTY;
    char name[SLURM_NAME_SIZE];

    if (past->is_asking)
        return;
    for (size_t i = 0; i < past->count; i++) {
        struct entry *entry = &past->entries[i];

        if (entry->knowledge != NOTED
            || target.length + SLURM_NAME_SIZE >= SLURM_TARGET_MAX)
            continue;
        if (!is_asked(past, entry->identity.id))
            text_add_format(&target, "%s%s", target.length > 0 ? "," : "",
                            slurm_unit_name(entry->identity.id, -1, name));
        entry->knowledge = ASKED;
    }
    past->is_asking = target.length > 0;
    if (past->is_asking)
        backend->list_ended(backend, target.bytes, on_answer, past);
    text_release(&target);
}

void slurm_past_tell(struct slurm_past *past,
                     void (*on_record)(int64_t job_id, const struct slurm_job *record,
                                       void *context),
                     void *context)
{
    size_t kept = 0;

    for (size_t i = 0; i < past->count; i++) {
        struct entry *entry = &past->entries[i];

        if (!past->is_open(entry->identity.job_id, past->context)
            && entry->knowledge != ASKED)
            continue;
        if (entry->knowledge == KNOWN && ++entry->tellings > TELLINGS_MAX)
            entry->knowledge = UNKNOWN;
        if (entry->knowledge == KNOWN)
            on_record(entry->identity.job_id, &entry->record, context);
        past->entries[kept++] = *entry;
    }
    past->count = kept;
}

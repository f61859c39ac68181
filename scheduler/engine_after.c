/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* Dependencies: jobs that start when others have ended well. */

int engine_find_ended(const struct engine *engine, int64_t id, struct job *job,
                      struct error *err)
{
    struct job_spec spec = {0};
    char pool[33];

    if (store_find_job(engine->ports.reader, id, job, &spec, pool, err) < 0)
        return -1;
    job_spec_release(&spec);
    return 0;
}

int engine_check_after(struct engine *engine, const int64_t *after, size_t count,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct job job;

        if (engine_entry_find(engine, after[i]))
            continue;
        if (engine_find_ended(engine, after[i], &job, NULL) < 0)
            return error_set_field(err, ERROR_INVALID, "after", "there is no job %lld",
                                   (long long)after[i]);
    }
    return 0;
}

static void add_errand_for(struct engine *engine, const struct engine_entry *entry,
                           enum errand_kind kind)
{
    const struct errand errand = {
        .kind = kind,
        .job_id = entry->job.id,
        .actor = JOB_ACTOR_DAEMON,
    };

    engine_add_errand(engine, &errand);
}

void engine_link_after(struct engine *engine, struct engine_entry *entry,
                       const int64_t *after, size_t count)
{
    bool failed = false;

    for (size_t i = 0; i < count; i++) {
        struct engine_entry *other = engine_entry_find(engine, after[i]);
        struct job job;

        if (!other) {
            if (engine_find_ended(engine, after[i], &job, NULL) < 0
                || job.state != JOB_DONE)
                failed = true;
            continue;
        }
        other->dependents = xgrow(other->dependents, other->dependent_count,
                                  &other->dependent_room, sizeof(*other->dependents));
        other->dependents[other->dependent_count++] = entry->job.id;
        entry->after_open++;
    }
    if (failed)
        add_errand_for(engine, entry, ERRAND_DEPENDENCY);
    else if (entry->after_open == 0)
        add_errand_for(engine, entry, ERRAND_ELIGIBLE);
}

void engine_tell_dependents(struct engine *engine, const struct engine_entry *ended,
                            bool well)
{
    for (size_t i = 0; i < ended->dependent_count; i++) {
        struct engine_entry *entry = engine_entry_find(engine, ended->dependents[i]);

        if (!entry || entry->after_open == 0)
            continue;
        entry->after_open--;
        if (!well)
            add_errand_for(engine, entry, ERRAND_DEPENDENCY);
        else if (entry->after_open == 0)
            add_errand_for(engine, entry, ERRAND_ELIGIBLE);
    }
}

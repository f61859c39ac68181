/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "scheduler/engine_internal.h"

/* A uid may be given to another when its user has gone: his jobs are not the other's.
 * A hash, so that a million jobs need not keep their users' names. */
uint64_t engine_hash_user(const char *user)
{
    return user ? text_hash(user, strlen(user)) : 0;
}

static int check_update(const struct engine *engine, const struct engine_entry *entry,
                        const struct job_update *update,
                        const struct engine_actor *actor, struct error *err)
{
    const struct policy *policy = &engine->policies[entry->class];
    instant now = engine_now(engine);
    duration left = job_time_left(&entry->job, engine_restart_cost(engine, entry));

    if (update->has_priority && update->priority > 0 && !actor->admin)
        return error_set_field(err, ERROR_FORBIDDEN, "priority",
                               "only administrators may set a priority above 0");
    if (update->now && !policy->allow_now && !actor->admin)
        return error_set_field(err, ERROR_FORBIDDEN, "now",
                               "queue '%s' does not allow --now", policy->name);
    if (update->has_deadline && update->deadline && update->deadline < now + left)
        return error_set_field(err, ERROR_INVALID, "deadline",
                               "the deadline leaves no room for %lld s of run time",
                               (long long)left);
    return 0;
}

/* What only the job's own scheduler can do is to be asked of it. */
static int check_delegated(enum engine_verb verb, const struct job_update *update,
                           int64_t id, struct error *err)
{
    if (verb == ENGINE_HOLD || verb == ENGINE_RELEASE)
        return error_set(err, ERROR_CONFLICT,
                         "job %lld is not ours to hold or release: tell the scheduler "
                         "that runs it",
                         (long long)id);
    if (update && (update->has_deadline || update->has_max_wait))
        return error_set_field(
            err, ERROR_CONFLICT, update->has_deadline ? "deadline" : "max_wait",
            "job %lld was given its latest start with its submission: let it start "
            "sooner with --now",
            (long long)id);
    return 0;
}

int engine_act(struct engine *engine, enum engine_verb verb, int64_t id,
               const struct job_update *update, const struct engine_actor *actor,
               engine_on_answer *on_answer, void *context, struct error *err)
{
    const struct engine_entry *entry = engine_entry_find(engine, id);
    struct errand errand = {
        .kind = ERRAND_ACT,
        .job_id = id,
        .verb = verb,
        .actor = actor->uid,
        .request = {on_answer, context, id, 1, false},
    };
    struct job job;

    if (!entry) {
        if (engine_find_ended(engine, id, &job, err) < 0)
            return -1;
        if (job.uid != actor->uid && !actor->admin)
            return error_set(err, ERROR_FORBIDDEN, "job %lld is not yours",
                             (long long)id);
        return error_set(err, ERROR_CONFLICT, "job %lld is %s already", (long long)id,
                         job_state_name(job.state));
    }
    if (!actor->admin
        && (entry->job.uid != actor->uid
            || entry->user_hash != engine_hash_user(actor->user)))
        return error_set(err, ERROR_FORBIDDEN, "job %lld is not yours", (long long)id);
    if (entry->delegated && check_delegated(verb, update, id, err) < 0)
        return -1;
    if (update) {
        errand.update = *update;
        if (check_update(engine, entry, update, actor, err) < 0)
            return -1;
    }
    engine_add_errand(engine, &errand);
    return 0;
}

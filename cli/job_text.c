/* SPDX-License-Identifier: MIT */
#include "cli/job_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "base/when.h"
#include "cli/answer.h"
#include "cli/figures.h"
#include "cli/held_text.h"
#include "cli/pause_text.h"
#include "cli/plan_text.h"
#include "cli/run_text.h"

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

const char *job_text_state(const json_t *job)
{
    return is(answer_text(job, "reason"), "slurm") ? "waiting"
                                                   : answer_text(job, "state");
}

enum style job_text_style(const char *state)
{
    if (is(state, "running") || is(state, "starting"))
        return STYLE_GOOD;
    if (is(state, "failed"))
        return STYLE_BAD;
    if (is(state, "pausing") || is(state, "paused"))
        return STYLE_WARNING;
    if (is(state, "held") || is(state, "cancelled") || is(state, "done"))
        return STYLE_FAINT;
    return STYLE_PLAIN;
}

bool job_text_is_ended(const char *state)
{
    return is(state, "done") || is(state, "failed") || is(state, "cancelled");
}

/* What a word of the API says to people. */
struct saying {
    const char *word;
    const char *text;
};

/* The text of a word, or else that of the last saying, which is for all other words. */
static const char *find_text(const struct saying *sayings, const char *word)
{
    while (sayings->word && !is(sayings->word, word))
        sayings++;
    return sayings->text;
}

/* The causes that say more than an exit status does. */
static const struct saying causes[] = {
    {"time-limit", "at its time limit"},
    {"lost", "its machine, GPU or runner was lost"},
    {"not-started", "it could not be started"},
    {"user", "by a user"},
    {"dependency", "a job before it did not end well"},
    {"memory", "out of memory: it took more than it asked for"},
    {"idle", "stopped because its GPUs stood idle"},
    {NULL, NULL},
};

/* NULL if the exit status says it all. A cause that is new to us stands for itself. */
static const char *cause_text(const char *cause)
{
    const char *text = find_text(causes, cause);

    if (text)
        return text;
    return !*cause || is(cause, "exit") || is(cause, "none") ? NULL : cause;
}

/* What was planned in a dry run is dropped, by nobody, when that is over. */
static bool is_dropped(const json_t *job)
{
    return is(answer_text(job, "state"), "cancelled") && answer_is_true(job, "dry_run");
}

void job_text_add_end(const json_t *job, struct text *text)
{
    const char *cause = cause_text(answer_text(job, "cause"));
    int64_t signal = answer_integer(job, "exit_signal");

    if (cause)
        text_add(text, cause);
    else if (is_dropped(job))
        text_add(text, "the dry run is over");
    else if (signal)
        text_add_format(text, "killed by signal %" PRId64, signal);
    else if (answer_has(job, "exit_status"))
        text_add_format(text, "exit status %" PRId64,
                        answer_integer(job, "exit_status"));
}

bool job_text_add_idle(const json_t *job, instant now, struct text *text)
{
    char length[DURATION_TEXT_SIZE];
    instant since;

    if (!answer_instant(job, "idle_since", &since))
        return false;
    text_add_format(text, "GPUs idle %s",
                    duration_format(now > since ? now - since : 0, length));
    return true;
}

/* Why a waiting job waits, or no longer does: the end of "Job 7 (train) ...". */
static const struct saying reasons[] = {
    {"at-once", "does not wait for green power, as its queue or its owner wants; it "
                "starts as soon as there is room"},
    {"urgent", "no longer waits for green power, because its latest start leaves no "
               "choice"},
    {"green", "waits for cleaner power"},
    {"green-now", "starts now, because now is as clean as it gets before its latest "
                  "start"},
    {"handed-over", "is handed over to Slurm, which starts it as soon as it has room"},
    {"capacity", "waits for room"},
    {"ramp", "waits because as many jobs as may start at once already start in the "
             "cleanest hours"},
    {"no-forecast", "does not wait for green power, because no forecast covers now; it "
                    "starts as soon as there is room"},
    {"small-saving", "does not wait for green power, because waiting would save less "
                     "than its queue asks for"},
    {"late", "is late: there is no room for it before its latest start"},
    {"beyond-horizon", "has no planned start: there is no room for it as far as the "
                       "planner looks ahead"},
    {"user-limit", "waits because its owner already holds as many GPUs as the queue "
                   "lets one user hold; it is placed when some are given back"},
    {"array-limit", "waits because as many jobs of its array run as may at once; it is "
                    "placed when one of them ends"},
    {"drained",
     "waits because all pools that it may run in are drained: nothing starts "
     "there until an administrator resumes them"},
    {"asleep", "is due; its pool was asleep and is woken for it"},
    {"waking", "is due, and starts when its pool has woken"},
    {"not-before", "waits for the time before which it must not begin"},
    {NULL, "waits"},
};

/* Add "job 3", "jobs 3 and 5", "jobs 3, 5, 8 and 4 more". */
static void add_jobs(const json_t *list, struct text *text)
{
    size_t count = json_array_size(list);
    size_t shown = count > 4 ? 3 : count;

    text_add(text, count == 1 ? "job " : "jobs ");
    for (size_t i = 0; i < shown; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " and ";

        text_add_format(text, "%s%" JSON_INTEGER_FORMAT, before,
                        json_integer_value(json_array_get(list, i)));
    }
    if (shown < count)
        text_add_format(text, " and %zu more", count - shown);
}

static void add_numbers(const json_t *plan, bool is_resume, instant now,
                        struct text *text)
{
    char when[WHEN_TEXT_SIZE];
    bool has_forecast = answer_is_true(plan, "has_forecast");
    const char *zone = answer_text(plan, "zone");

    if (has_forecast && answer_has(plan, "now_g"))
        text_add_format(text, " Now the grid%s%s is at %.0f g/kWh.",
                        *zone ? " in " : "", zone, answer_number(plan, "now_g"));
    if (!*answer_when(plan, "planned_start", now, when))
        return;
    text_add_format(text, " It %s %s", is_resume ? "resumes" : "is planned for", when);
    if (answer_has(plan, "pool"))
        text_add_format(text, " in the pool %s", answer_text(plan, "pool"));
    pause_text_add_pieces(plan, now, text);
    if (has_forecast && answer_has(plan, "planned_g"))
        text_add_format(text, " at %.0f g/kWh", answer_number(plan, "planned_g"));
    if (has_forecast && answer_has(plan, "planned_low_g"))
        text_add_format(text, " (%.0f to %.0f in four of five cases)",
                        answer_number(plan, "planned_low_g"),
                        answer_number(plan, "planned_high_g"));
    if (has_forecast && answer_has(plan, "saving_kg"))
        plan_text_add_saving(plan, text);
    text_add(text, ".");
}

static bool misses_deadline(const json_t *job, const json_t *plan, instant now)
{
    instant start = now, deadline;

    answer_instant(plan, "planned_start", &start);
    return answer_instant(job, "deadline", &deadline)
           && start + answer_integer(job, "time_limit") - answer_integer(job, "ran")
                  > deadline;
}

static void add_limits(const json_t *job, const json_t *plan, instant now,
                       struct text *text)
{
    char when[WHEN_TEXT_SIZE];

    if (*answer_when(plan, "latest_start", now, when)
        || *answer_when(job, "latest_start", now, when))
        text_add_format(text, " Its latest %s is %s.",
                        is(answer_text(job, "state"), "paused") ? "resume" : "start",
                        when);
    else
        text_add(text, " It has no latest start: neither a deadline nor a longest "
                       "wait.");
    if (answer_is_true(job, "late") && misses_deadline(job, plan, now))
        text_add(text, " If it runs to its time limit, it ends after its deadline.");
}

static void add_room(const json_t *plan, instant now, struct text *text)
{
    const json_t *blockers = json_object_get(plan, "blocked_by");
    char when[WHEN_TEXT_SIZE];
    instant start = INSTANT_MAX, room, cleanest;

    answer_instant(plan, "planned_start", &start);
    /* What was planned before others came has its room, whatever there is now. */
    if (answer_instant(plan, "first_room", &room) && room > now + MINUTE
        && room <= start) {
        text_add_format(text, " There is no room before %s",
                        when_format(room, now, when));
        if (json_array_size(blockers) > 0) {
            text_add(text, ": it is taken by ");
            add_jobs(blockers, text);
        }
        text_add(text, ".");
    } else if (json_array_size(blockers) > 0) {
        text_add(text, " In its way: ");
        add_jobs(blockers, text);
        text_add(text, ".");
    }
    if (answer_is_true(plan, "has_forecast")
        && answer_instant(plan, "cleanest", &cleanest) && cleanest != start
        && cleanest > now)
        text_add_format(text, " Were there room everywhere, %s would be cleanest.",
                        when_format(cleanest, now, when));
}

static void add_ways_out(const json_t *job, const json_t *plan, const char *reason,
                         struct text *text)
{
    int64_t id = answer_integer(job, "id");
    instant start = INSTANT_MAX, room;

    answer_instant(plan, "planned_start", &start);
    if (answer_instant(plan, "first_room", &room) && room < start
        && !answer_is_true(job, "now") && !answer_is_true(job, "dry_run")
        && !is(reason, "not-before"))
        text_add_format(text,
                        " \"penstock update %" PRId64
                        " --now\" would start it as soon as there is room, whatever "
                        "the grid does.",
                        id);
    if (answer_is_true(plan, "synthetic"))
        text_add(text, " THE FORECAST IS SYNTHETIC: made up, not of the real grid.");
}

void job_text_add_gpus(const json_t *job, struct text *text)
{
    const char *state = answer_text(job, "state");
    int64_t gpus = answer_integer(job, "gpus");
    int64_t most = answer_integer(job, "gpus_max");

    text_add_format(text, "%" PRId64, gpus);
    if (most > gpus && (is(state, "waiting") || is(state, "held")))
        text_add_format(text, "-%" PRId64, most);
}

/* Of a job that may have more GPUs than are planned for it. */
static void add_range(const json_t *job, struct text *text)
{
    int64_t gpus = answer_integer(job, "gpus");
    int64_t most = answer_integer(job, "gpus_max");

    if (most > gpus)
        text_add_format(text,
                        " It is planned with %" PRId64 " GPU%s, and has up to %" PRId64
                        " if more are free at its start and worth it.",
                        gpus, gpus == 1 ? "" : "s", most);
}

/* Of a job for which GPUs that are there, but cannot be used now, are missing. */
static void add_missing_gpus(const json_t *job, const json_t *plan, struct text *text)
{
    int64_t gpus = answer_integer(job, "gpus");
    int64_t usable = answer_integer(plan, "gpus_usable");

    if (answer_has(plan, "gpus_usable") && gpus > usable)
        text_add_format(text,
                        " It asks for %" PRId64 " GPU%s, and no pool for it has more "
                        "than %" PRId64 " that can be used now: \"penstock nodes\" "
                        "tells why.",
                        gpus, gpus == 1 ? "" : "s", usable);
}

/* What the planned start does not reckon with. */
static void add_limit(const json_t *plan, const char *reason, struct text *text)
{
    const char *limit = answer_text(plan, "limit");

    if (is(limit, reason))
        return;
    if (is(limit, "user-limit"))
        text_add(text, " It may start later than planned: its owner now holds as many "
                       "GPUs as the queue lets one user hold.");
    if (is(limit, "array-limit"))
        text_add(text, " It may start later than planned: as many jobs of its array "
                       "run as may at once.");
}

/* Penstock alone obeys: the job has its latest start as its begin time in Slurm. */
static const char *reason_text(const json_t *job, const char *reason)
{
    if (is(reason, "drained") && answer_has(job, "slurm"))
        return "waits because its pool is drained in Penstock, which starts nothing "
               "there until an administrator resumes it; Slurm starts it at its latest "
               "start all the same";
    return find_text(reasons, reason);
}

static void add_plan(const json_t *job, instant now, struct text *text)
{
    const json_t *plan = json_object_get(job, "plan");
    const char *reason = answer_text(plan, "reason");
    char when[WHEN_TEXT_SIZE];

    if (!*reason)
        reason = answer_text(job, "reason");
    pause_text_add(job, now, text);
    text_add(text, reason_text(job, reason));
    if (is(reason, "not-before") && *answer_when(job, "begin", now, when))
        text_add_format(text, ", %s", when);
    text_add(text, ".");
    add_numbers(plan, is(answer_text(job, "state"), "paused"), now, text);
    add_limits(job, plan, now, text);
    add_room(plan, now, text);
    plan_text_add(plan, now, text);
    add_range(job, text);
    add_missing_gpus(job, plan, text);
    add_limit(plan, reason, text);
    add_ways_out(job, plan, reason, text);
}

void job_text_add_why(const json_t *job, instant now, struct text *text)
{
    const char *state = answer_text(job, "state");
    const char *reason = answer_text(job, "reason");
    const char *slurm = answer_text(job, "slurm");

    text_add_format(text, "Job %" PRId64 " (%s%s%s%s) ", answer_integer(job, "id"),
                    answer_text(job, "name"), *slurm ? ", " : "", slurm,
                    *slurm ? " in Slurm" : "");
    if (job_text_is_ended(state)) {
        run_text_add_ended(job, now, text);
    } else if (is(state, "pausing")) {
        pause_text_add_told(job, now, text);
    } else if (is(state, "running") || is(state, "starting")) {
        run_text_add_active(job, now, text);
    } else if (is(state, "held") || is(reason, "held")) {
        held_text_add(job, text);
    } else if (is(reason, "after")) {
        text_add(text, "starts only after ");
        add_jobs(json_object_get(job, "after"), text);
        text_add(text, " ended well, and not all have. It is planned then; should one "
                       "of them fail, it is cancelled.");
    } else {
        add_plan(job, now, text);
    }
    if (answer_is_true(job, "dry_run"))
        text_add(text, " This is a dry run: in Slurm it runs as if there were no "
                       "Penstock.");
}

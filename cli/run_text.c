/* SPDX-License-Identifier: MIT */
#include "cli/run_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/job_text.h"
#include "queue/job.h"

void run_text_add_end(const json_t *job, struct text *text)
{
    const char *why = answer_text(answer_last_event(job, "broke"), "text");

    job_text_add_end(job, text);
    if (*why && strcmp(answer_text(job, "state"), "failed") == 0)
        text_add_format(text, ": %s", why);
}

void run_text_add_ended(const json_t *job, instant now, struct text *text)
{
    const char *state = answer_text(job, "state");
    bool is_done = strcmp(state, "done") == 0;
    char when[WHEN_TEXT_SIZE];
    struct text how = TEXT_EMPTY;

    run_text_add_end(job, &how);
    if (is_done)
        text_add(text, "is done");
    else
        text_add_format(text, strcmp(state, "failed") == 0 ? "%s" : "was %s", state);
    if (!is_done && how.length > 0)
        text_add_format(text, " (%s)", how.bytes);
    if (*answer_when(job, "ended", now, when))
        text_add_format(text, "; it ended %s", when);
    text_add(text, ".");
    text_release(&how);
}

static void add_idle(const json_t *job, instant now, struct text *text)
{
    int64_t gpus = answer_integer(job, "gpus");
    char when[WHEN_TEXT_SIZE];

    if (!*answer_when(job, "idle_since", now, when))
        return;
    if (gpus == 1)
        text_add(text, " Its GPU has");
    else
        text_add_format(text, " Its %" PRId64 " GPUs have", gpus);
    text_add_format(text,
                    " stood idle since %s: \"penstock cancel %" PRId64
                    "\" would give %s to others.",
                    when, answer_integer(job, "id"), gpus == 1 ? "it" : "them");
}

/* When a running job ends if it takes as long as it said; nothing if it is over that.
 */
static void add_expected_end(const json_t *job, instant now, struct text *text)
{
    const char *whole = answer_has(job, "expected_time") ? "expected_time" : "time";
    duration left = answer_integer(job, whole) - answer_integer(job, "ran");
    char when[WHEN_TEXT_SIZE];
    instant started;

    if (answer_instant(job, "started", &started) && left > 0 && left <= JOB_TIME_MAX
        && started + left > now)
        text_add_format(text, ", and is expected to end %s",
                        when_format(started + left, now, when));
}

void run_text_add_active(const json_t *job, instant now, struct text *text)
{
    bool is_starting = strcmp(answer_text(job, "state"), "starting") == 0;
    char when[WHEN_TEXT_SIZE];

    text_add(text, is_starting ? "is being started" : "is running");
    if (answer_has(job, "pool"))
        text_add_format(text, " in the pool %s", answer_text(job, "pool"));
    if (*answer_when(job, "started", now, when))
        text_add_format(text, " since %s", when);
    if (answer_has(job, "scaling"))
        text_add_format(text, " with %" PRId64 " of %" PRId64 "-%" PRId64 " GPUs",
                        answer_integer(job, "gpus"), answer_integer(job, "gpus_min"),
                        answer_integer(job, "gpus_max"));
    add_expected_end(job, now, text);
    text_add(text, ".");
    add_idle(job, now, text);
}

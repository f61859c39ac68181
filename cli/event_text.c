/* SPDX-License-Identifier: MIT */
#include "cli/event_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "base/when.h"
#include "cli/answer.h"
#include "cli/job_text.h"

/* Events whose names do not say it as a person would. */
static const struct {
    const char *event;
    const char *words;
} words[] = {
    {"eligible", "may start from now on"},
    {"start-failed", "could not start"},
    {"finished", "ended"},
    {"broke", "ended"},
    {"pausing", "told to pause"},
    {"requeued", "queued again"},
    {"cancel-asked", "told to stop"},
    {"priority-set", "priority changed"},
    {"time-limit-set", "time limit changed"},
    {"deadline-set", "deadline changed"},
    {"max-wait-set", "longest wait changed"},
    {"idle", "leaves its GPUs idle"},
    {"busy", "uses its GPUs again"},
    {"now-set", "no longer waits for green power"},
};

static const char *words_of(const char *event)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].event, event) == 0)
            return words[i].words;
    return event;
}

/* What an update set, by what the job has now; false if the event is none. */
static bool add_set(const json_t *job, const char *event, instant now,
                    struct text *text)
{
    char when[WHEN_TEXT_SIZE], length[DURATION_TEXT_SIZE];

    if (strcmp(event, "priority-set") == 0)
        text_add_format(text, "priority set to %" PRId64,
                        answer_integer(job, "priority"));
    else if (strcmp(event, "time-limit-set") == 0)
        text_add_format(text, "time limit set to %s",
                        duration_format(answer_integer(job, "time_limit"), length));
    else if (strcmp(event, "deadline-set") == 0 && !answer_has(job, "deadline"))
        text_add(text, "deadline removed");
    else if (strcmp(event, "deadline-set") == 0)
        text_add_format(text, "deadline set to %s",
                        answer_when(job, "deadline", now, when));
    else if (strcmp(event, "max-wait-set") == 0 && !answer_has(job, "max_wait"))
        text_add(text, "longest wait removed");
    else if (strcmp(event, "max-wait-set") == 0)
        text_add_format(text, "longest wait set to %s",
                        duration_format(answer_integer(job, "max_wait"), length));
    else
        return false;
    return true;
}

void event_text_add(const json_t *job, const json_t *event, bool is_last, instant now,
                    struct text *text)
{
    const char *name = answer_text(event, "event");
    struct text end = TEXT_EMPTY;

    if (!is_last || !add_set(job, name, now, text))
        text_add(text, words_of(name));
    job_text_add_end(event, &end);
    if (end.length > 0)
        text_add_format(text, "%s%s",
                        strncmp(end.bytes, "exit", 4) == 0 ? " with " : ", ",
                        end.bytes);
    if (*answer_text(event, "text"))
        text_add_format(text, ": %s", answer_text(event, "text"));
    text_release(&end);
}

/* SPDX-License-Identifier: MIT */
#include "cli/promise_text.h"

#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/figures.h"

/* What stands in for a start when none is planned. */
static const struct {
    const char *reason, *text;
} no_starts[] = {
    {"held", "held until it is released"},
    {"handed-over", "Slurm starts it as soon as there is room"},
    {"not-before", "Slurm starts it from its begin time on, when there is room"},
    {"slurm", "left to Slurm"},
    {"after", "waits for the jobs before it to end well"},
    {"beyond-horizon", "no start planned yet, there is no room within the horizon"},
    {"user-limit", "no start planned yet, its owner holds as many GPUs as the queue "
                   "allows"},
    {"array-limit", "no start planned yet, as many of its array run as may at once"},
    {"drained", "no start planned yet, all pools for it are drained"},
};

static const char *no_start_text(const char *reason)
{
    for (size_t i = 0; i < sizeof(no_starts) / sizeof(no_starts[0]); i++)
        if (strcmp(no_starts[i].reason, reason) == 0)
            return no_starts[i].text;
    return "no start planned yet";
}

/* "job 7 (train): ", "job 7 (train, 17 in Slurm): ", "train: ". */
static void add_title(const json_t *job, struct text *text)
{
    const char *slurm = answer_text(job, "slurm");

    if (answer_integer(job, "id") > 0)
        text_add_format(text, "job %" PRId64 " (%s%s%s%s): ", answer_integer(job, "id"),
                        answer_text(job, "name"), *slurm ? ", " : "", slurm,
                        *slurm ? " in Slurm" : "");
    else if (*slurm)
        text_add_format(text, "job %s in Slurm (%s): ", slurm,
                        answer_text(job, "name"));
    else
        text_add_format(text, "%s: ", answer_text(job, "name"));
}

/* Of a job that is Slurm's alone. */
static void add_left_to_slurm(const json_t *job, instant now, struct text *text)
{
    char when[WHEN_TEXT_SIZE];

    add_title(job, text);
    if (*answer_when(job, "latest_start", now, when))
        text_add_format(text, "Slurm starts it by %s at the latest\n", when);
    else
        text_add(text, "Slurm starts it as soon as there is room\n");
}

void promise_text_add(const json_t *job, instant now, struct text *text)
{
    char when[WHEN_TEXT_SIZE], saving[2 * FIGURE_TEXT_SIZE];
    const char *reason = answer_text(job, "reason");
    instant start;

    if (answer_integer(job, "id") == 0 && *answer_text(job, "slurm")) {
        add_left_to_slurm(job, now, text);
        return;
    }
    add_title(job, text);
    if (answer_is_true(job, "late") || strcmp(reason, "late") == 0)
        text_add(text, "LATE, ");
    if (!answer_instant(job, "planned_start", &start))
        text_add(text, no_start_text(reason));
    else if (start > now - 10 * MINUTE && start <= now + MINUTE)
        text_add(text, "planned now");
    else
        text_add_format(text, "planned %s", when_format(start, now, when));
    if (*answer_when(job, "latest_start", now, when))
        text_add_format(text, ", latest start %s", when);
    if (answer_has(job, "saving_kg"))
        text_add_format(text, ", %s",
                        figure_format_saving(answer_number(job, "saving_kg"),
                                             answer_number(job, "saving_percent"),
                                             saving));
    text_add(text, "\n");
    if (answer_is_true(job, "late"))
        text_add(text, "  It would end after its deadline if it ran to its time "
                       "limit.\n");
    if (answer_is_true(job, "may_pause"))
        text_add(text, "  It may be paused in dirty hours.\n");
    if (strcmp(reason, "no-forecast") == 0)
        text_add(text, "  No forecast covers now, so it does not wait for green "
                       "power.\n");
}

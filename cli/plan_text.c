/* SPDX-License-Identifier: MIT */
#include "cli/plan_text.h"

#include <string.h>

#include "cli/answer.h"
#include "cli/when.h"

static const char *cause_text(const char *cause)
{
    if (strcmp(cause, "forecast") == 0)
        return "a new forecast";
    if (strcmp(cause, "capacity") == 0)
        return "GPUs that came or went";
    return "other jobs";
}

void plan_text_add(const json_t *plan, instant now, struct text *text)
{
    int64_t moves = answer_integer(plan, "moves");
    char when[WHEN_TEXT_SIZE];

    if (*answer_when(plan, "runner_up", now, when))
        text_add_format(text, " The next best start is %s.", when);
    if (moves == 1)
        text_add_format(text, " It has been moved once, by %s.",
                        cause_text(answer_text(plan, "moved_by")));
    else if (moves > 1)
        text_add_format(text, " It has been moved %d times, last by %s.", (int)moves,
                        cause_text(answer_text(plan, "moved_by")));
    if (answer_is_true(plan, "load_gate"))
        text_add(text, " The pools are so busy that nobody waits for green power "
                       "(load_gate).");
}

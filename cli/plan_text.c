/* SPDX-License-Identifier: MIT */
#include "cli/plan_text.h"

#include <string.h>

#include "base/when.h"
#include "cli/answer.h"
#include "cli/figures.h"

static const char *cause_text(const char *cause)
{
    if (strcmp(cause, "forecast") == 0)
        return "a new forecast";
    if (strcmp(cause, "capacity") == 0)
        return "GPUs that came or went";
    return "other jobs";
}

void plan_text_add_saving(const json_t *plan, struct text *text)
{
    char saving[2 * FIGURE_TEXT_SIZE];
    char low[FIGURE_TEXT_SIZE], high[FIGURE_TEXT_SIZE];
    double least = answer_number(plan, "saving_low_kg");
    double most = answer_number(plan, "saving_high_kg");

    text_add_format(text, ", which %s",
                    figure_format_saving(answer_number(plan, "saving_kg"),
                                         answer_number(plan, "saving_percent"),
                                         saving));
    /* Where both runs are one there is no doubt, and no band. */
    if (!answer_has(plan, "saving_low_kg") || most - least < 0.0005)
        return;
    text_add_format(text, ", in four of five cases %s to %s",
                    figure_format_mass(least, low), figure_format_mass(most, high));
    if (least < -0.0005)
        text_add(text, ", where below 0 it costs more");
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

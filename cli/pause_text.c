/* SPDX-License-Identifier: MIT */
#include "cli/pause_text.h"

#include <string.h>

#include "base/time.h"
#include "base/when.h"
#include "cli/answer.h"

/* At which level, and since when. */
static void add_since(const json_t *job, instant now, struct text *text)
{
    const json_t *told = answer_last_event(job, "pausing");
    char when[WHEN_TEXT_SIZE];

    if (told && answer_has(told, "g"))
        text_add_format(text, " at %.0f g/kWh", answer_number(told, "g"));
    if (told && *answer_when(told, "at", now, when))
        text_add_format(text, " since %s", when);
}

void pause_text_add(const json_t *job, instant now, struct text *text)
{
    bool is_paused = strcmp(answer_text(job, "state"), "paused") == 0;
    int64_t ran = answer_integer(job, "ran");
    char length[DURATION_TEXT_SIZE];

    if (is_paused)
        text_add(text, "is paused");
    else if (ran > 0)
        text_add(text, "was paused");
    else
        return;
    if (is_paused)
        add_since(job, now, text);
    if (ran > 0)
        text_add_format(text, " after %s of work", duration_format(ran, length));
    text_add(text, ", and ");
}

void pause_text_add_told(const json_t *job, instant now, struct text *text)
{
    const json_t *plan = json_object_get(job, "plan");
    char when[WHEN_TEXT_SIZE];

    text_add(text, "is told to pause");
    add_since(job, now, text);
    text_add(text, ", and has its grace to save what it has done");
    if (*answer_when(plan, "planned_start", now, when)) {
        text_add_format(text, ". It resumes %s", when);
        if (answer_is_true(plan, "has_forecast") && answer_has(plan, "planned_g"))
            text_add_format(text, " at %.0f g/kWh", answer_number(plan, "planned_g"));
    }
    text_add(text, ".");
}

void pause_text_add_pieces(const json_t *plan, instant now, struct text *text)
{
    const json_t *pieces = json_object_get(plan, "pieces");
    size_t count = json_array_size(pieces);
    char when[WHEN_TEXT_SIZE];

    if (count > 1 && *answer_when(json_array_get(pieces, count - 1), "end", now, when))
        text_add_format(text, " in %zu pieces until %s", count, when);
}

/* SPDX-License-Identifier: MIT */
#include "cli/held_text.h"

#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"

/* As the last event has it that tells of one. */
static const char *find_cause(const json_t *job)
{
    const json_t *events = json_object_get(job, "events");
    const char *cause = "it is kept there";

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const char *text = answer_text(event, "text");

        if (strcmp(answer_text(event, "event"), "held") == 0 && *text)
            cause = text;
    }
    return cause;
}

void held_text_add(const json_t *job, struct text *text)
{
    const char *slurm = answer_text(job, "slurm");

    if (*slurm)
        text_add_format(text,
                        "is left to Slurm: %s. \"scontrol show job %s\" tells more; "
                        "Slurm starts it at its begin time at the latest, unless it is "
                        "held.",
                        find_cause(job), slurm);
    else
        text_add_format(text,
                        "is held, and waits to be released: \"penstock release %" PRId64
                        "\" lets it be planned.",
                        answer_integer(job, "id"));
}

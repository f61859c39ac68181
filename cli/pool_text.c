/* SPDX-License-Identifier: MIT */
#include "cli/pool_text.h"

#include <string.h>

#include "cli/answer.h"

bool pool_text_add_state(const json_t *pool, struct text *text)
{
    bool is_drained = answer_is_true(pool, "drained");
    const char *sleep = answer_text(pool, "sleep");
    bool is_awake = !*sleep || strcmp(sleep, "awake") == 0;

    if (is_drained)
        text_add(text, "drained");
    if (!is_awake)
        text_add_format(text, "%s%s", is_drained ? ", " : "", sleep);
    if (is_drained || !is_awake)
        return false;
    text_add(text, "open");
    return true;
}

static void add_note(const json_t *pool, struct text *line)
{
    struct text state = TEXT_EMPTY;

    if (!pool_text_add_state(pool, &state))
        text_add_format(line, "pool %s is %s", answer_text(pool, "pool"), state.bytes);
    if (answer_is_true(pool, "drained"))
        text_add(line, ": nothing starts there until it is resumed");
    if (answer_has(pool, "drained_reason"))
        text_add_format(line, " (%s)", answer_text(pool, "drained_reason"));
    if (answer_has(pool, "sleep_trouble") && line->length > 0)
        text_add_format(line, "; %s", answer_text(pool, "sleep_trouble"));
    else if (answer_has(pool, "sleep_trouble"))
        text_add_format(line, "pool %s: %s", answer_text(pool, "pool"),
                        answer_text(pool, "sleep_trouble"));
    text_release(&state);
}

void pool_text_add_notes(const struct terminal *terminal, const json_t *pools,
                         struct text *text)
{
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        struct text line = TEXT_EMPTY;

        add_note(pool, &line);
        if (line.length > 0)
            terminal_add_wrapped(terminal, text, 0,
                                 answer_is_true(pool, "drained") ? STYLE_WARNING
                                                                 : STYLE_PLAIN,
                                 line.bytes);
        text_release(&line);
    }
}

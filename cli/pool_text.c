/* SPDX-License-Identifier: MIT */
#include "cli/pool_text.h"

#include <inttypes.h>
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

static void add_gpu_note(const json_t *pool, struct text *line)
{
    int64_t gpus = answer_integer(pool, "gpus");
    int64_t unusable = gpus - answer_integer(pool, "gpus_usable");

    if (answer_has(pool, "gpus_usable") && unusable > 0)
        text_add_format(line,
                        "pool %s: %" PRId64 " of %" PRId64 " GPUs cannot be used now",
                        answer_text(pool, "pool"), unusable, gpus);
}

static void add_line(const struct terminal *terminal, enum style style,
                     struct text *line, struct text *text)
{
    if (line->length > 0)
        terminal_add_wrapped(terminal, text, 0, style, line->bytes);
    text_clear(line);
}

void pool_text_add_notes(const struct terminal *terminal, const json_t *pools,
                         struct text *text)
{
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        struct text line = TEXT_EMPTY;

        add_note(pool, &line);
        add_line(terminal,
                 answer_is_true(pool, "drained") ? STYLE_WARNING : STYLE_PLAIN, &line,
                 text);
        add_gpu_note(pool, &line);
        add_line(terminal, STYLE_WARNING, &line, text);
        text_release(&line);
    }
}

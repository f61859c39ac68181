/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "cli/pool_text.h"

/* A pool, its state in one word or two, and the line about it. */
static const struct {
    const char *pool, *state, *note;
} cases[] = {
    {"{\"pool\":\"lab\",\"drained\":false,\"sleep\":\"awake\"}", "open", ""},
    {"{\"pool\":\"lab\",\"drained\":false}", "open", ""},
    {"{\"pool\":\"lab\",\"drained\":true,\"drained_reason\":null,\"sleep\":\"awake\"}",
     "drained", "pool lab is drained: nothing starts there until it is resumed\n"},
    {"{\"pool\":\"lab\",\"drained\":true,\"drained_reason\":\"it burns\","
     "\"sleep\":\"asleep\"}",
     "drained, asleep",
     "pool lab is drained, asleep: nothing starts there until it is resumed (it "
     "burns)\n"},
    {"{\"pool\":\"lab\",\"drained\":false,\"sleep\":\"falling asleep\"}",
     "falling asleep", "pool lab is falling asleep\n"},
    {"{\"pool\":\"lab\",\"drained\":false,\"sleep\":\"asleep\","
     "\"sleep_trouble\":\"no answer\"}",
     "asleep", "pool lab is asleep; no answer\n"},
    {"{\"pool\":\"lab\",\"drained\":false,\"sleep\":\"awake\","
     "\"sleep_trouble\":\"no answer\"}",
     "open", "pool lab: no answer\n"},
    {"{\"pool\":\"lab\",\"gpus\":4,\"gpus_usable\":2}", "open",
     "pool lab: 2 of 4 GPUs cannot be used now\n"},
    {"{\"pool\":\"lab\",\"gpus\":4,\"gpus_usable\":4}", "open", ""},
    {"{\"pool\":\"lab\",\"gpus\":4}", "open", ""},
};

static void the_state_of_a_pool_is_told_in_words(void **state)
{
    const struct terminal terminal = {.width = 200};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *pools = json_array();
        struct text word = TEXT_EMPTY, note = TEXT_EMPTY;
        bool is_open;

        json_array_append_new(pools, json_loads(cases[i].pool, 0, NULL));
        is_open = pool_text_add_state(json_array_get(pools, 0), &word);
        pool_text_add_notes(&terminal, pools, &note);
        assert_string_equal(cases[i].state, word.bytes);
        assert_string_equal(cases[i].note, note.bytes);
        assert_int_equal(cases[i].state[0] == 'o', is_open);
        text_release(&word);
        text_release(&note);
        json_decref(pools);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_a_pool_is_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

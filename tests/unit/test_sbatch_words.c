/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/sbatch_words.h"

/* 2026-11-22T08:00:00Z */
#define DEADLINE 1795334400

#define WAITING(words) "sbatch|--parsable|--partition=gpu|--job-name=n|" words

/* A body, terms, and the words that they make, with | between them. */
static const struct {
    const char *body;
    struct sbatch_terms terms;
    const char *words;
} bodies_and_words[] = {
    {"{\"name\": \"n\"}",
     {"gpu", 60, 3600, 0, 36000, 0, "abc"},
     WAITING("--time=60|--begin=now+36000|--comment=penstock:early,key=abc|--export="
             "ALL")},
    {"{\"name\": \"n\", \"gpus\": 2, \"cpus\": 4, \"memory\": 1048577}",
     {"gpu", 60, 3600, 0, 36000, 0, "abc"},
     WAITING("--gres=gpu:2|--cpus-per-task=4|--mem=2M|--time=60|--begin=now+36000|"
             "--comment=penstock:early,key=abc|--export=ALL")},
    {"{\"name\": \"n\", \"interruptible\": true, \"time\": 7200, \"deadline\": \"\"}",
     {"gpu", 60, 3600, 0, 36000, DEADLINE, "abc"},
     WAITING("--time=60|--begin=now+36000|--comment=penstock:early,interruptible,"
             "time=3600s,deadline=2026-11-22T08:00:00Z,key=abc|--requeue|--export="
             "ALL")},
    {"{\"name\": \"n\", \"requeue\": true, \"begin\": \"\"}",
     {"gpu", 60, 3600, 1800, 36000, 0, "abc"},
     WAITING("--time=60|--begin=now+1800|--comment=penstock:on,max-wait=36000s,key="
             "abc|--requeue|--export=ALL")},
    {"{\"name\": \"n\", \"interruptible\": true, \"now\": true, \"time\": 5}",
     {"gpu", 60, 3600, 0, 0, DEADLINE, "abc"},
     WAITING("--time=60|--comment=penstock:off,key=abc|--requeue|--export=ALL")},
    {"{\"name\": \"n\", \"output\": \"out %j\", \"error\": \"e,r\", \"array\": "
     "\"0-9%2\", \"directory\": \"/a dir\"}",
     {"gpu", 1, 3600, 0, 36000, 0, "abc"},
     WAITING("--time=1|--begin=now+36000|--comment=penstock:early,key=abc|--output=out "
             "%j|--error=e,r|--chdir=/a dir|--array=0-9%2|--export=ALL")},
};

static void check_words(const char *expected, const struct words *words)
{
    struct text joined = TEXT_EMPTY;

    for (size_t i = 0; i < words->count; i++)
        text_add_format(&joined, "%s%s", i ? "|" : "", words->items[i]);
    assert_string_equal(expected, joined.bytes);
    assert_true(words->count == 0 || !words->items[words->count]);
    text_release(&joined);
}

static void a_submission_becomes_the_words_of_sbatch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies_and_words) / sizeof(bodies_and_words[0]);
         i++) {
        json_t *body = json_loads(bodies_and_words[i].body, 0, NULL);
        struct words words;

        assert_non_null(body);
        sbatch_words_make(body, &bodies_and_words[i].terms, &words);
        check_words(bodies_and_words[i].words, &words);
        words_release(&words);
        json_decref(body);
    }
}

static void check_script(const char *body_text, const char *expected)
{
    json_t *body = json_loads(body_text, 0, NULL);
    struct text script = TEXT_EMPTY;

    assert_non_null(body);
    sbatch_words_add_script(body, &script);
    assert_string_equal(expected, script.bytes);
    text_release(&script);
    json_decref(body);
}

static void a_command_becomes_a_script_that_quotes_its_words(void **state)
{
    (void)state;
    check_script("{\"command\": [\"python3\", \"it's\", \"\", \"$HOME `id` \\\\ *\", "
                 "\"a\\nb\"]}",
                 "#!/bin/sh\nexec 'python3' 'it'\\''s' '' '$HOME `id` \\ *' 'a\nb'\n");
    check_script("{\"script\": \"#!/bin/bash\\necho '$1'\", \"arguments\": [\"x\"]}",
                 "#!/bin/bash\necho '$1'");
}

static void a_job_is_named_as_it_would_be_here(void **state)
{
    static const struct {
        const char *body, *name;
    } names[] = {
        {"{\"name\": \"mine\", \"command\": [\"x\"]}", "mine"},
        {"{\"command\": [\"/usr/bin/python3\", \"x\"]}", "python3"},
        {"{\"command\": [\"/usr/bin/[\"]}", "script"},
        {"{\"script\": \"x\"}", "script"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *body = json_loads(names[i].body, 0, NULL);

        sbatch_words_name(body);
        assert_string_equal(names[i].name,
                            json_string_value(json_object_get(body, "name")));
        json_decref(body);
    }
}

static void what_sbatch_cannot_say_is_named_with_what_to_do(void **state)
{
    static const struct {
        const char *field;
        struct submit_options options;
    } refused[] = {
        {"after", {.after = "3"}},
        {"hold", {.hold = true}},
        {"priority", {.priority = "0"}},
        {"zone", {.zones = "GB"}},
        {"power", {.power = "300W"}},
        {"gpus", {.gpus = "1-2"}},
        {"scaling", {.scaling = "90"}},
        {"project", {.project = "llm"}},
        {"signal", {.signal = "USR1"}},
        {"grace", {.grace = "2m"}},
        {"wait", {.now = true, .wait = true}},
    };
    const struct submit_options fine = {.gpus = "2", .wait = true, .requeue = true};
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(-1, sbatch_words_check(&refused[i].options, &err));
        assert_string_equal(refused[i].field, err.field);
        assert_non_null(strstr(err.text, refused[i].field));
    }
    assert_int_equal(0, sbatch_words_check(&fine, &err));
}

static void the_environment_is_handed_over_as_it_was_captured(void **state)
{
    json_t *body = json_loads("{\"environment\": [\"A=b c\", \"D=\"]}", 0, NULL);
    struct words words;

    (void)state;
    sbatch_words_make_environment(body, &words);
    check_words("A=b c|D=", &words);
    words_release(&words);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission_becomes_the_words_of_sbatch),
        cmocka_unit_test(a_command_becomes_a_script_that_quotes_its_words),
        cmocka_unit_test(a_job_is_named_as_it_would_be_here),
        cmocka_unit_test(what_sbatch_cannot_say_is_named_with_what_to_do),
        cmocka_unit_test(the_environment_is_handed_over_as_it_was_captured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

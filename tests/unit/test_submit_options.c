/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/submit_options.h"

#define WORDS_MAX 16

/* A submission at 2026-11-21 21:15 in Berlin, from /home/ada. */
struct attempt {
    struct submit_options options;
    struct submit_source source;
    char *words[WORDS_MAX + 1];
    char copy[512];
};

static int live_in_berlin(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return 0;
}

static instant utc(const char *text)
{
    instant when;

    assert_int_equal(0, instant_parse(text, &when, NULL));
    return when;
}

/* Parse "a|b|c" as the words behind `penstock submit`. */
static void attempt_init(struct attempt *attempt, const char *line)
{
    static char path[] = "PATH=/usr/bin:/bin", home[] = "HOME=/home/ada", junk[] = "x";
    static char *const environment[] = {path, home, junk, NULL};
    struct error err = {.text = ""};
    bool help = false;
    int count = 0, operands;

    memset(attempt, 0, sizeof(*attempt));
    assert_true(text_copy(attempt->copy, sizeof(attempt->copy), line));
    for (char *at = strtok(attempt->copy, "|"); at; at = strtok(NULL, "|")) {
        assert_true(count < WORDS_MAX);
        attempt->words[count++] = at;
    }
    if (command_parse(&command_submit, count, attempt->words, &attempt->options,
                      &operands, &help, &err)
        < 0)
        fail_msg("%s: %s", line, err.text);
    attempt->source = (struct submit_source){
        .operands = attempt->words + operands,
        .operand_count = count - operands,
        .directory = "/home/ada",
        .environment = environment,
        .now = utc("2026-11-21T20:15:00Z"),
    };
}

static void attempt_release(struct attempt *attempt)
{
    command_release(&command_submit, &attempt->options);
}

static const char captured[] = ",\"directory\":\"/home/ada\",\"environment\":[\"PATH=/"
                               "usr/bin:/bin\",\"HOME=/home/ada\"]}";

/* A command line, and the request that it makes, up to what is captured. */
static const struct {
    const char *line, *body;
} commands_and_bodies[] = {
    {"--|python3|train.py|-x", "{\"command\":[\"python3\",\"train.py\",\"-x\"]"},
    {"--name|run|--project|llm|--queue|training|--|true",
     "{\"name\":\"run\",\"project\":\"llm\",\"queue\":\"training\",\"command\":["
     "\"true\"]"},
    {"--gpus|2|--cpus|4|--mem|8G|--power|300W|--|true",
     "{\"command\":[\"true\"],\"gpus\":2,\"cpus\":4,\"memory\":8589934592,\"power\":"
     "300"},
    {"--gpus|2-8|--power|0.25kW|--|true",
     "{\"command\":[\"true\"],\"gpus\":\"2-8\",\"power\":250"},
    {"--gpus|2-8|--scaling|80%|--|true",
     "{\"command\":[\"true\"],\"gpus\":\"2-8\",\"scaling\":\"80%\""},
    {"--time|3h|--time-limit|6h|--max-wait|1d|--grace|2m|--|true",
     "{\"command\":[\"true\"],\"time\":10800,\"time_limit\":21600,\"max_wait\":86400,"
     "\"grace\":120"},
    {"--deadline|tomorrow 08:00|--begin|+1h|--|true",
     "{\"command\":[\"true\"],\"deadline\":\"2026-11-22T07:00:00Z\",\"begin\":\"2026-"
     "11-21T21:15:00Z\""},
    {"--after|3,4|--priority|-5|--pool|lab,attic|--zone|GB|--|true",
     "{\"command\":[\"true\"],\"pools\":[\"lab\",\"attic\"],\"zones\":[\"GB\"],"
     "\"after\":[3,4],\"priority\":-5"},
    {"--after|3,10-12|--|true", "{\"command\":[\"true\"],\"after\":[3,10,11,12]"},
    {"--mem|1M|--|true", "{\"command\":[\"true\"],\"memory\":1048576"},
    {"--interruptible|--signal|USR1|--requeue|--now|--hold|--array|0-99%4|--|true",
     "{\"signal\":\"USR1\",\"array\":\"0-99%4\",\"interruptible\":true,\"requeue\":"
     "true,\"now\":true,\"held\":true,\"command\":[\"true\"]"},
    {"-o|out-%j|-e|err|--|true",
     "{\"output\":\"out-%j\",\"error\":\"err\",\"command\":[\"true\"]"},
    {"--gpus|1|--gpus|2|--|true", "{\"command\":[\"true\"],\"gpus\":2"},
};

static void a_command_line_becomes_a_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(commands_and_bodies) / sizeof(commands_and_bodies[0]);
         i++) {
        struct error err = {.text = ""};
        struct attempt attempt;
        char expected[1024];
        json_t *body;
        char *text;

        attempt_init(&attempt, commands_and_bodies[i].line);
        body = submit_options_to_json(&attempt.options, &attempt.source, &err);
        if (!body)
            fail_msg("%s: %s", commands_and_bodies[i].line, err.text);
        text = json_dumps(body, JSON_COMPACT);
        snprintf(expected, sizeof(expected), "%s%s", commands_and_bodies[i].body,
                 captured);
        assert_string_equal(expected, text);
        free(text);
        json_decref(body);
        attempt_release(&attempt);
    }
}

static const struct {
    const char *line, *says;
} refused[] = {
    {"--gpus|two|--|true", "--gpus: "},
    {"--gpus|-1|--|true", "--gpus: "},
    {"--gpus|-8|--|true", "--gpus: "},
    {"--cpus|0|--|true", "--cpus: "},
    {"--mem|8X|--|true", "--mem: "},
    {"--mem|0|--|true", "--mem: must be at least 1M"},
    {"--mem|0G|--|true", "--mem: must be at least 1M"},
    {"--mem|1023K|--|true", "--mem: must be at least 1M"},
    {"--mem|100|--|true", "--mem: \"100\" lacks a unit: K, M, G or T"},
    {"--time|3|--|true", "--time: "},
    {"--time-limit|soon|--|true", "--time-limit: "},
    {"--deadline|soon|--|true", "--deadline: "},
    {"--deadline|2026-10-25 02:30|--|true", "happens twice"},
    {"--max-wait|24|--|true", "--max-wait: "},
    {"--power|W|--|true", "--power: "},
    {"--power|300V|--|true", "--power: "},
    {"--after|3,|--|true", "--after: "},
    {"--after|three|--|true", "--after: "},
    {"--after|9-3|--|true", "--after: \"9-3\" is no job id"},
    {"--pool|,lab|--|true", "--pool: "},
    {"--priority|101|--|true", "--priority: "},
    {"--env|PATH|--|true", "--env: write KEY=VALUE, not \"PATH\""},
    {"--env|=x|--|true", "--env: "},
    {"--name|\xff|--|true", "--name is not UTF-8"},
    {"--|\xff", "argument 1 is not UTF-8"},
    {"--hold|--wait|--|true", "what --hold keeps from starting"},
};

static void a_value_that_is_none_is_refused_by_its_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct error err = {.code = ERROR_NONE};
        struct attempt attempt;

        attempt_init(&attempt, refused[i].line);
        if (submit_options_to_json(&attempt.options, &attempt.source, &err))
            fail_msg("%s was taken", refused[i].line);
        assert_int_equal(ERROR_INVALID, err.code);
        if (!strstr(err.text, refused[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", refused[i].line, err.text,
                     refused[i].says);
        attempt_release(&attempt);
    }
}

static void a_job_waits_for_at_most_64_others(void **state)
{
    static const char *const lines[] = {"--after|1-65|--|true",
                                        "--after|1-64,70|--|true",
                                        "--after|1-999999999|--|true"};
    struct attempt attempt;
    struct error err;
    json_t *body;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        attempt_init(&attempt, lines[i]);
        assert_null(submit_options_to_json(&attempt.options, &attempt.source, &err));
        assert_int_equal(ERROR_TOO_LARGE, err.code);
        assert_string_equal("--after: more than 64 jobs at once", err.text);
        attempt_release(&attempt);
    }
    attempt_init(&attempt, "--after|1-64|--|true");
    body = submit_options_to_json(&attempt.options, &attempt.source, &err);
    assert_int_equal(64, json_array_size(json_object_get(body, "after")));
    json_decref(body);
    attempt_release(&attempt);
}

static json_t *submit_script(struct attempt *attempt, const char *script, size_t size,
                             const char *name, struct error *err)
{
    attempt->source.script = script;
    attempt->source.script_size = size;
    attempt->source.script_name = name;
    return submit_options_to_json(&attempt->options, &attempt->source, err);
}

static void a_script_goes_as_text_and_gives_the_name(void **state)
{
    static const char script[] = "#!/bin/sh\necho \"\xc3\xbc\"\n";
    struct attempt attempt;
    json_t *body;

    (void)state;
    attempt_init(&attempt, "--|--epochs|3");
    body = submit_script(&attempt, script, strlen(script), "/srv/jobs/train.sh", NULL);
    assert_non_null(body);
    assert_string_equal(script, json_string_value(json_object_get(body, "script")));
    assert_string_equal("train.sh", json_string_value(json_object_get(body, "name")));
    assert_int_equal(2, json_array_size(json_object_get(body, "arguments")));
    assert_null(json_object_get(body, "command"));
    json_decref(body);
    body = submit_script(&attempt, script, strlen(script), NULL, NULL);
    assert_null(json_object_get(body, "name"));
    json_decref(body);
    body = submit_script(&attempt, script, strlen(script), "my job.sh", NULL);
    assert_null(json_object_get(body, "name"));
    json_decref(body);
    attempt_release(&attempt);
}

static void a_script_that_is_no_text_is_refused(void **state)
{
    static const char nul[] = "#!/bin/sh\n\0\n";
    struct attempt attempt;
    struct error err;

    (void)state;
    attempt_init(&attempt, "--|x");
    assert_null(submit_script(&attempt, nul, sizeof(nul) - 1, NULL, &err));
    assert_non_null(strstr(err.text, "NUL"));
    assert_null(submit_script(&attempt, "\xff\xfe", 2, NULL, &err));
    assert_non_null(strstr(err.text, "not UTF-8"));
    attempt_release(&attempt);
}

static void directories_are_made_absolute(void **state)
{
    static const struct {
        const char *line, *directory;
    } cases[] = {
        {"--|true", "/home/ada"},
        {"--chdir|/srv|--|true", "/srv"},
        {"--chdir|runs/1|--|true", "/home/ada/runs/1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct attempt attempt;
        json_t *body;

        attempt_init(&attempt, cases[i].line);
        body = submit_options_to_json(&attempt.options, &attempt.source, NULL);
        assert_string_equal(cases[i].directory,
                            json_string_value(json_object_get(body, "directory")));
        json_decref(body);
        attempt_release(&attempt);
    }
}

static void an_added_variable_replaces_the_captured_one(void **state)
{
    struct attempt attempt;
    json_t *body;
    char *text;

    (void)state;
    attempt_init(&attempt,
                 "--env|HOME=/a|--env|X=1|--env|HOME=/b|--env|HOMER=|--|true");
    body = submit_options_to_json(&attempt.options, &attempt.source, NULL);
    text = json_dumps(json_object_get(body, "environment"), JSON_COMPACT);
    assert_string_equal("[\"PATH=/usr/bin:/bin\",\"X=1\",\"HOME=/b\",\"HOMER=\"]",
                        text);
    free(text);
    json_decref(body);
    attempt_release(&attempt);
}

static void an_environment_over_its_limit_is_refused_with_its_size(void **state)
{
    static char big[(128 << 10) + 1];
    char *environment[] = {big, NULL};
    struct attempt attempt;
    struct error err;
    json_t *body;

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[1] = '=';
    attempt_init(&attempt, "--|true");
    attempt.source.environment = environment;
    assert_null(submit_options_to_json(&attempt.options, &attempt.source, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    assert_non_null(strstr(err.text, "131073 bytes"));
    big[sizeof(big) - 2] = '\0';
    body = submit_options_to_json(&attempt.options, &attempt.source, NULL);
    assert_non_null(body);
    json_decref(body);
    attempt_release(&attempt);
}

static void only_times_that_need_now_ask_for_it(void **state)
{
    struct attempt attempt;

    (void)state;
    attempt_init(&attempt, "--deadline|+24h|--|true");
    assert_true(submit_options_need_now(&attempt.options));
    attempt_release(&attempt);
    attempt_init(&attempt, "--begin|08:00|--|true");
    assert_true(submit_options_need_now(&attempt.options));
    attempt_release(&attempt);
    attempt_init(&attempt, "--deadline|2026-11-22T08:00Z|--|true");
    assert_false(submit_options_need_now(&attempt.options));
    attempt_release(&attempt);
}

static void options_of_the_command_line_win_over_the_script(void **state)
{
    struct attempt over, under;

    (void)state;
    attempt_init(&over, "--gpus|1|--env|A=2|--|true");
    attempt_init(&under, "--gpus|8|--time|3h|--hold|--env|A=1|--|true");
    command_merge(&command_submit, &over.options, &under.options);
    assert_string_equal("1", over.options.gpus);
    assert_string_equal("3h", over.options.time);
    assert_true(over.options.hold);
    assert_int_equal(2, over.options.environment.count);
    assert_string_equal("A=1", over.options.environment.items[0]);
    assert_string_equal("A=2", over.options.environment.items[1]);
    attempt_release(&over);
    attempt_release(&under);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_line_becomes_a_request),
        cmocka_unit_test(a_value_that_is_none_is_refused_by_its_option),
        cmocka_unit_test(a_job_waits_for_at_most_64_others),
        cmocka_unit_test(a_script_goes_as_text_and_gives_the_name),
        cmocka_unit_test(a_script_that_is_no_text_is_refused),
        cmocka_unit_test(directories_are_made_absolute),
        cmocka_unit_test(an_added_variable_replaces_the_captured_one),
        cmocka_unit_test(an_environment_over_its_limit_is_refused_with_its_size),
        cmocka_unit_test(only_times_that_need_now_ask_for_it),
        cmocka_unit_test(options_of_the_command_line_win_over_the_script),
    };

    return cmocka_run_group_tests(tests, live_in_berlin, NULL);
}

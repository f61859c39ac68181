/* SPDX-License-Identifier: MIT */
#include "queue/job_json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/support/cmocka.h"

struct parsed {
    struct submission *items;
    size_t count;
    bool is_array;
    struct error err;
    int result;
};

static struct parsed parse_bytes(const char *body, size_t size)
{
    struct parsed parsed = {0};

    parsed.result = submissions_parse(body, size, &parsed.items, &parsed.count,
                                      &parsed.is_array, &parsed.err);
    return parsed;
}

static struct parsed parse(const char *body)
{
    return parse_bytes(body, strlen(body));
}

static void release(struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->count; i++)
        submission_release(&parsed->items[i]);
    free(parsed->items);
}

static void a_full_submission_is_read_whole(void **state)
{
    struct parsed parsed = parse(
        "{\"script\": \"#!/bin/sh\\necho\", \"arguments\": [\"a\", \"\"],"
        " \"name\": \"train\", \"project\": \"llm\", \"queue\": \"training\","
        " \"gpus\": \"2-8\", \"scaling\": \"85%\", \"cpus\": 4, \"memory\": "
        "8589934593, \"time\": 10800,"
        " \"time_limit\": 21600, \"deadline\": \"2026-11-22T08:00:00Z\","
        " \"max_wait\": 86400, \"begin\": \"2026-11-21T23:00:00+01:00\","
        " \"power\": 300, \"interruptible\": true, \"signal\": \"USR1\","
        " \"grace\": 120, \"requeue\": true, \"after\": [3, 4, 3],"
        " \"array\": \"5-99%4\", \"pools\": [\"lab\", \"big\"], \"zones\": [\"GB\"],"
        " \"priority\": -3, \"now\": true, \"held\": true,"
        " \"environment\": [\"PATH=/bin\", \"A=\"], \"directory\": \"/home/ada\","
        " \"output\": \"out-%j.txt\", \"error\": \"err-%j.txt\"}");
    struct submission *item = parsed.items;

    (void)state;
    assert_int_equal(parsed.result, 0);
    assert_int_equal(parsed.count, 1);
    assert_false(parsed.is_array);
    assert_string_equal(item->spec.script, "#!/bin/sh\necho");
    assert_int_equal(item->spec.script_size, 14);
    assert_int_equal(item->spec.arguments_size, 3);
    assert_memory_equal(item->spec.arguments, "a\0\0", 3);
    assert_string_equal(item->spec.name, "train");
    assert_string_equal(item->spec.project, "llm");
    assert_string_equal(item->spec.queue, "training");
    assert_int_equal(item->job.gpus, 2);
    assert_int_equal(item->job.gpus_max, 8);
    assert_int_equal(item->job.scaling, 85);
    assert_int_equal(item->job.cpus, 4);
    assert_int_equal(item->job.memory, 8193);
    assert_int_equal(item->job.time, 10800);
    assert_int_equal(item->job.time_limit, 21600);
    assert_int_equal(item->job.deadline, 1795334400);
    assert_int_equal(item->job.begin, 1795298400);
    assert_int_equal(item->job.max_wait, 86400);
    assert_int_equal(item->job.power, 300);
    assert_true(item->job.interruptible);
    assert_int_equal(item->job.signal, SIGUSR1);
    assert_int_equal(item->job.grace, 120);
    assert_true(item->job.requeue);
    assert_int_equal(item->spec.after_count, 2);
    assert_int_equal(item->spec.after[1], 4);
    assert_int_equal(item->array_first, 5);
    assert_int_equal(item->array_last, 99);
    assert_int_equal(item->job.array_limit, 4);
    assert_string_equal(item->spec.pools, "lab,big");
    assert_string_equal(item->spec.zones, "GB");
    assert_int_equal(item->job.priority, -3);
    assert_true(item->job.now);
    assert_true(item->held);
    assert_int_equal(item->spec.environment_size, 13);
    assert_memory_equal(item->spec.environment, "PATH=/bin\0A=\0", 13);
    assert_string_equal(item->spec.directory, "/home/ada");
    assert_string_equal(item->spec.output, "out-%j.txt");
    assert_string_equal(item->spec.error, "err-%j.txt");
    assert_true(item->given.queue && item->given.time && item->given.time_limit
                && item->given.max_wait && item->given.memory && item->given.gpus);
    release(&parsed);
}

static void what_is_left_out_is_at_its_default(void **state)
{
    struct parsed parsed =
        parse("[{\"command\": [\"/opt/my tool.sh\"], \"directory\": \"/\","
              " \"name\": null, \"pools\": [], \"deadline\": null}]");
    struct submission *item = parsed.items;

    (void)state;
    assert_int_equal(parsed.result, 0);
    assert_true(parsed.is_array);
    assert_string_equal(item->spec.name, "my_tool.sh");
    assert_null(item->spec.queue);
    assert_null(item->spec.pools);
    assert_null(item->spec.script);
    assert_null(item->spec.environment);
    assert_null(item->spec.error);
    assert_string_equal(item->spec.output, "penstock-%j.out");
    assert_int_equal(item->job.gpus, 0);
    assert_int_equal(item->job.gpus_max, 0);
    assert_int_equal(item->job.cpus, 1);
    assert_int_equal(item->job.time, 0);
    assert_int_equal(item->job.max_wait, JOB_NO_WAIT_LIMIT);
    assert_int_equal(item->job.deadline, 0);
    assert_int_equal(item->job.signal, SIGTERM);
    assert_int_equal(item->job.grace, JOB_GRACE_DEFAULT);
    assert_true(item->array_first > item->array_last);
    assert_false(item->held || item->job.now || item->job.requeue);
    assert_false(item->given.queue || item->given.time || item->given.time_limit
                 || item->given.max_wait || item->given.memory || item->given.gpus);
    release(&parsed);
}

static void names_are_made_from_commands(void **state)
{
    static const struct {
        const char *command, *name;
    } cases[] = {
        {"python3", "python3"},      {"./run.sh", "run.sh"}, {"/bin/-x", "_x"},
        {"/opt/.hidden", "_hidden"}, {"", "command"},        {"/a/b/", "command"},
        {"a\\u00e9b", "a__b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char body[100];
        struct parsed parsed;

        snprintf(body, sizeof(body), "{\"command\": [\"%s\"], \"directory\": \"/\"}",
                 cases[i].command);
        parsed = parse(body);
        assert_int_equal(parsed.result, 0);
        assert_string_equal(parsed.items->spec.name, cases[i].name);
        release(&parsed);
    }
}

#define JOB "\"command\":[\"a\"],\"directory\":\"/\""

static const struct {
    const char *body, *field;
    enum error_code code;
} broken[] = {
    {"", "", ERROR_INVALID},
    {"{", "", ERROR_INVALID},
    {"7", "", ERROR_INVALID},
    {"[]", "", ERROR_INVALID},
    {"[{" JOB "},]", "jobs[1]", ERROR_INVALID},
    {"[{" JOB "}{" JOB "}]", "", ERROR_INVALID},
    {"[{" JOB "}", "", ERROR_INVALID},
    {"[{" JOB "}],", "", ERROR_INVALID},
    {"[,{" JOB "}]", "jobs[0]", ERROR_INVALID},
    {"[7]", "jobs[0]", ERROR_INVALID},
    {"[[]]", "jobs[0]", ERROR_INVALID},
    {"{" JOB "} x", "", ERROR_INVALID},
    {"[[[[1]]]]", "", ERROR_INVALID},
    {"{" JOB ",\"gpu\":1}", "gpu", ERROR_INVALID},
    {"{" JOB ",\"cpus\":1,\"cpus\":1}", "", ERROR_INVALID},
    {"{\"directory\":\"/\"}", "command", ERROR_INVALID},
    {"{\"command\":null,\"directory\":\"/\"}", "command", ERROR_INVALID},
    {"{\"command\":[\"a\"]}", "directory", ERROR_INVALID},
    {"{" JOB ",\"script\":\"#!/bin/sh\"}", "command", ERROR_INVALID},
    {"{" JOB ",\"arguments\":[]}", "arguments", ERROR_INVALID},
    {"{" JOB ",\"arguments\":[\"b\"]}", "arguments", ERROR_INVALID},
    {"{\"arguments\":[\"b\"]," JOB "}", "command", ERROR_INVALID},
    {"{" JOB ",\"gpus\":-1}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":4097}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":1.5}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":\"8-2\"}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":\"2-\"}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":\"-8\"}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"gpus\":\"0-4\"}", "gpus", ERROR_INVALID},
    {"{" JOB ",\"scaling\":0}", "scaling", ERROR_INVALID},
    {"{" JOB ",\"scaling\":101}", "scaling", ERROR_INVALID},
    {"{" JOB ",\"scaling\":\"90.5%\"}", "scaling", ERROR_INVALID},
    {"{" JOB ",\"scaling\":\"120%\"}", "scaling", ERROR_INVALID},
    {"{" JOB ",\"scaling\":true}", "scaling", ERROR_INVALID},
    {"{" JOB ",\"cpus\":0}", "cpus", ERROR_INVALID},
    {"{" JOB ",\"cpus\":\"1\"}", "cpus", ERROR_INVALID},
    {"{" JOB ",\"memory\":-1}", "memory", ERROR_INVALID},
    {"{" JOB ",\"memory\":0}", "memory", ERROR_INVALID},
    {"{" JOB ",\"memory\":1048575}", "memory", ERROR_INVALID},
    {"{" JOB ",\"memory\":9223372036854775807}", "memory", ERROR_INVALID},
    {"{" JOB ",\"memory\":99999999999999999999}", "", ERROR_INVALID},
    {"{" JOB ",\"time\":0}", "time", ERROR_INVALID},
    {"{" JOB ",\"time\":2592001}", "time", ERROR_INVALID},
    {"{" JOB ",\"time_limit\":\"3h\"}", "time_limit", ERROR_INVALID},
    {"{" JOB ",\"max_wait\":-1}", "max_wait", ERROR_INVALID},
    {"{" JOB ",\"deadline\":1}", "deadline", ERROR_INVALID},
    {"{" JOB ",\"deadline\":\"2026-02-30T00:00:00Z\"}", "deadline", ERROR_INVALID},
    {"{" JOB ",\"begin\":\"1970-01-01T00:00:00Z\"}", "begin", ERROR_INVALID},
    {"{" JOB ",\"power\":0}", "power", ERROR_INVALID},
    {"{" JOB ",\"signal\":\"KILL\"}", "signal", ERROR_INVALID},
    {"{" JOB ",\"signal\":9}", "signal", ERROR_INVALID},
    {"{" JOB ",\"grace\":86401}", "grace", ERROR_INVALID},
    {"{" JOB ",\"requeue\":1}", "requeue", ERROR_INVALID},
    {"{" JOB ",\"after\":[0]}", "after", ERROR_INVALID},
    {"{" JOB ",\"after\":7}", "after", ERROR_INVALID},
    {"{" JOB ",\"array\":\"0-10000\"}", "array", ERROR_TOO_LARGE},
    {"{" JOB ",\"array\":7}", "array", ERROR_INVALID},
    {"{" JOB ",\"pools\":\"lab\"}", "pools", ERROR_INVALID},
    {"{" JOB ",\"pools\":[\"a,b\"]}", "pools", ERROR_INVALID},
    {"{" JOB ",\"zones\":[\"\"]}", "zones", ERROR_INVALID},
    {"{" JOB ",\"priority\":101}", "priority", ERROR_INVALID},
    {"{" JOB ",\"environment\":{}}", "environment", ERROR_INVALID},
    {"{" JOB ",\"environment\":[\"A=1\",2]}", "environment", ERROR_INVALID},
    {"{" JOB ",\"name\":\"a\\u0000b\"}", "", ERROR_INVALID},
    {"{" JOB ",\"name\":\"\xff\"}", "", ERROR_INVALID},
    {"{" JOB ",\"name\":[]}", "name", ERROR_INVALID},
    {"[{" JOB "},{" JOB ",\"cpus\":0}]", "jobs[1].cpus", ERROR_INVALID},
    {"[{" JOB ",\"array\":\"0-9998\"},{" JOB "},{" JOB "}]", "array", ERROR_TOO_LARGE},
};

static void a_broken_submission_names_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        struct parsed parsed = parse(broken[i].body);

        if (parsed.result != -1 || parsed.err.code != broken[i].code
            || strcmp(parsed.err.field, broken[i].field) != 0)
            fail_msg("%s: result %d, field '%s', %s", broken[i].body, parsed.result,
                     parsed.err.field, parsed.err.text);
        assert_null(parsed.items);
    }
}

/* A body of `before`, `count` times `item` with commas between, and `after`. */
static struct parsed parse_many(const char *before, const char *item, size_t count,
                                const char *after)
{
    struct text body = TEXT_EMPTY;
    struct parsed parsed;

    text_add(&body, before);
    for (size_t i = 0; i < count; i++) {
        text_add(&body, i > 0 ? "," : "");
        text_add(&body, item);
    }
    text_add(&body, after);
    parsed = parse_bytes(body.bytes, body.length);
    text_release(&body);
    return parsed;
}

static void what_is_too_large_is_refused_with_its_limit(void **state)
{
    static const struct {
        const char *before, *item;
        size_t fits, too_many;
        const char *after, *field;
    } cases[] = {
        {"[", "{" JOB "}", 10000, 10001, "]", ""},
        {"{" JOB ",\"after\":[", "7", 64, 65, "]}", "after"},
        {"{\"directory\":\"/\",\"command\":[", "\"abc\"", 32768, 32769, "]}",
         "command"},
        {"{" JOB ",\"environment\":[", "\"A=1\"", 32768, 32769, "]}", "environment"},
        {"{" JOB ",\"pools\":[", "\"p\"", 1056, 1057, "]}", "pools"},
        {"{" JOB ",\"x\":[", "[]", 0, 600000, "]}", ""},
        {"{" JOB ",\"x\":[", "\"\"", 0, 1000001, "]}", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct parsed parsed = parse_many(cases[i].before, cases[i].item,
                                          cases[i].too_many, cases[i].after);

        assert_int_equal(parsed.result, -1);
        assert_int_equal(parsed.err.code, ERROR_TOO_LARGE);
        assert_string_equal(parsed.err.field, cases[i].field);
        if (cases[i].fits == 0)
            continue;
        parsed =
            parse_many(cases[i].before, cases[i].item, cases[i].fits, cases[i].after);
        if (parsed.result < 0)
            fail_msg("case %zu: %s", i, parsed.err.text);
        release(&parsed);
    }
}

static void a_body_over_the_limit_is_not_even_read(void **state)
{
    size_t size = REQUEST_BODY_MAX + 1;
    char *body = xcalloc(size, 1);
    struct parsed parsed;

    (void)state;
    memset(body, ' ', size);
    parsed = parse_bytes(body, size);
    assert_int_equal(parsed.err.code, ERROR_TOO_LARGE);
    free(body);
}

static void brackets_in_strings_do_not_nest(void **state)
{
    struct parsed parsed =
        parse("{" JOB ",\"project\":\"[[[[{{\\\"[[[\\\\\",\"cpus\":2}");

    (void)state;
    assert_int_equal(parsed.result, 0);
    assert_int_equal(parsed.items->job.cpus, 2);
    release(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_submission_is_read_whole),
        cmocka_unit_test(what_is_left_out_is_at_its_default),
        cmocka_unit_test(names_are_made_from_commands),
        cmocka_unit_test(a_broken_submission_names_its_field),
        cmocka_unit_test(what_is_too_large_is_refused_with_its_limit),
        cmocka_unit_test(a_body_over_the_limit_is_not_even_read),
        cmocka_unit_test(brackets_in_strings_do_not_nest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

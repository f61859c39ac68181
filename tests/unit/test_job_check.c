/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/job.h"
#include "tests/support/cmocka.h"

static struct job good_job(void)
{
    return (struct job){
        .gpus = 1,
        .gpus_max = 2,
        .cpus = 1,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = JOB_NO_WAIT_LIMIT,
        .submitted = 10 * DAY,
        .signal = SIGTERM,
    };
}

static struct job_spec good_spec(void)
{
    return (struct job_spec){
        .name = xstrdup("train"),
        .queue = xstrdup("training"),
        .pools = xstrdup("lab,big"),
        .arguments = xmemdup("ls\0-l", 6),
        .arguments_size = 6,
        .environment = xmemdup("A=1\0B=", 7),
        .environment_size = 7,
        .directory = xstrdup("/home/ada"),
        .output = xstrdup("o"),
    };
}

static void replace(char **place, const char *with)
{
    free(*place);
    *place = xstrdup(with);
}

static void assert_field(const struct job *job, const struct job_spec *spec,
                         enum error_code code, const char *field)
{
    struct error err = {0};
    int result = job_check(job, spec, &err);

    if (result != (code == ERROR_NONE ? 0 : -1) || err.code != code
        || strcmp(err.field, field) != 0)
        fail_msg("%d instead of %s: %s (%s)", result, field, err.text, err.field);
}

static void a_sound_job_passes(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();

    (void)state;
    assert_field(&job, &spec, ERROR_NONE, "");
    replace(&spec.script, "#!/bin/sh\n");
    spec.script_size = 10;
    free(spec.arguments);
    spec.arguments = NULL;
    spec.arguments_size = 0;
    assert_field(&job, &spec, ERROR_NONE, "");
    job_spec_release(&spec);
}

/* In which neither of the two times forbids the other. */
static struct job roomy_job(void)
{
    struct job job = good_job();

    job.time = 1;
    job.time_limit = 30 * DAY;
    return job;
}

static void a_range_of_gpus_begins_with_one_and_is_not_paused(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();

    (void)state;
    job.gpus_max = 8;
    assert_field(&job, &spec, ERROR_NONE, "");
    job.interruptible = true;
    assert_field(&job, &spec, ERROR_INVALID, "interruptible");
    job.gpus = 8;
    assert_field(&job, &spec, ERROR_NONE, "");
    job.gpus = 0;
    job.interruptible = false;
    assert_field(&job, &spec, ERROR_INVALID, "gpus");
    job_spec_release(&spec);
}

static const struct {
    size_t offset;
    size_t size;
    int64_t below, least, most, above;
    const char *field;
} limits[] = {
#define LIMIT(member) offsetof(struct job, member), sizeof(((struct job *)NULL)->member)
    {LIMIT(gpus_max), 0, 1, 4096, 4097, "gpus"},
    {LIMIT(cpus), 0, 1, 65536, 65537, "cpus"},
    {LIMIT(scaling), -1, 0, 100, 101, "scaling"},
    {LIMIT(power), -1, 0, 10000, 10001, "power"},
    {LIMIT(priority), -101, -100, 100, 101, "priority"},
    {LIMIT(array_limit), -1, 0, 10000, 10001, "array"},
    {LIMIT(memory), -1, 0, JOB_MEMORY_MAX, JOB_MEMORY_MAX + 1, "memory"},
    {LIMIT(time), 0, 1, 30 * DAY, 30 * DAY + 1, "time"},
    {LIMIT(time_limit), 0, 1, 30 * DAY, 30 * DAY + 1, "time_limit"},
    {LIMIT(max_wait), -2, -1, JOB_WAIT_MAX, JOB_WAIT_MAX + 1, "max_wait"},
    {LIMIT(grace), -1, 0, JOB_GRACE_MAX, JOB_GRACE_MAX + 1, "grace"},
    {LIMIT(begin), -1, 0, INSTANT_MAX, INSTANT_MAX + 1, "begin"},
    {LIMIT(deadline), -1, 0, INSTANT_MAX, INSTANT_MAX + 1, "deadline"},
#undef LIMIT
};

static void set_number(struct job *job, size_t offset, size_t size, int64_t value)
{
    int32_t narrow = (int32_t)value;

    assert_true(size == sizeof(narrow) || size == sizeof(value));
    memcpy((char *)job + offset,
           size == sizeof(narrow) ? (const void *)&narrow : (const void *)&value, size);
}

static void every_number_has_limits(void **state)
{
    struct job_spec spec = good_spec();

    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        const int64_t values[] = {limits[i].below, limits[i].least, limits[i].most,
                                  limits[i].above};

        for (size_t j = 0; j < 4; j++) {
            struct job job = roomy_job();
            bool fits = j == 1 || j == 2;

            set_number(&job, limits[i].offset, limits[i].size, values[j]);
            assert_field(&job, &spec, fits ? ERROR_NONE : ERROR_INVALID,
                         fits ? "" : limits[i].field);
        }
    }
    job_spec_release(&spec);
}

static void a_limit_below_the_expected_time_is_refused(void **state)
{
    struct job_spec spec = good_spec();
    struct job job = good_job();

    (void)state;
    job.time_limit = job.time - 1;
    assert_field(&job, &spec, ERROR_INVALID, "time_limit");
    job.time_limit = job.time;
    assert_field(&job, &spec, ERROR_NONE, "");
    job_spec_release(&spec);
}

static void a_deadline_must_leave_room_for_the_expected_time(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();

    (void)state;
    job.deadline = job.submitted + job.time;
    assert_field(&job, &spec, ERROR_NONE, "");
    job.deadline--;
    assert_field(&job, &spec, ERROR_INVALID, "deadline");
    job.deadline = job.submitted + 3 * job.time;
    job.begin = job.submitted + 2 * job.time;
    assert_field(&job, &spec, ERROR_NONE, "");
    job.begin++;
    assert_field(&job, &spec, ERROR_INVALID, "deadline");
    job_spec_release(&spec);
}

static void a_deadline_that_cannot_be_met_is_told_why(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();
    struct error err;

    (void)state;
    job.submitted = 10 * DAY;
    job.deadline = 9 * DAY;
    assert_int_equal(-1, job_check(&job, &spec, &err));
    assert_string_equal("the deadline is past", err.text);
    job.deadline = job.submitted + DAY;
    job.begin = job.submitted + 2 * DAY;
    assert_int_equal(-1, job_check(&job, &spec, &err));
    assert_string_equal("the deadline is not after the time before which the job must "
                        "not begin",
                        err.text);
    job_spec_release(&spec);
}

static void an_interruptible_job_needs_a_signal(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();

    (void)state;
    job.signal = 0;
    assert_field(&job, &spec, ERROR_NONE, "");
    job.interruptible = true;
    assert_field(&job, &spec, ERROR_INVALID, "signal");
    job_spec_release(&spec);
}

static void words_that_could_not_work_are_refused(void **state)
{
    static const struct {
        size_t offset;
        const char *word, *field;
    } cases[] = {
        {offsetof(struct job_spec, name), "", "name"},
        {offsetof(struct job_spec, name), "a b", "name"},
        {offsetof(struct job_spec, name), "-a", "name"},
        {offsetof(struct job_spec, name), "a\n", "name"},
        {offsetof(struct job_spec, project), "../x", "project"},
        {offsetof(struct job_spec, queue), "a23456789b123456789c123456789d123",
         "queue"},
        {offsetof(struct job_spec, pools), "", "pools"},
        {offsetof(struct job_spec, pools), "a,,b", "pools"},
        {offsetof(struct job_spec, pools), "a,", "pools"},
        {offsetof(struct job_spec, pools), "a23456789b123456789c123456789d123",
         "pools"},
        {offsetof(struct job_spec, zones), "G B", "zones"},
        {offsetof(struct job_spec, directory), NULL, "directory"},
        {offsetof(struct job_spec, directory), "home", "directory"},
        {offsetof(struct job_spec, output), "", "output"},
        {offsetof(struct job_spec, error), "", "error"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job job = good_job();
        struct job_spec spec = good_spec();

        replace((char **)(void *)((char *)&spec + cases[i].offset), cases[i].word);
        assert_field(&job, &spec, ERROR_INVALID, cases[i].field);
        job_spec_release(&spec);
    }
}

static void a_path_may_be_as_long_as_the_system_allows(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();
    char *path = xcalloc(JOB_PATH_MAX + 2, 1);

    (void)state;
    memset(path, '/', JOB_PATH_MAX);
    replace(&spec.output, path);
    assert_field(&job, &spec, ERROR_NONE, "");
    path[JOB_PATH_MAX] = '/';
    replace(&spec.output, path);
    assert_field(&job, &spec, ERROR_TOO_LARGE, "output");
    free(path);
    job_spec_release(&spec);
}

static void strings_must_be_whole(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();

    (void)state;
    spec.arguments_size = 5;
    assert_field(&job, &spec, ERROR_INVALID, "command");
    spec.arguments_size = 0;
    assert_field(&job, &spec, ERROR_INVALID, "command");
    spec.arguments_size = 6;
    spec.arguments[0] = '\0';
    assert_field(&job, &spec, ERROR_INVALID, "command");
    spec.arguments[0] = 'l';
    spec.environment_size = 6;
    assert_field(&job, &spec, ERROR_INVALID, "environment");
    spec.environment_size = 7;
    spec.environment[5] = '-';
    assert_field(&job, &spec, ERROR_INVALID, "environment");
    spec.environment[5] = '=';
    spec.environment[4] = '=';
    assert_field(&job, &spec, ERROR_INVALID, "environment");
    job_spec_release(&spec);
}

static void what_is_too_large_is_told_so(void **state)
{
    struct job job = good_job();
    struct job_spec spec = good_spec();
    size_t size = JOB_SCRIPT_MAX + 2;

    (void)state;
    spec.script = xcalloc(size, 1);
    memset(spec.script, '#', size - 1);
    spec.script[1] = '!';
    spec.script_size = JOB_SCRIPT_MAX;
    assert_field(&job, &spec, ERROR_NONE, "");
    spec.script_size++;
    assert_field(&job, &spec, ERROR_TOO_LARGE, "script");
    spec.script_size = JOB_SCRIPT_MAX;
    spec.script[1] = '?';
    assert_field(&job, &spec, ERROR_INVALID, "script");
    free(spec.script);
    spec.script = NULL;
    spec.arguments_size = JOB_ARGUMENTS_MAX + 1;
    assert_field(&job, &spec, ERROR_TOO_LARGE, "command");
    spec.arguments_size = 6;
    spec.environment_size = JOB_ENVIRONMENT_MAX + 1;
    assert_field(&job, &spec, ERROR_TOO_LARGE, "environment");
    spec.environment_size = 7;
    spec.after_count = JOB_AFTER_MAX + 1;
    assert_field(&job, &spec, ERROR_TOO_LARGE, "after");
    spec.after_count = 1;
    assert_field(&job, &spec, ERROR_INVALID, "after");
    job_spec_release(&spec);
}

static void a_job_of_another_scheduler_needs_its_reference_alone(void **state)
{
    struct job job = good_job();
    struct job_spec spec = {.reference = xstrdup("trial/17@500")};

    (void)state;
    assert_field(&job, &spec, ERROR_NONE, "");
    replace(&spec.reference, "");
    assert_field(&job, &spec, ERROR_INVALID, "reference");
    replace(&spec.reference, "a b");
    assert_field(&job, &spec, ERROR_INVALID, "reference");
    replace(&spec.reference, "a\nb");
    assert_field(&job, &spec, ERROR_INVALID, "reference");
    job.gpus = -1;
    replace(&spec.reference, "a");
    assert_field(&job, &spec, ERROR_INVALID, "gpus");
    job_spec_release(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_job_passes),
        cmocka_unit_test(a_range_of_gpus_begins_with_one_and_is_not_paused),
        cmocka_unit_test(every_number_has_limits),
        cmocka_unit_test(a_limit_below_the_expected_time_is_refused),
        cmocka_unit_test(a_deadline_must_leave_room_for_the_expected_time),
        cmocka_unit_test(a_deadline_that_cannot_be_met_is_told_why),
        cmocka_unit_test(an_interruptible_job_needs_a_signal),
        cmocka_unit_test(words_that_could_not_work_are_refused),
        cmocka_unit_test(a_path_may_be_as_long_as_the_system_allows),
        cmocka_unit_test(strings_must_be_whole),
        cmocka_unit_test(a_job_of_another_scheduler_needs_its_reference_alone),
        cmocka_unit_test(what_is_too_large_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/job_view.h"

#include <string.h>

#include "tests/support/cmocka.h"

/* Whether the members of a job that has ended hold this. */
static bool has(const struct job *job, const char *wanted)
{
    struct job_row row = {
        .job = *job, .name = "n", .user = "u", .queue = "q", .pool = ""};
    struct text json = TEXT_EMPTY;
    bool found;

    job_view_add_members(&json, &row, NULL);
    found = strstr(json.bytes, wanted) != NULL;
    if (!found)
        print_error("%s\n", json.bytes);
    text_release(&json);
    return found;
}

static struct job ended(enum job_state state, enum job_cause cause)
{
    return (struct job){.id = 7,
                        .state = state,
                        .cause = cause,
                        .submitted = 1,
                        .eligible = 1,
                        .started = 2,
                        .ended = 3,
                        .memory = 2,
                        .max_wait = JOB_NO_WAIT_LIMIT};
}

static void how_a_command_ended_is_told_only_if_it_was_seen(void **state)
{
    struct job job = ended(JOB_FAILED, JOB_CAUSE_EXIT);

    (void)state;
    job.exit_status = 3;
    assert_true(has(&job, "\"exit_status\":3,\"exit_signal\":null,\"cause\":\"exit\""));
    job.exit_signal = 9;
    assert_true(has(&job, "\"exit_status\":null,\"exit_signal\":9,"));
    job = ended(JOB_FAILED, JOB_CAUSE_LOST);
    assert_true(has(&job, "\"exit_status\":null,\"exit_signal\":null,"));
    job = ended(JOB_CANCELLED, JOB_CAUSE_USER);
    job.started = 0;
    assert_true(has(&job, "\"exit_status\":null,\"exit_signal\":null,"));
    job = ended(JOB_DONE, JOB_CAUSE_EXIT);
    assert_true(has(&job, "\"exit_status\":0,"));
}

static void what_has_no_value_is_null(void **state)
{
    struct job job = ended(JOB_DONE, JOB_CAUSE_EXIT);

    (void)state;
    assert_true(has(&job, "\"latest_start\":null,"));
    assert_true(has(&job, "\"pool\":null,"));
    assert_true(has(&job, "\"project\":null,"));
    assert_true(has(&job, "\"array_id\":null,\"array_index\":null,"));
    assert_true(has(&job, "\"memory\":2097152,"));
    job.array_id = 7;
    assert_true(has(&job, "\"array_id\":7,\"array_index\":0,"));
}

static void a_promise_tells_what_waiting_saves(void **state)
{
    struct job job = {.id = 7, .state = JOB_WAITING, .submitted = 1, .eligible = 1};
    struct reservation reservation = {1795292100, 1795292700, 0, PLAN_GREEN};
    struct plan_figures figures = {
        .has_forecast = true,
        .milligrams_at_once = 2000000,
        .milligrams_planned = 898996,
        .band = {.has_saving = true, .saving_low = -31, .saving_high = 2200}};
    struct job_promise promise = {.id = 7,
                                  .name = "n",
                                  .queue = "q",
                                  .job = &job,
                                  .reservation = &reservation,
                                  .figures = &figures,
                                  .reason = "green"};
    struct text json = TEXT_EMPTY;

    (void)state;
    job.max_wait = JOB_NO_WAIT_LIMIT;
    job_view_add_promise(&json, &promise);
    assert_string_equal(
        json.bytes,
        "{\"id\":7,\"name\":\"n\",\"state\":\"waiting\",\"queue\":\"q\","
        "\"planned_start\":\"2026-11-21T20:15:00Z\",\"latest_start\":null,"
        "\"saving_kg\":1.101004,\"saving_low_kg\":-0.031,"
        "\"saving_high_kg\":2.2,\"saving_percent\":55.1,\"reason\":\"green\","
        "\"late\":false,\"may_pause\":false,\"slurm\":null}");
    text_clear(&json);
    promise.may_pause = true;
    figures.has_forecast = false;
    reservation.reason = PLAN_LATE;
    job_view_add_promise(&json, &promise);
    assert_non_null(strstr(json.bytes,
                           "\"saving_kg\":null,\"saving_low_kg\":null,\"saving_high_"
                           "kg\":null,\"saving_percent\":null,"));
    assert_non_null(strstr(json.bytes, "\"late\":true,\"may_pause\":true,"));
    text_release(&json);
}

static void lists_of_words_are_arrays(void **state)
{
    struct text json = TEXT_EMPTY;

    (void)state;
    job_view_add_strings(&json, NULL, "a\0\0b c", 7);
    job_view_add_names(&json, NULL, "lab,far");
    job_view_add_names(&json, NULL, NULL);
    assert_string_equal(json.bytes, "[\"a\",\"\",\"b c\"],[\"lab\",\"far\"],[]");
    text_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_command_ended_is_told_only_if_it_was_seen),
        cmocka_unit_test(what_has_no_value_is_null),
        cmocka_unit_test(a_promise_tells_what_waiting_saves),
        cmocka_unit_test(lists_of_words_are_arrays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

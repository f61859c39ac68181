/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/job_text.h"
#include "tests/support/answers.h"

#define PLAN                                                                           \
    "\"pool\":\"lab\",\"zone\":\"GB\",\"now_g\":312.0,\"planned_g\":141.0,"            \
    "\"planned_low_g\":112.4,\"planned_high_g\":180.0,"                                \
    "\"saving_kg\":1.2,\"saving_percent\":55.1,\"has_forecast\":true,"                 \
    "\"planned_start\":\"2026-11-22T01:30:00Z\",\"latest_start\":"                     \
    "\"2026-11-22T05:00:00Z\""
#define JOB(members) "{\"id\":7,\"name\":\"train\"," members "}"
#define WAITING(reason, members)                                                       \
    JOB("\"state\":\"waiting\",\"reason\":\"" reason                                   \
        "\",\"plan\":{\"reason\":\"" reason "\"," members "}")

/* What a job is, and what `why` must say of it. */
static const struct {
    const char *job, *says[5];
} whys[] = {
    {WAITING("green", PLAN),
     {"Job 7 (train) waits for cleaner power. Now the grid in GB is at 312 g/kWh. It "
      "is "
      "planned for tomorrow 02:30 in the pool lab at 141 g/kWh (112 to 180 in "
      "four of five cases), which saves 1.2 kg "
      "(55 %). Its latest start is tomorrow 06:00."}},
    {WAITING("green", PLAN ",\"saving_low_kg\":0.4,\"saving_high_kg\":2.0"),
     {"which saves 1.2 kg (55 %), in four of five cases 400 g to 2.0 kg. Its latest"}},
    {WAITING("green", PLAN ",\"saving_low_kg\":-0.3,\"saving_high_kg\":2.7"),
     {"(55 %), in four of five cases -300 g to 2.7 kg, where below 0 it costs more."}},
    {WAITING("green-now", PLAN ",\"saving_low_kg\":1.2,\"saving_high_kg\":1.2"),
     {"which saves 1.2 kg (55 %). Its latest"}},
    {WAITING("capacity", PLAN ",\"first_room\":\"2026-11-22T01:30:00Z\",\"cleanest\":"
                              "\"2026-11-22T00:00:00Z\",\"blocked_by\":[3,5]"),
     {"waits for room",
      "There is no room before tomorrow 02:30: it is taken by jobs 3 "
      "and 5.",
      "tomorrow 01:00 would be cleanest"}},
    {WAITING("capacity", PLAN ",\"first_room\":\"2026-11-22T01:30:00Z\",\"blocked_by\":"
                              "[1,2,3,4,5,6]"),
     {"taken by jobs 1, 2, 3 and 3 more"}},
    {WAITING("green",
             PLAN ",\"first_room\":\"2026-11-21T20:15:00Z\",\"blocked_by\":[]"),
     {"\"penstock update 7 --now\" would start it"}},
    {WAITING("drained", "\"planned_start\":null"),
     {"nothing starts there until an administrator"}},
    {JOB("\"slurm\":\"17\",\"state\":\"waiting\",\"reason\":\"drained\""),
     {"is drained in Penstock", "Slurm starts it at its latest start all the same"}},
    {WAITING("user-limit", "\"planned_start\":null,\"limit\":\"user-limit\""),
     {"its owner already holds as many GPUs as the queue lets one user hold"}},
    {WAITING("array-limit", "\"planned_start\":null,\"limit\":\"array-limit\""),
     {"as many jobs of its array run as may at once"}},
    {WAITING("green", PLAN ",\"limit\":\"user-limit\""),
     {"waits for cleaner power",
      "It may start later than planned: its owner now holds as many GPUs"}},
    {WAITING("green", PLAN ",\"limit\":\"array-limit\""),
     {"It may start later than planned: as many jobs of its array"}},
    {JOB("\"state\":\"waiting\",\"gpus\":2,\"gpus_max\":8,\"plan\":{\"reason\":"
         "\"green\"," PLAN "}"),
     {"It is planned with 2 GPUs, and has up to 8 if more are free at its start"}},
    {JOB("\"state\":\"running\",\"gpus\":6,\"gpus_min\":2,\"gpus_max\":8,\"scaling\":"
         "90,"
         "\"time\":36000,\"expected_time\":3600,\"started\":\"2026-11-21T20:00:00Z\""),
     {"with 6 of 2-8 GPUs, and is expected to end 22:00"}},
    {JOB("\"state\":\"waiting\",\"gpus\":4,\"plan\":{\"reason\":\"beyond-horizon\","
         "\"gpus_usable\":2}"),
     {"It asks for 4 GPUs, and no pool for it has more than 2 that can be used now: "
      "\"penstock nodes\" tells why."}},
    {WAITING("drained", "\"planned_start\":null"),
     {"all pools that it may run in are drained"}},
    {WAITING("asleep", PLAN), {"is due; its pool was asleep"}},
    {WAITING("handed-over", "\"planned_start\":null"),
     {"is handed over to Slurm, which starts it as soon as it has room"}},
    {WAITING("waking", PLAN), {"starts when its pool has woken"}},
    {JOB("\"state\":\"running\",\"gpus\":1,"
         "\"idle_since\":\"2026-11-21T18:15:00Z\""),
     {"is running. Its GPU has stood idle since 19:15: "
      "\"penstock cancel 7\" would give it to others."}},
    {JOB("\"state\":\"running\",\"gpus\":2,"
         "\"idle_since\":\"2026-11-21T18:15:00Z\""),
     {"Its 2 GPUs have stood idle since", "would give them to others"}},
    {JOB("\"state\":\"failed\",\"cause\":\"idle\",\"exit_signal\":15"),
     {"failed (stopped because its GPUs stood idle)"}},
    {JOB("\"state\":\"failed\",\"cause\":\"memory\",\"exit_signal\":9"),
     {"failed (out of memory: it took more than it asked for)"}},
    {WAITING("green-now", PLAN), {"as clean as it gets"}},
    {WAITING("ramp", PLAN), {"as many jobs as may start at once"}},
    {WAITING("urgent", PLAN), {"its latest start leaves no choice"}},
    {WAITING("at-once", PLAN), {"does not wait for green power"}},
    {WAITING("small-saving", PLAN), {"would save less than its queue asks for"}},
    {WAITING("late", PLAN), {"is late", "no room for it before its latest start"}},
    {WAITING("no-forecast", "\"has_forecast\":false,\"planned_start\":"
                            "\"2026-11-21T20:15:00Z\",\"now_g\":0"),
     {"no forecast covers now", "It is planned for 21:15."}},
    {WAITING("beyond-horizon", "\"planned_start\":null"),
     {"has no planned start", "no latest start: neither a deadline"}},
    {JOB("\"state\":\"waiting\",\"begin\":\"2026-11-22T07:00:00Z\",\"plan\":{"
         "\"reason\":\"not-before\"}"),
     {"must not begin, tomorrow 08:00"}},
    {WAITING("green", PLAN ",\"synthetic\":true"), {"THE FORECAST IS SYNTHETIC"}},
    {JOB("\"slurm\":\"17_3\",\"state\":\"held\",\"reason\":\"held\""),
     {"Job 7 (train, 17_3 in Slurm) is left to Slurm"}},
    {JOB("\"state\":\"held\",\"reason\":\"held\""),
     {"is held", "\"penstock release 7\""}},
    {JOB("\"state\":\"waiting\",\"reason\":\"after\",\"after\":[3,4]"),
     {"starts only after jobs 3 and 4 ended well"}},
    {JOB("\"state\":\"running\",\"started\":\"2026-11-21T19:00:00Z\",\"pool\":\"lab\""),
     {"is running in the pool lab since 20:00."}},
    {JOB("\"state\":\"running\",\"started\":\"2026-11-21T19:00:00Z\",\"time\":7200,"
         "\"ran\":600"),
     {"is running since 20:00, and is expected to end 21:50."}},
    {JOB("\"state\":\"running\",\"started\":\"2026-11-21T19:00:00Z\",\"time\":600"),
     {"is running since 20:00."}},
    {JOB("\"state\":\"starting\",\"started\":null,\"pool\":\"lab\",\"time\":600"),
     {"is being started in the pool lab."}},
    {JOB("\"state\":\"failed\",\"cause\":\"not-started\",\"events\":["
         "{\"event\":\"start-failed\",\"text\":\"no room\"},"
         "{\"event\":\"broke\",\"text\":\"cannot write to '/x': No such file\"}]"),
     {"failed (it could not be started: cannot write to '/x': No such file)."}},
    {JOB("\"state\":\"failed\",\"cause\":\"lost\",\"events\":["
         "{\"event\":\"broke\",\"text\":\"GPU 0 was lost\"}]"),
     {"failed (its machine, GPU or runner was lost: GPU 0 was lost)."}},
    {JOB("\"state\":\"cancelled\",\"cause\":\"user\",\"events\":["
         "{\"event\":\"broke\",\"text\":\"of an earlier attempt\"}]"),
     {"was cancelled (by a user)."}},
    {JOB("\"state\":\"cancelled\",\"cause\":null,\"dry_run\":true"),
     {"was cancelled (the dry run is over)."}},
    {JOB("\"state\":\"paused\",\"plan\":{\"reason\":\"green\"," PLAN "}"),
     {"is paused, and waits for cleaner power"}},
    {JOB("\"state\":\"paused\",\"ran\":7800,\"plan\":{\"reason\":\"green\"," PLAN "},"
         "\"events\":[{\"event\":\"pausing\",\"at\":\"2026-11-21T13:10:00Z\",\"g\":312."
         "0},"
         "{\"event\":\"paused\"}]"),
     {"is paused at 312 g/kWh since 14:10 after 2h10m of work, and waits for cleaner",
      "It resumes tomorrow 02:30", "Its latest resume is"}},
    {JOB("\"state\":\"waiting\",\"ran\":7800,\"plan\":{\"reason\":\"green\"," PLAN "}"),
     {"was paused after 2h10m of work, and waits", "Its latest start is"}},
    {JOB("\"state\":\"pausing\",\"plan\":{\"reason\":null," PLAN "},\"events\":["
         "{\"event\":\"pausing\",\"at\":\"2026-11-21T13:10:00Z\",\"g\":312.0}]"),
     {"is told to pause at 312 g/kWh since 14:10, and has its grace",
      "It resumes tomorrow 02:30 at 141 g/kWh."}},
    {JOB("\"state\":\"done\",\"ended\":\"2026-11-21T19:00:00Z\",\"exit_status\":0"),
     {"Job 7 (train) is done; it ended 20:00."}},
    {JOB("\"state\":\"failed\",\"cause\":\"exit\",\"exit_status\":3"),
     {"Job 7 (train) failed (exit status 3)."}},
    {JOB("\"state\":\"failed\",\"cause\":\"exit\",\"exit_signal\":9"),
     {"failed (killed by signal 9)"}},
    {JOB("\"state\":\"cancelled\",\"cause\":\"dependency\""),
     {"was cancelled (a job before it did not end well)"}},
    {WAITING("invented-later", PLAN), {"Job 7 (train) waits. Now"}},
};

static void why_has_an_answer_for_every_job(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
        json_t *job = load_answer(whys[i].job);
        struct text text = TEXT_EMPTY;

        job_text_add_why(job, now_in_tests(), &text);
        for (size_t j = 0; j < 5 && whys[i].says[j]; j++)
            if (!strstr(text.bytes, whys[i].says[j]))
                fail_msg("\"%s\" does not say \"%s\"", text.bytes, whys[i].says[j]);
        text_release(&text);
        json_decref(job);
    }
}

static void a_start_that_is_planned_has_its_room(void **state)
{
    json_t *job =
        load_answer(WAITING("green", PLAN ",\"first_room\":\"2026-11-22T04:00:00Z\""));
    struct text text = TEXT_EMPTY;

    (void)state;
    job_text_add_why(job, now_in_tests(), &text);
    assert_non_null(strstr(text.bytes, "planned for tomorrow 02:30"));
    assert_null(strstr(text.bytes, "no room"));
    text_release(&text);
    json_decref(job);
}

static void a_late_job_misses_its_deadline_only_if_it_has_one_and_does(void **state)
{
    static const struct {
        const char *members;
        bool misses;
    } cases[] = {
        {"\"deadline\":null", false},
        {"\"deadline\":\"2026-11-22T02:30:00Z\"", false},
        {"\"deadline\":\"2026-11-22T02:29:59Z\"", true},
        {"\"deadline\":\"2026-11-22T02:29:59Z\",\"ran\":60", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text members = TEXT_EMPTY, text = TEXT_EMPTY;
        json_t *job;

        text_add_format(&members,
                        JOB("\"state\":\"waiting\",\"late\":true,\"time_limit\":3600,"
                            "\"plan\":{\"reason\":\"late\"," PLAN "},%s"),
                        cases[i].members);
        job = load_answer(members.bytes);
        job_text_add_why(job, now_in_tests(), &text);
        assert_true(cases[i].misses
                    == (strstr(text.bytes, "ends after its deadline") != NULL));
        text_release(&members);
        text_release(&text);
        json_decref(job);
    }
}

static void without_a_forecast_no_number_of_one_is_told(void **state)
{
    json_t *job =
        load_answer(WAITING("no-forecast", "\"has_forecast\":false,\"now_g\":0,"
                                           "\"planned_g\":0,\"saving_kg\":0"));
    struct text text = TEXT_EMPTY;

    (void)state;
    job_text_add_why(job, now_in_tests(), &text);
    assert_null(strstr(text.bytes, "g/kWh"));
    assert_null(strstr(text.bytes, "saves"));
    text_release(&text);
    json_decref(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_has_an_answer_for_every_job),
        cmocka_unit_test(a_start_that_is_planned_has_its_room),
        cmocka_unit_test(a_late_job_misses_its_deadline_only_if_it_has_one_and_does),
        cmocka_unit_test(without_a_forecast_no_number_of_one_is_told),
    };

    return cmocka_run_group_tests(tests, live_in_berlin, NULL);
}

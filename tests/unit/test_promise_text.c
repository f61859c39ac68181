/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "cli/promise_text.h"
#include "tests/support/answers.h"

#define JOB(members) "{\"id\":7,\"name\":\"train\"," members "}"

static const struct {
    const char *job, *line;
} submitted[] = {
    {JOB("\"planned_start\":\"2026-11-22T01:30:00Z\",\"latest_start\":\"2026-11-22T05:"
         "00:00Z\",\"saving_kg\":1.2,\"saving_percent\":55.1,\"reason\":\"green\","
         "\"late\":false"),
     "job 7 (train): planned tomorrow 02:30, latest start tomorrow 06:00, saves 1.2 kg "
     "(55 %)\n"},
    {JOB("\"planned_start\":\"2026-11-21T20:15:00Z\",\"latest_start\":null,\"reason\":"
         "\"at-once\""),
     "job 7 (train): planned now\n"},
    {JOB("\"planned_start\":null,\"reason\":\"held\""),
     "job 7 (train): held until it is released\n"},
    {JOB("\"planned_start\":null,\"reason\":\"beyond-horizon\""),
     "job 7 (train): no start planned yet, there is no room within the horizon\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"reason\":\"urgent\",\"late\":"
         "true"),
     "job 7 (train): LATE, planned 22:00\n  It would end after its deadline if it ran "
     "to its time limit.\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"saving_kg\":-0.25,"
         "\"saving_percent\":-12.0"),
     "job 7 (train): planned 22:00, costs 250 g more (12 %)\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"saving_kg\":0.000213,"
         "\"saving_percent\":41.2"),
     "job 7 (train): planned 22:00, saves less than 1 g (41 %)\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"saving_kg\":-0.000001,"
         "\"saving_percent\":-3.1"),
     "job 7 (train): planned 22:00, costs less than 1 g more (3 %)\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"saving_kg\":0.0,"
         "\"saving_percent\":0.0"),
     "job 7 (train): planned 22:00, saves nothing\n"},
    {JOB("\"planned_start\":\"2026-11-21T21:00:00Z\",\"may_pause\":true"),
     "job 7 (train): planned 22:00\n  It may be paused in dirty hours.\n"},
    {"{\"id\":null,\"name\":\"train\",\"planned_start\":\"2026-11-21T21:00:00Z\"}",
     "train: planned 22:00\n"},
    {JOB("\"slurm\":\"17_3\",\"planned_start\":\"2026-11-21T21:00:00Z\""),
     "job 7 (train, 17_3 in Slurm): planned 22:00\n"},
    {"{\"id\":null,\"name\":\"train\",\"slurm\":\"17\",\"latest_start\":"
     "\"2026-11-22T05:00:00Z\"}",
     "job 17 in Slurm (train): Slurm starts it by tomorrow 06:00 at the latest\n"},
    {"{\"id\":null,\"name\":\"train\",\"slurm\":\"17\",\"latest_start\":null}",
     "job 17 in Slurm (train): Slurm starts it as soon as there is room\n"},
};

static void a_submission_is_told_in_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(submitted) / sizeof(submitted[0]); i++) {
        json_t *job = load_answer(submitted[i].job);
        struct text text = TEXT_EMPTY;

        promise_text_add(job, now_in_tests(), &text);
        assert_string_equal(submitted[i].line, text.bytes);
        text_release(&text);
        json_decref(job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission_is_told_in_one_line),
    };

    return cmocka_run_group_tests(tests, live_in_berlin, NULL);
}

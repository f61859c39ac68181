/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "cli/event_text.h"
#include "cli/figures.h"

#define JOB                                                                            \
    "{\"priority\":-5,\"deadline\":\"2026-11-22T07:00:00Z\",\"max_wait\":14400,"       \
    "\"time_limit\":7200}"

static const struct {
    const char *job, *event;
    bool is_last;
    const char *words;
} events[] = {
    {JOB, "{\"event\":\"submitted\"}", true, "submitted"},
    {JOB, "{\"event\":\"priority-set\"}", true, "priority set to -5"},
    {JOB, "{\"event\":\"priority-set\"}", false, "priority changed"},
    {JOB, "{\"event\":\"deadline-set\"}", true, "deadline set to tomorrow 07:00"},
    {"{\"deadline\":null}", "{\"event\":\"deadline-set\"}", true, "deadline removed"},
    {JOB, "{\"event\":\"max-wait-set\"}", true, "longest wait set to 4h"},
    {"{}", "{\"event\":\"max-wait-set\"}", true, "longest wait removed"},
    {JOB, "{\"event\":\"time-limit-set\",\"text\":\"in Slurm\"}", true,
     "time limit set to 2h: in Slurm"},
    {JOB, "{\"event\":\"time-limit-set\",\"text\":\"in Slurm\"}", false,
     "time limit changed: in Slurm"},
    {JOB, "{\"event\":\"now-set\"}", true, "no longer waits for green power"},
    {JOB, "{\"event\":\"finished\",\"cause\":\"exit\",\"exit_status\":1}", true,
     "ended with exit status 1"},
    {JOB, "{\"event\":\"finished\",\"cause\":\"time-limit\",\"exit_signal\":15}", true,
     "ended, at its time limit"},
    {JOB, "{\"event\":\"broke\",\"cause\":\"exit\",\"exit_status\":3}", true,
     "ended with exit status 3"},
    {JOB, "{\"event\":\"requeued\",\"cause\":null,\"text\":\"requeued in Slurm\"}",
     true, "queued again: requeued in Slurm"},
    {JOB, "{\"event\":\"late\",\"text\":\"no room\"}", true, "late: no room"},
    {JOB, "{\"event\":\"pausing\",\"g\":312.0,\"text\":\"at 312 g/kWh\"}", true,
     "told to pause: at 312 g/kWh"},
    {JOB, "{\"event\":\"paused\",\"cause\":\"exit\",\"exit_status\":75}", true,
     "paused with exit status 75"},
    {JOB, "{\"event\":\"not-known-yet\"}", true, "not-known-yet"},
};

static void an_event_is_told_in_words(void **state)
{
    instant now = 0;

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(0, instant_parse("2026-11-21T20:15:00Z", &now, NULL));
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        json_t *job = json_loads(events[i].job, 0, NULL);
        json_t *event = json_loads(events[i].event, 0, NULL);
        struct text text = TEXT_EMPTY;

        event_text_add(job, event, events[i].is_last, now, &text);
        assert_string_equal(events[i].words, text.bytes);
        text_release(&text);
        json_decref(event);
        json_decref(job);
    }
}

static void little_energy_is_told_in_watt_hours(void **state)
{
    static const struct {
        double kwh;
        const char *text;
    } cases[] = {
        {8e-6, "0.008 Wh"}, {0, "0 Wh"},        {8e-10, "0 Wh"},
        {0.25, "250 Wh"},   {1.25, "1.25 kWh"}, {12345, "12345 kWh"},
    };
    char text[FIGURE_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(cases[i].text, figure_format_energy(cases[i].kwh, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_told_in_words),
        cmocka_unit_test(little_energy_is_told_in_watt_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

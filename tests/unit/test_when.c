/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "base/when.h"

#define BERLIN  "Europe/Berlin"
#define NEWYORK "America/New_York"

static void live_in(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static instant utc(const char *text)
{
    instant when;

    assert_int_equal(0, instant_parse(text, &when, NULL));
    return when;
}

/* Local times, and the moment that each is at `now`. */
static const struct {
    const char *zone, *now, *text, *when;
} readable[] = {
    {BERLIN, "2026-11-21T20:15:00Z", "now", "2026-11-21T20:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "+24h", "2026-11-22T20:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "+1h30m", "2026-11-21T21:45:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "24h", "2026-11-22T20:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "1d12h", "2026-11-23T08:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "+1-12:00:00", "2026-11-23T08:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "22:00", "2026-11-21T21:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "21:15", "2026-11-21T20:15:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "21:14", "2026-11-22T20:14:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "8:00", "2026-11-22T07:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "08:00:30", "2026-11-22T07:00:30Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "today 23:00", "2026-11-21T22:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "today 01:00", "2026-11-21T00:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "tomorrow 08:00", "2026-11-22T07:00:00Z"},
    {BERLIN, "2026-12-31T20:15:00Z", "tomorrow 08:00", "2027-01-01T07:00:00Z"},
    /* It is Sunday already in Berlin. */
    {BERLIN, "2026-11-21T23:30:00Z", "tomorrow 08:00", "2026-11-23T07:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22", "2026-11-21T23:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-07-01", "2026-06-30T22:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22 08:00", "2026-11-22T07:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22T08:00", "2026-11-22T07:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22 08:00:59.9", "2026-11-22T07:00:59Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22T08:00Z", "2026-11-22T08:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22T08:00-05:00", "2026-11-22T13:00:00Z"},
    {BERLIN, "2026-11-21T20:15:00Z", "2028-02-29 00:00", "2028-02-28T23:00:00Z"},
    {NEWYORK, "2026-11-21T20:15:00Z", "22:00", "2026-11-22T03:00:00Z"},
    {NEWYORK, "2026-07-01T12:00:00Z", "2026-07-01 09:00", "2026-07-01T13:00:00Z"},
    {"UTC", "2026-11-21T20:15:00Z", "22:00", "2026-11-21T22:00:00Z"},
    {"Asia/Kolkata", "2026-11-21T20:15:00Z", "06:00", "2026-11-22T00:30:00Z"},
    /* On either side of the jumps, and when only one of the two readings is to come. */
    {BERLIN, "2026-03-28T20:00:00Z", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},
    {BERLIN, "2026-03-28T20:00:00Z", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
    {BERLIN, "2026-10-24T20:00:00Z", "2026-10-25 01:59", "2026-10-24T23:59:00Z"},
    {BERLIN, "2026-10-24T20:00:00Z", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
    {BERLIN, "2026-10-25T00:45:00Z", "02:30", "2026-10-25T01:30:00Z"},
    {BERLIN, "2026-10-25T02:00:00Z", "02:30", "2026-10-26T01:30:00Z"},
    {BERLIN, "2026-03-29T01:10:00Z", "02:30", "2026-03-30T00:30:00Z"},
    {BERLIN, "2026-10-25T00:10:00Z", "2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z"},
};

static void a_moment_is_read_in_local_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        char text[INSTANT_TEXT_SIZE];
        struct error err = {.text = "no error"};
        instant when = 0;

        live_in(readable[i].zone);
        if (when_parse(readable[i].text, utc(readable[i].now), &when, &err) < 0)
            fail_msg("%s in %s: %s", readable[i].text, readable[i].zone, err.text);
        if (when != utc(readable[i].when))
            fail_msg("%s in %s at %s is %s, not %s", readable[i].text, readable[i].zone,
                     readable[i].now, instant_format(when, text), readable[i].when);
    }
}

static const struct {
    const char *text, *when; /* NULL: refused */
} past[] = {
    {"today", "2026-11-20T23:00:00Z"},
    {"yesterday", "2026-11-19T23:00:00Z"},
    {"today 08:00", "2026-11-21T07:00:00Z"},
    {"yesterday 08:00", "2026-11-20T07:00:00Z"},
    {"-7d", "2026-11-14T20:15:00Z"},
    {"-1h30m", "2026-11-21T18:45:00Z"},
    {"2026-11-01", "2026-10-31T23:00:00Z"},
    {"now", "2026-11-21T20:15:00Z"},
    {"7d", NULL},
    {"-7", NULL},
    {"-", NULL},
    {"-99999d", NULL},
    {"yesterdays", NULL},
    {"yesterday 25:00", NULL},
};

static void the_past_has_words_of_its_own(void **state)
{
    (void)state;
    live_in(BERLIN);
    for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        instant when = 42;
        int result =
            when_parse_past(past[i].text, utc("2026-11-21T20:15:00Z"), &when, NULL);

        if (result != (past[i].when ? 0 : -1))
            fail_msg("\"%s\": %d", past[i].text, result);
        if (when != (past[i].when ? utc(past[i].when) : 42))
            fail_msg("\"%s\" is not %s", past[i].text, past[i].when);
    }
}

/* What is refused, and what the refusal must say. */
static const struct {
    const char *zone, *now, *text, *says[3];
} refused[] = {
    {BERLIN,
     "2026-10-24T20:00:00Z",
     "2026-10-25 02:30",
     {"02:30 happens twice on 2026-10-25", "02:30 CEST is 2026-10-25T02:30+02:00",
      "02:30 CET is 2026-10-25T02:30+01:00"}},
    {BERLIN,
     "2026-10-24T20:00:00Z",
     "02:30",
     {"happens twice", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"}},
    {BERLIN, "2026-10-24T20:00:00Z", "tomorrow 02:00", {"happens twice", "", ""}},
    {BERLIN, "2026-10-24T20:00:00Z", "2026-10-25 02:59:59", {"happens twice", "", ""}},
    {BERLIN,
     "2026-03-28T20:00:00Z",
     "2026-03-29 02:30",
     {"02:30 does not exist on 2026-03-29", "2026-03-29T02:30+01:00 is 03:30 CEST",
      "2026-03-29T02:30+02:00 is 01:30 CET"}},
    {BERLIN, "2026-03-28T20:00:00Z", "tomorrow 02:00", {"does not exist", "", ""}},
    {BERLIN, "2026-03-28T20:00:00Z", "02:30", {"does not exist", "", ""}},
    {NEWYORK,
     "2026-03-07T20:00:00Z",
     "2026-03-08 02:30",
     {"does not exist", "2026-03-08T02:30-05:00 is 03:30 EDT",
      "2026-03-08T02:30-04:00 is 01:30 EST"}},
    {NEWYORK,
     "2026-10-31T20:00:00Z",
     "2026-11-01T01:30",
     {"happens twice", "01:30 EDT is 2026-11-01T01:30-04:00",
      "01:30 EST is 2026-11-01T01:30-05:00"}},
    {BERLIN, "2026-11-21T20:00:00Z", "tomorrow", {"tomorrow 08:00", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "today", {"today 08:00", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "soon", {"'soon' is no time", "+24h", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "24:00", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "12:60", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "12:3", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "12:30 ", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "2026-02-30", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "2027-02-29", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "2026-13-01", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "2026-11-22x", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "2026-11-22 08:00 CET", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "1969-12-31 08:00", {"1970", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "+24", {"", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "24", {"no time", "+24h", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "30m1h", {"not a duration", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "1-12:00:00", {"no time", "", ""}},
    {BERLIN, "2026-11-21T20:00:00Z", "tomorrowish 08:00", {"no time", "", ""}},
};

static void a_moment_that_is_not_one_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct error err = {.code = ERROR_NONE};
        instant when = 42;

        live_in(refused[i].zone);
        if (when_parse(refused[i].text, utc(refused[i].now), &when, &err) == 0)
            fail_msg("\"%s\" was taken", refused[i].text);
        assert_int_equal(ERROR_INVALID, err.code);
        assert_int_equal(42, when);
        for (size_t j = 0; j < 3; j++)
            if (!strstr(err.text, refused[i].says[j]))
                fail_msg("\"%s\": \"%s\" does not say \"%s\"", refused[i].text,
                         err.text, refused[i].says[j]);
    }
}

static const struct {
    const char *zone, *now, *when, *text, *short_text;
} shown[] = {
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-21T21:00:00Z", "22:00", "22:00"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-21T00:00:00Z", "01:00", "01:00"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-22T01:30:00Z", "tomorrow 02:30",
     "Sun 02:30"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-23T01:30:00Z", "Mon 02:30", "Mon 02:30"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-27T22:59:00Z", "Fri 23:59", "Fri 23:59"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-27T23:00:00Z", "2026-11-28 00:00",
     "2026-11-28"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-20T20:15:00Z", "yesterday 21:15",
     "Fri 21:15"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-19T20:15:00Z", "2026-11-19 21:15",
     "Thu 21:15"},
    {BERLIN, "2026-11-21T20:15:00Z", "2026-11-14T20:15:00Z", "2026-11-14 21:15",
     "2026-11-14"},
    /* Which of the two it is must be said. */
    {BERLIN, "2026-10-24T20:15:00Z", "2026-10-25T00:30:00Z", "tomorrow 02:30 CEST",
     "Sun 02:30 CEST"},
    {BERLIN, "2026-10-24T20:15:00Z", "2026-10-25T01:30:00Z", "tomorrow 02:30 CET",
     "Sun 02:30 CET"},
    {NEWYORK, "2026-11-21T20:15:00Z", "2026-11-22T02:30:00Z", "21:30", "21:30"},
};

static void a_moment_is_shown_as_near_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        char text[WHEN_TEXT_SIZE];

        live_in(shown[i].zone);
        when_format(utc(shown[i].when), utc(shown[i].now), text);
        assert_string_equal(shown[i].text, text);
        when_format_short(utc(shown[i].when), utc(shown[i].now), text);
        assert_string_equal(shown[i].short_text, text);
    }
}

static void only_dates_stand_without_now(void **state)
{
    (void)state;
    assert_true(when_is_relative("+24h"));
    assert_true(when_is_relative("now"));
    assert_true(when_is_relative("08:00"));
    assert_true(when_is_relative("tomorrow 08:00"));
    assert_false(when_is_relative("2026-11-22"));
    assert_false(when_is_relative("2026-11-22T08:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_read_in_local_time),
        cmocka_unit_test(the_past_has_words_of_its_own),
        cmocka_unit_test(a_moment_that_is_not_one_is_refused),
        cmocka_unit_test(a_moment_is_shown_as_near_as_it_is),
        cmocka_unit_test(only_dates_stand_without_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

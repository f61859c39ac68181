/* SPDX-License-Identifier: MIT */
#include "tests/support/answers.h"

#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "tests/support/cmocka.h"

int live_in_berlin(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return 0;
}

json_t *load_answer(const char *text)
{
    json_error_t why;
    json_t *json = json_loads(text, 0, &why);

    if (!json)
        fail_msg("%s: %s", text, why.text);
    return json;
}

instant now_in_tests(void)
{
    instant now;

    assert_int_equal(0, instant_parse("2026-11-21T20:15:00Z", &now, NULL));
    return now;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/clock_watch.h"

#include <errno.h>
#include <sys/timex.h>

#include "tests/support/cmocka.h"

static void on_set(void *context)
{
    int *count = context;

    (*count)++;
}

static void on_bound(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Set the clock by a nanosecond: it stays right, and yet was set. */
static int set_clock(void)
{
    struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_usec = 1}};

    return adjtimex(&step);
}

static void whoever_watches_is_told_each_time_that_the_clock_is_set(void **state)
{
    uv_loop_t loop;
    uv_timer_t bound;
    struct clock_watch *watch;
    int count = 0;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_init(&loop, &bound);
    uv_timer_start(&bound, on_bound, 60000, 0);
    watch = clock_watch_start(&loop, on_set, &count, NULL);
    assert_non_null(watch);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(count, 0);
    for (int i = 1; i <= 2; i++) {
        if (set_clock() < 0) {
            assert_int_equal(errno, EPERM);
            break;
        }
        uv_run(&loop, UV_RUN_ONCE);
        assert_int_equal(count, i);
    }
    clock_watch_stop(watch);
    uv_close((uv_handle_t *)&bound, NULL);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    if (count == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_watches_is_told_each_time_that_the_clock_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

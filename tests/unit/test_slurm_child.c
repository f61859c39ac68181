/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "nodes/slurm/child.h"

struct scene {
    uv_loop_t loop;
    uv_timer_t bound;
    uv_timer_t tick;
    size_t ticks;
};

struct outcome {
    int calls;
    struct error failure;
    int status;
    int signal;
    struct text output;
    struct text complaint;
};

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("it took too long");
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    uv_loop_init(&scene->loop);
    uv_timer_init(&scene->loop, &scene->bound);
    uv_timer_start(&scene->bound, on_bound, 30000, 0);
    uv_timer_init(&scene->loop, &scene->tick);
    *state = scene;
    return 0;
}

/* Nothing is left: no handle, and no child that is to be reaped. */
static int tear_down(void **state)
{
    struct scene *scene = *state;

    uv_timer_stop(&scene->bound);
    uv_close((uv_handle_t *)&scene->tick, NULL);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&scene->bound, NULL);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&scene->loop));
    assert_int_equal(-1, waitpid(-1, NULL, WNOHANG));
    assert_int_equal(ECHILD, errno);
    free(scene);
    return 0;
}

static void on_done(const struct child_result *result, void *context)
{
    struct outcome *outcome = context;

    outcome->calls++;
    if (result->failure)
        outcome->failure = *result->failure;
    outcome->status = result->status;
    outcome->signal = result->signal;
    text_add_bytes(&outcome->output, result->output, result->size);
    text_add(&outcome->complaint, result->complaint);
}

static void outcome_release(struct outcome *outcome)
{
    text_release(&outcome->output);
    text_release(&outcome->complaint);
}

static struct child *start(struct scene *scene, const char *script, int64_t timeout_ms,
                           struct outcome *outcome)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "WORD=a b", NULL};
    const char *const arguments[] = {"sh", "-c", script, "sh", "$(x) '", NULL};
    const struct child_order order = {
        .arguments = arguments,
        .environment = environment,
        .timeout_ms = timeout_ms,
        .output_max = 100000,
    };

    *outcome = (struct outcome){.output = TEXT_EMPTY, .complaint = TEXT_EMPTY};
    return child_start(&scene->loop, &order, on_done, outcome, NULL);
}

static struct outcome run(struct scene *scene, const char *script, int64_t timeout_ms)
{
    struct outcome outcome;

    assert_non_null(start(scene, script, timeout_ms, &outcome));
    assert_int_equal(0, outcome.calls);
    while (outcome.calls == 0)
        uv_run(&scene->loop, UV_RUN_ONCE);
    return outcome;
}

static void a_program_gets_its_words_and_no_more(void **state)
{
    struct outcome outcome = run(*state,
                                 "echo \"$1|$WORD\"; env | grep -c HOME; cat; "
                                 "echo no >&2; exit 3",
                                 20000);

    assert_int_equal(ERROR_NONE, outcome.failure.code);
    assert_int_equal(3, outcome.status);
    assert_int_equal(0, outcome.signal);
    assert_string_equal("$(x) '|a b\n0\n", outcome.output.bytes);
    assert_string_equal("no\n", outcome.complaint.bytes);
    outcome_release(&outcome);
}

static void a_program_inherits_no_descriptor(void **state)
{
    int leaked = fcntl(STDERR_FILENO, F_DUPFD, 40); /* not close-on-exec */
    struct outcome outcome;

    assert_true(leaked >= 40);
    outcome = run(*state, "ls /proc/self/fd | tr '\\n' ' '", 20000);
    close(leaked);
    assert_string_equal("0 1 2 3 ", outcome.output.bytes); /* 3 is the folder */
    outcome_release(&outcome);
}

static void a_signal_that_ends_it_is_told(void **state)
{
    struct outcome outcome = run(*state, "kill -9 $$", 20000);

    assert_int_equal(ERROR_NONE, outcome.failure.code);
    assert_int_equal(-1, outcome.status);
    assert_int_equal(SIGKILL, outcome.signal);
    outcome_release(&outcome);
}

static void a_program_that_is_not_there_cannot_be_run(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const arguments[] = {"/nowhere/squeue", NULL};
    const struct child_order order = {arguments, none, 1000, 1000};
    struct scene *scene = *state;
    struct error err = {0};

    assert_null(child_start(&scene->loop, &order, on_done, NULL, &err));
    assert_int_equal(ERROR_IO, err.code);
    assert_string_equal("cannot run /nowhere/squeue: No such file or directory",
                        err.text);
}

static void what_writes_for_ever_is_ended(void **state)
{
    static const char *const scripts[] = {"exec yes", "exec yes >&2", "yes | cat"};

    for (size_t i = 0; i < 3; i++) {
        struct outcome outcome = run(*state, scripts[i], 20000);

        assert_int_equal(ERROR_TOO_LARGE, outcome.failure.code);
        assert_string_equal("sh writes more than 100000 bytes", outcome.failure.text);
        outcome_release(&outcome);
    }
}

static void a_long_output_comes_whole(void **state)
{
    struct outcome outcome = run(*state, "head -c 100000 /dev/zero", 20000);

    assert_int_equal(ERROR_NONE, outcome.failure.code);
    assert_int_equal(100000, outcome.output.length);
    outcome_release(&outcome);
}

static void on_tick(uv_timer_t *timer)
{
    struct scene *scene = timer->data;

    scene->ticks++;
}

static void what_hangs_is_answered_in_time_while_the_loop_goes_on(void **state)
{
    struct scene *scene = *state;
    int64_t began = monotonic_ms();
    struct outcome outcome;

    scene->tick.data = scene;
    uv_timer_start(&scene->tick, on_tick, 10, 10);
    outcome = run(scene, "exec sleep 1000", 300);
    assert_int_equal(ERROR_UNAVAILABLE, outcome.failure.code);
    assert_string_equal("sh does not answer within 1 s", outcome.failure.text);
    assert_true(monotonic_ms() - began >= 300);
    assert_true(scene->ticks >= 10);
    uv_timer_stop(&scene->tick);
    outcome_release(&outcome);
}

/* The loop believes its last turn to be now: it is that of long ago. */
static void a_time_out_counts_from_the_start(void **state)
{
    struct scene *scene = *state;
    int64_t stale_ms = monotonic_ms();
    struct outcome outcome;
    int64_t began;

    uv_update_time(&scene->loop);
    while (monotonic_ms() - stale_ms < 200)
        continue;
    began = monotonic_ms();
    outcome = run(scene, "exec sleep 1000", 200);
    assert_int_equal(ERROR_UNAVAILABLE, outcome.failure.code);
    assert_true(monotonic_ms() - began >= 199);
    outcome_release(&outcome);
}

/* The test's end waits for its reaping. */
static void what_ignores_sigterm_is_killed_with_its_children(void **state)
{
    struct scene *scene = *state;
    int64_t began = monotonic_ms();
    struct outcome outcome =
        run(scene, "trap '' TERM; sleep 1000 & sleep 1000; sleep 1000", 100);

    assert_int_equal(ERROR_UNAVAILABLE, outcome.failure.code);
    assert_true(monotonic_ms() - began < CHILD_GRACE_MS);
    uv_timer_stop(&scene->bound);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_true(monotonic_ms() - began >= CHILD_GRACE_MS);
    assert_true(monotonic_ms() - began < CHILD_GRACE_MS + CHILD_ABANDON_MS);
    assert_int_equal(1, outcome.calls);
    outcome_release(&outcome);
}

static void a_child_that_holds_the_output_is_waited_for_but_not_for_ever(void **state)
{
    struct outcome outcome = run(*state, "(sleep .1; echo late) & exit 0", 20000);

    assert_string_equal("late\n", outcome.output.bytes);
    assert_int_equal(0, outcome.status);
    outcome_release(&outcome);
    outcome = run(*state, "sleep 1000 & exit 0", 100);
    assert_int_equal(ERROR_UNAVAILABLE, outcome.failure.code);
    outcome_release(&outcome);
}

static void a_cancelled_one_says_nothing(void **state)
{
    struct scene *scene = *state;
    struct outcome outcome;
    struct child *child = start(scene, "trap '' TERM; sleep 1000", 20000, &outcome);

    child_cancel(child);
    uv_timer_stop(&scene->bound);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, outcome.calls);
    outcome_release(&outcome);
}

static void many_at_once_all_end(void **state)
{
    struct scene *scene = *state;
    struct outcome outcomes[20];

    for (size_t i = 0; i < 20; i++)
        assert_non_null(start(scene, "echo one", 20000, &outcomes[i]));
    for (size_t i = 0; i < 20; i++) {
        while (outcomes[i].calls == 0)
            uv_run(&scene->loop, UV_RUN_ONCE);
        assert_int_equal(1, outcomes[i].calls);
        assert_string_equal("one\n", outcomes[i].output.bytes);
        outcome_release(&outcomes[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_gets_its_words_and_no_more),
        TEST(a_program_inherits_no_descriptor),
        TEST(a_signal_that_ends_it_is_told),
        TEST(a_program_that_is_not_there_cannot_be_run),
        TEST(what_writes_for_ever_is_ended),
        TEST(a_long_output_comes_whole),
        TEST(what_hangs_is_answered_in_time_while_the_loop_goes_on),
        TEST(a_time_out_counts_from_the_start),
        TEST(what_ignores_sigterm_is_killed_with_its_children),
        TEST(a_child_that_holds_the_output_is_waited_for_but_not_for_ever),
        TEST(a_cancelled_one_says_nothing),
        TEST(many_at_once_all_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

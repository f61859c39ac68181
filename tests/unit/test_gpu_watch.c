/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_watch.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "nodes/local/gpu_worker.h"
#include "tests/support/cards.h"
#include "tests/support/cmocka.h"

#define BOUND_MS 30000

struct watching {
    uv_loop_t loop;
    uv_timer_t bound;
    struct gpu_watch *watch;
    struct gpu_sample last; /* the first GPU of the last samples */
    size_t given;           /* times that samples were given */
    size_t served;          /* callbacks of gpu_watch_now() */
    size_t asked;           /* times that holders were asked for */
};

/* A call for a power waits here when it is to hang. */
static sem_t let_go;
static sem_t hangs;
static bool is_hanging;

static void hang(void)
{
    if (!is_hanging)
        return;
    sem_post(&hangs);
    sem_wait(&let_go);
}

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing happened for %d ms", BOUND_MS);
}

static void on_samples(const struct gpu_sample *samples, size_t count, void *context)
{
    struct watching *watching = context;

    assert_true(count > 0);
    watching->last = samples[0];
    watching->given++;
}

static void on_served(const struct gpu_sample *samples, size_t count, void *context)
{
    struct watching *watching = context;

    (void)samples;
    assert_true(count > 0);
    assert_true(watching->given > 0);
    watching->served++;
}

static size_t list_holders(struct gpu_holder *holders, size_t room, void *context)
{
    struct watching *watching = context;

    assert_true(room > 0);
    holders[0] = (struct gpu_holder){getpid(), 0x1};
    watching->asked++;
    return 1;
}

static struct gpu_watch *start(struct watching *watching, const struct nvml *nvml,
                               struct error *err)
{
    const struct gpu_watch_ports ports = {on_samples, list_holders, watching, NULL};

    return gpu_watch_start(&watching->loop, nvml, &ports, err);
}

static int set_up(void **state)
{
    struct watching *watching = xcalloc(1, sizeof(*watching));

    uv_loop_init(&watching->loop);
    uv_timer_init(&watching->loop, &watching->bound);
    uv_timer_start(&watching->bound, on_bound, BOUND_MS, 0);
    sem_init(&let_go, 0, 0);
    sem_init(&hangs, 0, 0);
    is_hanging = false;
    *state = watching;
    return 0;
}

static int tear_down(void **state)
{
    struct watching *watching = *state;

    gpu_watch_stop(watching->watch);
    uv_close((uv_handle_t *)&watching->bound, NULL);
    uv_run(&watching->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&watching->loop), 0);
    free(watching);
    return 0;
}

static void wait_served(struct watching *watching, size_t served)
{
    while (watching->served < served)
        uv_run(&watching->loop, UV_RUN_ONCE);
}

static void the_first_read_is_there_at_once(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(3);
    const struct gpu_sample *samples;
    size_t count;

    watching->watch = start(watching, &nvml, NULL);
    assert_non_null(watching->watch);
    samples = gpu_watch_samples(watching->watch, &count);
    assert_int_equal(count, 3);
    assert_string_equal(samples[2].uuid, "GPU-3");
    assert_int_equal(watching->given, 0);
}

static void without_gpus_there_is_nothing_to_watch(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(0);
    struct error err;

    assert_null(start(watching, &nvml, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    cards.init = NVML_ERROR_DRIVER_NOT_LOADED;
    assert_null(start(watching, &nvml, &err));
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
}

static void who_asks_is_given_a_read_that_began_after(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(1);

    watching->watch = start(watching, &nvml, NULL);
    cards.items[0].power = 123000;
    assert_int_equal(0, gpu_watch_now(watching->watch, on_served, watching, NULL));
    wait_served(watching, 1);
    assert_int_equal(watching->last.power_mw, 123000);
    assert_int_equal(watching->asked, 2);
}

static void one_who_asks_during_a_read_waits_for_the_next(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(1);

    watching->watch = start(watching, &nvml, NULL);
    cards.on_power = hang;
    is_hanging = true;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    sem_wait(&hangs);
    is_hanging = false;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    assert_int_equal(watching->asked, 2); /* never two at once */
    sem_post(&let_go);
    wait_served(watching, 1);
    assert_int_equal(watching->served, 1);
    wait_served(watching, 2);
    assert_int_equal(watching->asked, 3);
}

static void a_read_that_hangs_first_silences_and_later_loses_all_gpus(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(2);

    watching->watch = start(watching, &nvml, NULL);
    cards.on_power = hang;
    is_hanging = true;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    sem_wait(&hangs);
    gpu_watch_age(watching->watch, GPU_WATCH_SILENT_MS);
    assert_int_equal(watching->given, 0);
    gpu_watch_age(watching->watch, GPU_WATCH_SILENT_MS + 1);
    assert_int_equal(watching->given, 1);
    assert_int_equal(watching->served, 1); /* nobody waits for ever */
    assert_int_equal(watching->last.health, GPU_SILENT);
    assert_string_equal(watching->last.trouble, "no answer for 10 s");
    gpu_watch_age(watching->watch, GPU_WATCH_LOST_MS + 1);
    assert_int_equal(watching->last.health, GPU_LOST);
    is_hanging = false;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    sem_post(&let_go);
    wait_served(watching, 2);
    assert_int_equal(watching->last.health, GPU_WELL);
}

static void a_watch_can_be_stopped_while_a_read_hangs(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(1);

    watching->watch = start(watching, &nvml, NULL);
    cards.on_power = hang;
    is_hanging = true;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    sem_wait(&hangs);
    tear_down(state);
    is_hanging = false;
    sem_post(&let_go);
    set_up(state);
}

static void a_driver_that_goes_away_silences_all_gpus_in_its_words(void **state)
{
    struct watching *watching = *state;
    struct nvml nvml = cards_make(1);

    watching->watch = start(watching, &nvml, NULL);
    cards.items[0].by_uuid = NVML_ERROR_DRIVER_NOT_LOADED;
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    do
        uv_run(&watching->loop, UV_RUN_ONCE);
    while (cards.shutdowns == 0);
    gpu_watch_age(watching->watch, GPU_WATCH_SILENT_MS + 1);
    assert_int_equal(watching->last.health, GPU_SILENT);
    assert_string_equal(watching->last.trouble, "NVML: NVML error 9 for 10 s");
}

/* Put a file of GPUs in the place of the one before. */
static void write_file(const char *path, const char *text)
{
    char fresh[128];
    FILE *file;

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    file = fopen(fresh, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(fresh, path), 0);
}

static void the_library_is_found_and_read_by_its_real_names(void **state)
{
    struct watching *watching = *state;
    const char *build = getenv("BUILD");
    char library[4096];
    char path[] = "/tmp/penstock-nvml-XXXXXX";
    int file = mkstemp(path);
    struct nvml nvml;
    struct error err;

    snprintf(library, sizeof(library), "%s/tests/nvml/" NVML_LIBRARY,
             build ? build : "build");
    /* Once it is there by this name, it is what is found by its own. */
    if (!dlopen(library, RTLD_NOW | RTLD_LOCAL))
        fail_msg("%s", dlerror());
    close(file);
    setenv("PENSTOCK_FAKE_NVML", path, 1);
    write_file(path, "# two\n"
                     "uuid=GPU-b name=Fake_B200 bus=7 memory=184320 limit=1000\n"
                     "uuid=GPU-a name=Fake_A100 bus=3 memory=81920 limit=400 power=55 "
                     "energy=12 utilisation=7 pids=1\n");
    assert_int_equal(0, nvml_open(&nvml, &err));
    watching->watch = start(watching, &nvml, &err);
    assert_non_null(watching->watch);
    assert_string_equal(gpu_watch_driver(watching->watch), "570.00");
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    wait_served(watching, 1);
    assert_string_equal(watching->last.uuid, "GPU-a");
    assert_string_equal(watching->last.model, "Fake_A100");
    assert_int_equal(watching->last.power_mw, 55000);
    assert_int_equal(watching->last.energy_mj, 12000);
    assert_int_equal(watching->last.utilisation, 7);
    assert_int_equal(watching->last.processes[0].pid, 1);
    write_file(path, "uuid=GPU-b\nuuid=GPU-a state=lost\n");
    gpu_watch_now(watching->watch, on_served, watching, NULL);
    wait_served(watching, 2);
    assert_int_equal(watching->last.health, GPU_LOST);
    assert_string_equal(watching->last.trouble, "GPU is lost");
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_read_is_there_at_once),
        TEST(without_gpus_there_is_nothing_to_watch),
        TEST(who_asks_is_given_a_read_that_began_after),
        TEST(one_who_asks_during_a_read_waits_for_the_next),
        TEST(a_read_that_hangs_first_silences_and_later_loses_all_gpus),
        TEST(a_watch_can_be_stopped_while_a_read_hangs),
        TEST(a_driver_that_goes_away_silences_all_gpus_in_its_words),
        TEST(the_library_is_found_and_read_by_its_real_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

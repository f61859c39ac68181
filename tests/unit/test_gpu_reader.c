/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_reader.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cards.h"
#include "tests/support/cmocka.h"

static struct gpu_reading seen;
static struct gpu_sample *const samples = seen.samples;

/* Read, which must succeed. */
static void read_well(struct gpu_reader *reader, int64_t now_ms)
{
    struct error err;

    if (gpu_reader_read(reader, NULL, 0, now_ms, &seen, &err) < 0)
        fail_msg("%s", err.text);
}

static void gpus_are_in_the_order_of_the_bus(void **state)
{
    struct nvml nvml = cards_make(3);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    cards.items[0].bus = 9;
    cards.items[2].bus = 4;
    read_well(reader, 0);
    assert_int_equal(seen.count, 3);
    assert_string_equal(samples[0].uuid, "GPU-2");
    assert_string_equal(samples[1].uuid, "GPU-3");
    assert_string_equal(samples[2].uuid, "GPU-1");
    assert_int_equal(samples[0].memory, 81920);
    assert_int_equal(samples[0].power_limit, 60);
    assert_int_equal(samples[0].power_mw, 60000);
    assert_int_equal(samples[0].energy_mj, 1000000);
    gpu_reader_destroy(reader);
}

static void a_gpu_keeps_its_index_when_another_disappears(void **state)
{
    struct nvml nvml = cards_make(3);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    read_well(reader, 0);
    cards.items[0].by_uuid = NVML_ERROR_NOT_FOUND;
    cards.count = 2;
    read_well(reader, 1);
    assert_int_equal(seen.count, 3);
    assert_int_equal(samples[0].health, GPU_LOST);
    assert_string_equal(samples[0].uuid, "GPU-1");
    assert_int_equal(samples[1].health, GPU_WELL);
    assert_string_equal(samples[1].uuid, "GPU-2");
    cards.items[0].by_uuid = NVML_SUCCESS;
    read_well(reader, 2);
    assert_int_equal(samples[0].health, GPU_WELL);
    gpu_reader_destroy(reader);
}

static void what_is_remembered_keeps_its_index_though_it_is_gone(void **state)
{
    static const struct gpu_order order = {{"GPU-2", "GPU-gone", "GPU-1"}, 3};
    struct nvml nvml = cards_make(4);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    cards.items[3].uuid[0] = '\0'; /* it may be one of the others */
    gpu_reader_remember(reader, &order);
    read_well(reader, 0);
    assert_int_equal(seen.count, 4);
    assert_string_equal(samples[0].uuid, "GPU-2");
    assert_string_equal(samples[1].uuid, "GPU-gone");
    assert_int_equal(samples[1].health, GPU_LOST);
    assert_string_equal(samples[2].uuid, "GPU-1");
    assert_int_equal(samples[2].health, GPU_WELL);
    assert_string_equal(samples[3].uuid, "GPU-3");
    gpu_reader_destroy(reader);
}

static void each_failure_has_its_health(void **state)
{
    static const struct {
        int result;
        int error_calls;
        unsigned long long ecc;
        unsigned int rows;
        enum gpu_health health;
    } rows[] = {
        {NVML_ERROR_GPU_IS_LOST, 0, 0, 0, GPU_LOST},
        {NVML_ERROR_NOT_FOUND, 0, 0, 0, GPU_LOST},
        {NVML_ERROR_UNKNOWN, 0, 0, 0, GPU_LOST},
        {12345, 0, 0, 0, GPU_LOST},
        {NVML_ERROR_RESET_REQUIRED, 0, 0, 0, GPU_BROKEN},
        {0, NVML_ERROR_GPU_IS_LOST, 0, 0, GPU_LOST},
        {0, NVML_ERROR_RESET_REQUIRED, 0, 0, GPU_BROKEN},
        {0, NVML_ERROR_UNKNOWN, 0, 0, GPU_WELL},
        {0, NVML_ERROR_NOT_SUPPORTED, 0, 0, GPU_WELL},
        {0, 0, 1, 0, GPU_BROKEN},
        {0, 0, 0, 1, GPU_BROKEN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nvml nvml = cards_make(1);
        struct gpu_reader *reader = gpu_reader_create(&nvml);

        read_well(reader, 0);
        assert_int_equal(samples[0].health, GPU_WELL);
        assert_string_equal(samples[0].trouble, "");
        cards.items[0].result = rows[i].result;
        cards.items[0].error_calls = rows[i].error_calls;
        cards.items[0].ecc = rows[i].ecc;
        cards.items[0].rows_failed = rows[i].rows;
        read_well(reader, 1);
        if (samples[0].health != rows[i].health)
            fail_msg("row %zu: %s", i, gpu_health_name(samples[0].health));
        assert_int_equal(samples[0].trouble[0] != '\0', rows[i].health != GPU_WELL);
        gpu_reader_destroy(reader);
    }
}

static void what_a_driver_does_not_tell_is_unknown(void **state)
{
    struct nvml nvml = cards_make(1);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    nvml.name = NULL;
    nvml.pci = NULL;
    nvml.memory = NULL;
    nvml.power_limit = NULL;
    nvml.power = NULL;
    nvml.energy = NULL;
    nvml.utilization = NULL;
    nvml.compute = NULL;
    nvml.graphics = NULL;
    nvml.ecc_errors = NULL;
    nvml.remapped_rows = NULL;
    read_well(reader, 0);
    assert_int_equal(samples[0].health, GPU_WELL);
    assert_int_equal(samples[0].memory, GPU_UNKNOWN);
    assert_int_equal(samples[0].power_limit, GPU_UNKNOWN);
    assert_int_equal(samples[0].power_mw, GPU_UNKNOWN);
    assert_int_equal(samples[0].energy_mj, GPU_UNKNOWN);
    assert_int_equal(samples[0].utilisation, GPU_UNKNOWN);
    assert_int_equal(samples[0].process_count, 0);
    gpu_reader_destroy(reader);
}

static void absurd_figures_are_unknown(void **state)
{
    struct nvml nvml = cards_make(1);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    cards.items[0].memory = ULLONG_MAX;
    cards.items[0].power = UINT_MAX;
    cards.items[0].utilization = 101;
    cards.items[0].energy = ULLONG_MAX;
    read_well(reader, 0);
    assert_int_equal(samples[0].memory, GPU_UNKNOWN);
    assert_int_equal(samples[0].power_mw, GPU_UNKNOWN);
    assert_int_equal(samples[0].utilisation, GPU_UNKNOWN);
    assert_int_equal(samples[0].energy_mj, 0);
    gpu_reader_destroy(reader);
}

static void texts_without_an_end_are_cut_and_made_printable(void **state)
{
    struct nvml nvml = cards_make(2);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    memset(cards.items[0].uuid, 'a', sizeof(cards.items[0].uuid));
    strcpy(cards.items[1].uuid, "GPU,\nLD_PRELOAD=x");
    read_well(reader, 0);
    assert_int_equal(strlen(samples[0].uuid), GPU_UUID_MAX);
    assert_int_equal(strlen(samples[0].model), GPU_MODEL_MAX);
    assert_int_equal(samples[0].model[0], '?');
    assert_string_equal(samples[1].uuid, "");
    gpu_reader_destroy(reader);
}

static void two_gpus_never_have_the_same_uuid(void **state)
{
    struct nvml nvml = cards_make(2);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    strcpy(cards.items[1].uuid, "GPU-1");
    read_well(reader, 0);
    assert_string_equal(samples[0].uuid, "GPU-1");
    assert_string_equal(samples[1].uuid, "");
    gpu_reader_destroy(reader);
}

static void more_gpus_than_there_is_room_for_are_left_out(void **state)
{
    struct nvml nvml = cards_make(CARDS_MAX);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    cards.count = UINT_MAX;
    read_well(reader, 0);
    assert_int_equal(seen.count, GPU_COUNT_MAX);
    gpu_reader_destroy(reader);
}

static void the_energy_never_goes_back_and_never_leaps(void **state)
{
    static const struct {
        int64_t now_ms;
        unsigned long long raw;
        int64_t energy_mj;
    } rows[] = {
        {0, 5000000, 5000000},
        {2000, 5600000, 5600000},          /* 300 W */
        {4000, 100, 5600000},              /* the driver was loaded anew */
        {6000, 600100, 6200000},           /* 300 W */
        {8000, 1ULL << 60, 6200000},       /* nothing draws so much */
        {10000, 1200100, 6200000},         /* nor gives it back */
        {12000, 1800100, 6800000},         /* 300 W */
        {3612000, 1081800100, 1086800000}, /* an hour unread, 300 W */
    };
    struct nvml nvml = cards_make(1);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cards.items[0].energy = rows[i].raw;
        read_well(reader, rows[i].now_ms);
        assert_int_equal(samples[0].energy_mj, rows[i].energy_mj);
    }
    gpu_reader_destroy(reader);
}

static void a_reloaded_driver_is_initialised_anew(void **state)
{
    struct nvml nvml = cards_make(2);
    struct gpu_reader *reader = gpu_reader_create(&nvml);
    struct error err;

    (void)state;
    read_well(reader, 0);
    cards.items[1].by_uuid = NVML_ERROR_UNINITIALIZED;
    seen.count = 77;
    assert_int_equal(-1, gpu_reader_read(reader, NULL, 0, 1, &seen, &err));
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_int_equal(seen.count, 77);
    assert_int_equal(cards.shutdowns, 1);
    cards.items[1].by_uuid = NVML_SUCCESS;
    cards.init = NVML_ERROR_DRIVER_NOT_LOADED;
    assert_int_equal(-1, gpu_reader_read(reader, NULL, 0, 2, &seen, &err));
    cards.init = NVML_SUCCESS;
    read_well(reader, 3);
    assert_int_equal(cards.inits, 3);
    assert_int_equal(seen.count, 2);
    gpu_reader_destroy(reader);
}

static void lists_of_processes_are_not_believed_beyond_their_end(void **state)
{
    static const unsigned int counts[] = {9, GPU_LISTED_MAX, GPU_LISTED_MAX + 1,
                                          UINT_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct nvml nvml = cards_make(1);
        struct gpu_reader *reader = gpu_reader_create(&nvml);

        cards.items[0].pids[0] = (unsigned int)getpid();
        cards.items[0].pids[1] = (unsigned int)getpid();
        cards.items[0].pids[2] = UINT_MAX;
        cards.items[0].pid_count = counts[i];
        read_well(reader, 0);
        assert_int_equal(samples[0].process_count, 1);
        assert_int_equal(samples[0].processes[0].pid, getpid());
        gpu_reader_destroy(reader);
    }
}

/* Of the runner: a child of ours that stands for the job, and waits for its death. */
static pid_t start_child(void)
{
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static void a_process_is_ours_if_the_runner_that_holds_the_gpu_is_above_it(void **state)
{
    struct nvml nvml = cards_make(2);
    struct gpu_reader *reader = gpu_reader_create(&nvml);
    const struct gpu_holder holder = {getpid(), 0x1};
    pid_t child = start_child();
    struct error err;

    (void)state;
    for (int i = 0; i < 2; i++) {
        cards.items[i].pids[0] = (unsigned int)child;
        cards.items[i].pid_count = 1;
    }
    assert_int_equal(0, gpu_reader_read(reader, &holder, 1, 0, &seen, &err));
    assert_false(samples[0].has_foreign);
    assert_int_equal(samples[0].process_count, 1);
    assert_int_equal(samples[0].processes[0].uid, getuid());
    assert_int_equal(samples[0].processes[0].memory, 1024);
    /* The same job on a GPU that it does not hold. */
    assert_true(samples[1].has_foreign);
    assert_true(samples[1].processes[0].foreign);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    gpu_reader_destroy(reader);
}

static void the_dead_do_not_count(void **state)
{
    struct nvml nvml = cards_make(1);
    struct gpu_reader *reader = gpu_reader_create(&nvml);
    pid_t child = start_child();
    siginfo_t info;

    (void)state;
    cards.items[0].pids[0] = (unsigned int)child;
    cards.items[0].pid_count = 1;
    read_well(reader, 0);
    assert_true(samples[0].has_foreign);
    kill(child, SIGKILL);
    assert_int_equal(0, waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    read_well(reader, 1); /* a zombie now */
    assert_int_equal(samples[0].process_count, 0);
    assert_false(samples[0].has_foreign);
    waitpid(child, NULL, 0);
    read_well(reader, 2);
    assert_int_equal(samples[0].process_count, 0);
    gpu_reader_destroy(reader);
}

static void what_only_draws_for_the_system_leaves_the_gpu_free(void **state)
{
    struct nvml nvml = cards_make(1);
    struct gpu_reader *reader = gpu_reader_create(&nvml);

    (void)state;
    cards.items[0].drawing[0] = 1;
    cards.items[0].drawing_count = 1;
    read_well(reader, 0);
    assert_int_equal(samples[0].process_count, 1);
    assert_true(samples[0].processes[0].draws);
    assert_int_equal(samples[0].processes[0].uid, 0);
    assert_false(samples[0].has_foreign);
    /* What computes as well is no display server. */
    cards.items[0].pids[0] = 1;
    cards.items[0].pid_count = 1;
    read_well(reader, 1);
    assert_int_equal(samples[0].process_count, 1);
    assert_true(samples[0].has_foreign);
    gpu_reader_destroy(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpus_are_in_the_order_of_the_bus),
        cmocka_unit_test(a_gpu_keeps_its_index_when_another_disappears),
        cmocka_unit_test(what_is_remembered_keeps_its_index_though_it_is_gone),
        cmocka_unit_test(each_failure_has_its_health),
        cmocka_unit_test(what_a_driver_does_not_tell_is_unknown),
        cmocka_unit_test(absurd_figures_are_unknown),
        cmocka_unit_test(texts_without_an_end_are_cut_and_made_printable),
        cmocka_unit_test(two_gpus_never_have_the_same_uuid),
        cmocka_unit_test(more_gpus_than_there_is_room_for_are_left_out),
        cmocka_unit_test(the_energy_never_goes_back_and_never_leaps),
        cmocka_unit_test(a_reloaded_driver_is_initialised_anew),
        cmocka_unit_test(lists_of_processes_are_not_believed_beyond_their_end),
        cmocka_unit_test(
            a_process_is_ours_if_the_runner_that_holds_the_gpu_is_above_it),
        cmocka_unit_test(the_dead_do_not_count),
        cmocka_unit_test(what_only_draws_for_the_system_leaves_the_gpu_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

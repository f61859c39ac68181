/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_order.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

#define BOOT "0a0b0c0d-0000-1111-2222-333344445555"

static void a_file_is_an_order_of_its_own_boot_only(void **state)
{
    static const struct {
        const char *text;
        int count; /* -1: it is refused */
    } rows[] = {
        {"", 0},
        {BOOT "\n", 0},
        {BOOT "\nGPU-1\nGPU-2\n", 2},
        {BOOT "\nGPU-1", 1},
        {"another\nGPU-1\n", 0},
        {BOOT "\nGPU-1\nGPU-1\n", -1},
        {BOOT "\nGPU 1\n", -1},
        {BOOT "\nGPU-1,GPU-2\n", -1},
        {BOOT "\n"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
         -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gpu_order order = {.count = 77};
        char text[256];
        int result;

        snprintf(text, sizeof(text), "%s", rows[i].text);
        result = gpu_order_parse(text, BOOT, &order, NULL);
        if (rows[i].count < 0) {
            assert_int_equal(result, -1);
            assert_int_equal(order.count, 77);
        } else {
            assert_int_equal(result, 0);
            assert_int_equal(order.count, rows[i].count);
        }
    }
}

static void more_gpus_than_there_is_room_for_are_refused(void **state)
{
    struct gpu_order order;
    struct text text = TEXT_EMPTY;

    (void)state;
    for (int most = GPU_COUNT_MAX; most <= GPU_COUNT_MAX + 1; most++) {
        text_clear(&text);
        text_add(&text, BOOT "\n");
        for (int i = 0; i < most; i++)
            text_add_format(&text, "GPU-%d\n", i);
        assert_int_equal(gpu_order_parse(text.bytes, BOOT, &order, NULL),
                         most > GPU_COUNT_MAX ? -1 : 0);
    }
    text_release(&text);
}

static void what_is_stored_is_loaded_in_the_same_boot(void **state)
{
    static struct gpu_sample samples[GPU_COUNT_MAX];
    static struct gpu_order order;
    char directory[] = "/tmp/penstock-order-XXXXXX";
    char path[64];
    int file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    gpu_order_load(directory, &order);
    assert_int_equal(order.count, 0);
    /* The longest that there can be, stored over what was there. */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < GPU_COUNT_MAX; i++)
            snprintf(samples[i].uuid, sizeof(samples[i].uuid), "%079d", i + round);
        assert_int_equal(gpu_order_store(directory, samples, GPU_COUNT_MAX, NULL), 0);
    }
    gpu_order_load(directory, &order);
    assert_int_equal(order.count, GPU_COUNT_MAX);
    assert_int_equal(gpu_order_find(&order, samples[63].uuid), 63);
    assert_int_equal(gpu_order_find(&order, "GPU-1"), -1);
    /* One without a UUID could not be found again: all stays as it was. */
    samples[0].uuid[0] = '\0';
    assert_int_equal(gpu_order_store(directory, samples, 1, NULL), 0);
    gpu_order_load(directory, &order);
    assert_int_equal(order.count, GPU_COUNT_MAX);

    snprintf(path, sizeof(path), "%s/" GPU_ORDER_FILE, directory);
    file = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(file, "nonsense", 8), 8);
    close(file);
    gpu_order_load(directory, &order);
    assert_int_equal(order.count, 0);
    unlink(path);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(gpu_order_store(directory, samples + 1, 1, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_an_order_of_its_own_boot_only),
        cmocka_unit_test(more_gpus_than_there_is_room_for_are_refused),
        cmocka_unit_test(what_is_stored_is_loaded_in_the_same_boot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

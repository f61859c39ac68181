/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "nodes/slurm/joules.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static const struct joules example = {
    .job_id = 12,
    .step_id = 4294967291,
    .node_id = 1,
    .node = "cn1",
    .began = 1795292100,
    .ended = 1795295700,
    .gpus = {{1000000, 1500000, "GPU-5d0f"}, {7, 7, "MIG-GPU-5d0f/7/0"}},
    .gpu_count = 2,
};

#define HEAD                                                                           \
    "penstock-joules 1\njob 12\nstep 4294967291\nnode 1 cn1\nbegan 1795292100\n"       \
    "ended 1795295700\n"
#define ID(id)     "penstock-joules 1\njob " id "\nstep 0\n"
#define NODE(node) "node " node "\nbegan 1\nended 1\nend 0\n"
#define GPU        "gpu 1000000 1500000 GPU-5d0f\n"

static const char example_text[] = HEAD GPU "gpu 7 7 MIG-GPU-5d0f/7/0\nend 2\n";

static int parse(const char *text, struct joules *joules)
{
    return joules_parse(text, strlen(text), joules, NULL);
}

static void a_record_is_written_and_read(void **state)
{
    char text[JOULES_SIZE_MAX], name[JOULES_FILE_SIZE];
    struct joules read;

    (void)state;
    assert_int_equal(joules_format(&example, text, sizeof(text), NULL), 0);
    assert_string_equal(text, example_text);
    assert_int_equal(parse(text, &read), 0);
    assert_memory_equal(&read, &example, sizeof(read));
    assert_string_equal(joules_file_name(&read, name), "12.4294967291.1.joules");
}

static void a_record_that_was_cut_is_refused(void **state)
{
    struct joules joules;

    (void)state;
    for (size_t size = 0; size + 1 < sizeof(example_text); size++)
        assert_int_equal(joules_parse(example_text, size, &joules, NULL), -1);
}

static void what_is_no_record_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        HEAD,
        HEAD GPU "end 2\n",
        HEAD "end 1\n",
        HEAD "end 0\n\n",
        HEAD "gpu end 0\n",
        HEAD "gpu 1 end 0\n",
        HEAD "gpu 1 2\nend 1\n",
        HEAD "gpu 1 2 \nend 1\n",
        HEAD "gpu 1 2 a b\nend 1\n",
        HEAD "gpu -1 2 a\nend 1\n",
        HEAD "gpu 1 4503599627370497 a\nend 1\n",
        HEAD "gpu 1 99999999999999999999999 a\nend 1\n",
        ID("4294967296") NODE("0 a"),
        ID("1") NODE("0 ../a"),
        ID("1") NODE("a"),
        ID("x") NODE("0 a"),
    };
    struct joules joules = {.job_id = 5};

    (void)state;
    for (size_t i = 0; i < ROWS(texts); i++)
        if (parse(texts[i], &joules) == 0)
            fail_msg("taken: %s", texts[i]);
    assert_int_equal(joules.job_id, 5);
    assert_int_equal(parse(HEAD "end 0\n", &joules), 0);
    assert_int_equal(parse(ID("1") NODE("0 a"), &joules), 0);
}

static void a_nul_behind_a_name_is_refused(void **state)
{
    static const char bytes[] = HEAD "gpu 1 2 a\0\nend 1\n";
    struct joules joules;

    (void)state;
    assert_int_equal(joules_parse(bytes, sizeof(bytes) - 1, &joules, NULL), -1);
}

static void what_cannot_be_read_again_is_not_written(void **state)
{
    char text[JOULES_SIZE_MAX];
    struct joules joules = example;

    (void)state;
    joules.gpus[1].uuid[0] = '\n';
    assert_int_equal(joules_format(&joules, text, sizeof(text), NULL), -1);
    joules = example;
    memset(joules.node, 'x', sizeof(joules.node));
    assert_int_equal(joules_format(&joules, text, sizeof(text), NULL), -1);
    joules = example;
    joules.gpus[0].ended_mj = JOULES_MJ_MAX + 1;
    assert_int_equal(joules_format(&joules, text, sizeof(text), NULL), -1);
    assert_int_equal(joules_format(&example, text, sizeof(example_text) - 1, NULL), -1);
    assert_int_equal(joules_format(&example, text, sizeof(example_text), NULL), 0);
}

static void the_largest_record_fits_the_largest_file(void **state)
{
    static char text[JOULES_SIZE_MAX];
    struct joules joules = {UINT32_MAX,  UINT32_MAX,  UINT32_MAX, "",
                            INSTANT_MAX, INSTANT_MAX, {{0}},      JOULES_GPUS_MAX};
    struct joules read;

    (void)state;
    memset(joules.node, 'n', JOULES_NAME_SIZE - 1);
    for (size_t i = 0; i < JOULES_GPUS_MAX; i++) {
        joules.gpus[i] = (struct joules_gpu){JOULES_MJ_MAX, JOULES_MJ_MAX, ""};
        memset(joules.gpus[i].uuid, 'u', JOULES_NAME_SIZE - 1);
    }
    assert_int_equal(joules_format(&joules, text, sizeof(text), NULL), 0);
    assert_int_equal(parse(text, &read), 0);
    assert_memory_equal(&read, &joules, sizeof(read));
}

static void steps_that_overlap_are_counted_once(void **state)
{
    const struct joules records[] = {
        {.gpus = {{100, 900, "a"}, {5, 5, "b"}}, .gpu_count = 2},
        {.gpus = {{200, 700, "a"}, {0, 50, "c"}}, .gpu_count = 2},
        {.gpus = {{850, 1000, "a"}}, .gpu_count = 1},
        {.gpus = {{500, 20, "reset"}}, .gpu_count = 1},
    };

    (void)state;
    assert_int_equal(joules_total_mj(records, ROWS(records)), 900 + 50);
    assert_int_equal(joules_total_mj(records, 1), 800);
    assert_int_equal(joules_total_mj(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_written_and_read),
        cmocka_unit_test(a_record_that_was_cut_is_refused),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_nul_behind_a_name_is_refused),
        cmocka_unit_test(what_cannot_be_read_again_is_not_written),
        cmocka_unit_test(the_largest_record_fits_the_largest_file),
        cmocka_unit_test(steps_that_overlap_are_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

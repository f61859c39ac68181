/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "nodes/meter.h"

#define BOOT  "11111111-2222-3333-4444-555555555555"
#define T     INT64_C(1000000) /* some time after the boot, in ms */
#define COUNT 2                /* GPUs of the machine */

/* What a machine shows; GPUs of 300 W at most. */
struct scene {
    struct meter *meter;
    struct gpu_sample gpus[COUNT];
};

static int setup(void **state)
{
    static struct scene scene;

    scene = (struct scene){.meter = meter_create(BOOT)};
    for (int i = 0; i < COUNT; i++) {
        snprintf(scene.gpus[i].uuid, sizeof(scene.gpus[i].uuid), "GPU-%d", i);
        scene.gpus[i].power_limit = 300;
        scene.gpus[i].power_mw = GPU_UNKNOWN;
        scene.gpus[i].energy_mj = 5000000;
        meter_set_idle(scene.meter, (size_t)i, 20);
    }
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    meter_destroy(scene->meter);
    return 0;
}

static void sample(struct scene *scene, int64_t at_ms)
{
    for (int i = 0; i < COUNT; i++)
        scene->gpus[i].at_ms = at_ms;
    meter_sample_gpus(scene->meter, scene->gpus, COUNT);
}

/* Let the counters run at so many watts, and look. */
static void draw(struct scene *scene, int64_t first, int64_t second, int64_t from_ms,
                 int64_t to_ms)
{
    scene->gpus[0].energy_mj += first * (to_ms - from_ms);
    scene->gpus[1].energy_mj += second * (to_ms - from_ms);
    sample(scene, to_ms);
}

static struct energy_reading end(struct scene *scene, int64_t job_id, int64_t now_ms)
{
    struct energy_reading reading;

    assert_true(meter_end(scene->meter, job_id, 1, now_ms, &reading));
    return reading;
}

static void a_job_takes_what_the_counter_of_its_gpu_says(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 2, T);
    draw(scene, 50, 250, T, T + 10000);
    draw(scene, 50, 150, T + 10000, T + 20000);
    reading = end(scene, 7, T + 20000);
    assert_true(reading.gpu_measured);
    assert_false(reading.cpu_measured);
    assert_int_equal(reading.gpu, 4000);
    assert_int_equal(reading.idle, 400);
    assert_int_equal(meter_take_idle(scene->meter, 0), 1000);
    assert_int_equal(meter_take_idle(scene->meter, 1), 0);
}

static void two_gpus_count_both(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 3, T);
    draw(scene, 100, 200, T, T + 10000);
    reading = end(scene, 7, T + 10000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 3000);
    assert_int_equal(reading.idle, 400);
}

static void a_job_that_begins_between_samples_has_its_part_of_the_span(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T + 2500);
    draw(scene, 100, 0, T, T + 10000);
    reading = end(scene, 7, T + 10000);
    assert_int_equal(reading.gpu, 750);
    assert_int_equal(meter_take_idle(scene->meter, 0), 250);
}

static void without_a_counter_power_is_integrated(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    scene->gpus[0].energy_mj = GPU_UNKNOWN;
    scene->gpus[0].power_mw = 100000;
    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    scene->gpus[0].power_mw = 200000;
    sample(scene, T + 10000);
    sample(scene, T + 20000);
    reading = end(scene, 7, T + 20000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 1500 + 2000);
}

static void a_long_gap_between_power_samples_is_not_measured(void **state)
{
    struct scene *scene = *state;

    scene->gpus[0].energy_mj = GPU_UNKNOWN;
    scene->gpus[0].power_mw = 100000;
    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    sample(scene, T + METER_GAP_MS + 1);
    assert_false(end(scene, 7, T + METER_GAP_MS + 1).gpu_measured);
}

static void a_counter_bridges_a_long_gap(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    draw(scene, 100, 0, T, T + 3600000);
    reading = end(scene, 7, T + 3600000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 360000);
}

static void a_counter_that_goes_back_or_leaps_is_refused(void **state)
{
    static const int64_t leaps[] = {-1, -5000000, 7000000, INT64_MAX / 4};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(leaps) / sizeof(leaps[0]); i++) {
        int64_t begins = T + (int64_t)i * 100000;

        scene->gpus[0].energy_mj = 5000000;
        sample(scene, begins);
        meter_begin(scene->meter, 7, 1, 1, begins);
        scene->gpus[0].energy_mj += leaps[i];
        sample(scene, begins + 10000);
        assert_false(end(scene, 7, begins + 10000).gpu_measured);
        meter_take_idle(scene->meter, 0);
    }
}

static void a_short_hole_in_a_long_run_is_filled_by_its_mean(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    draw(scene, 100, 0, T, T + 1990000);
    scene->gpus[0].energy_mj = 0; /* the driver was loaded anew */
    sample(scene, T + 2000000);
    reading = end(scene, 7, T + 2000000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 200000);
}

static void a_gpu_that_is_another_one_by_its_uuid_is_not_measured(void **state)
{
    struct scene *scene = *state;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    snprintf(scene->gpus[0].uuid, sizeof(scene->gpus[0].uuid), "GPU-x");
    draw(scene, 100, 0, T, T + 10000);
    assert_false(end(scene, 7, T + 10000).gpu_measured);
}

static void an_end_that_was_not_seen_is_not_measured(void **state)
{
    struct scene *scene = *state;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    draw(scene, 100, 0, T, T + 10000);
    assert_false(end(scene, 7, T + 20000).gpu_measured);
    meter_begin(scene->meter, 8, 1, 1, T + 20000);
    assert_false(end(scene, 8, T + 21000).gpu_measured);
}

static void the_time_before_it_began_covers_nothing(void **state)
{
    struct scene *scene = *state;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T + 5000);
    draw(scene, 100, 0, T, T + 10000);
    assert_false(end(scene, 7, T + 12500).gpu_measured);
}

static void a_job_without_gpus_has_no_energy_of_gpus(void **state)
{
    struct scene *scene = *state;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 0, T);
    draw(scene, 100, 100, T, T + 10000);
    assert_false(end(scene, 7, T + 10000).gpu_measured);
    assert_int_equal(meter_take_idle(scene->meter, 0), 1000);
    assert_int_equal(meter_take_idle(scene->meter, 0), 0);
}

static void the_idle_draw_is_learnt_while_nobody_has_the_gpu(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    draw(scene, 40, 0, T, T + 10000);
    assert_int_equal(meter_idle_mw(scene->meter, 0), 40000);
    meter_set_idle(scene->meter, 0, 99);
    draw(scene, 100, 0, T + 10000, T + 70000);
    assert_int_equal(meter_idle_mw(scene->meter, 0), 46000);
    meter_begin(scene->meter, 7, 1, 1, T + 70000);
    draw(scene, 200, 0, T + 70000, T + 80000);
    assert_int_equal(meter_idle_mw(scene->meter, 0), 46000);
    reading = end(scene, 7, T + 80000);
    assert_int_equal(reading.idle, 460);
    draw(scene, 290, 0, T + 80000, T + 81000); /* it cools down */
    assert_int_equal(meter_idle_mw(scene->meter, 0), 46000);
    scene->gpus[0].has_foreign = true;
    draw(scene, 290, 0, T + 100000, T + 120000);
    draw(scene, 290, 0, T + 120000, T + 140000);
    assert_int_equal(meter_idle_mw(scene->meter, 0), 46000);
}

static void a_job_is_never_more_idle_than_it_drew(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    draw(scene, 15, 0, T, T + 10000);
    reading = end(scene, 7, T + 10000);
    assert_int_equal(reading.gpu, 150);
    assert_int_equal(reading.idle, 150);
}

/* What a restart leaves: the record, through its text, in a new meter. */
static void restart(struct scene *scene, const char *boot_id)
{
    struct meter_record record;
    struct text bytes = TEXT_EMPTY;

    assert_true(meter_save(scene->meter, 7, 1, &record));
    meter_destroy(scene->meter);
    scene->meter = meter_create(boot_id);
    meter_record_format(&record, &bytes);
    memset(&record, 0xff, sizeof(record));
    assert_int_equal(meter_record_parse(bytes.bytes, bytes.length, &record, NULL), 0);
    meter_resume(scene->meter, &record);
    text_release(&bytes);
}

static void a_restart_leaves_no_hole_where_there_is_a_counter(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T + 1000);
    draw(scene, 100, 0, T, T + 10000);
    restart(scene, BOOT);
    draw(scene, 200, 0, T + 10000, T + 100000);
    reading = end(scene, 7, T + 100000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 900 + 18000);
    assert_int_equal(meter_take_idle(scene->meter, 0), 0);
}

static void a_restart_right_after_the_begin_goes_on_from_there(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T + 1000);
    restart(scene, BOOT);
    draw(scene, 100, 0, T, T + 101000);
    reading = end(scene, 7, T + 101000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 10000);
}

static void a_gpu_seen_before_its_job_was_found_again_counts_too(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;
    struct meter_record record;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    draw(scene, 100, 0, T, T + 10000);
    assert_true(meter_save(scene->meter, 7, 1, &record));
    meter_destroy(scene->meter);
    scene->meter = meter_create(BOOT);
    draw(scene, 100, 0, T + 10000, T + 20000);
    meter_resume(scene->meter, &record);
    draw(scene, 100, 0, T + 20000, T + 30000);
    reading = end(scene, 7, T + 30000);
    assert_true(reading.gpu_measured);
    assert_int_equal(reading.gpu, 3000);
}

static void what_power_samples_missed_by_a_restart_is_not_made_up(void **state)
{
    struct scene *scene = *state;

    scene->gpus[0].energy_mj = GPU_UNKNOWN;
    scene->gpus[0].power_mw = 100000;
    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    sample(scene, T + 10000);
    restart(scene, BOOT);
    sample(scene, T + 100000);
    sample(scene, T + 110000);
    assert_false(end(scene, 7, T + 110000).gpu_measured);
}

static void a_job_of_another_boot_is_not_measured(void **state)
{
    struct scene *scene = *state;

    sample(scene, T);
    meter_begin(scene->meter, 7, 1, 1, T);
    restart(scene, "99999999-2222-3333-4444-555555555555");
    draw(scene, 100, 0, T, T + 10000);
    assert_false(end(scene, 7, T + 10000).gpu_measured);
}

static void an_attempt_that_is_not_known_cannot_end(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading = {.gpu = 42};
    struct meter_record record;

    assert_false(meter_end(scene->meter, 7, 1, T, &reading));
    assert_int_equal(reading.gpu, 42);
    assert_false(meter_save(scene->meter, 7, 1, &record));
}

#define METER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        METER_TEST(a_job_takes_what_the_counter_of_its_gpu_says),
        METER_TEST(two_gpus_count_both),
        METER_TEST(a_job_that_begins_between_samples_has_its_part_of_the_span),
        METER_TEST(without_a_counter_power_is_integrated),
        METER_TEST(a_long_gap_between_power_samples_is_not_measured),
        METER_TEST(a_counter_bridges_a_long_gap),
        METER_TEST(a_counter_that_goes_back_or_leaps_is_refused),
        METER_TEST(a_short_hole_in_a_long_run_is_filled_by_its_mean),
        METER_TEST(a_gpu_that_is_another_one_by_its_uuid_is_not_measured),
        METER_TEST(an_end_that_was_not_seen_is_not_measured),
        METER_TEST(the_time_before_it_began_covers_nothing),
        METER_TEST(a_job_without_gpus_has_no_energy_of_gpus),
        METER_TEST(the_idle_draw_is_learnt_while_nobody_has_the_gpu),
        METER_TEST(a_job_is_never_more_idle_than_it_drew),
        METER_TEST(a_restart_leaves_no_hole_where_there_is_a_counter),
        METER_TEST(a_restart_right_after_the_begin_goes_on_from_there),
        METER_TEST(a_gpu_seen_before_its_job_was_found_again_counts_too),
        METER_TEST(what_power_samples_missed_by_a_restart_is_not_made_up),
        METER_TEST(a_job_of_another_boot_is_not_measured),
        METER_TEST(an_attempt_that_is_not_known_cannot_end),
    };

    return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}

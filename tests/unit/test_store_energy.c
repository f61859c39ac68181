/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "tests/support/stores.h"

#define START ((instant)1767225600)

/* A job of user 1000, name "train", 2 GPUs, that ended well and drew so much. */
static void add_run(struct stores *stores, int64_t id, int64_t watts_per_gpu)
{
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(id, 1000, START);
    struct job_spec spec = stores_spec("ada", "train");
    struct job_event submitted = {
        .job_id = id, .kind = JOB_EVENT_SUBMITTED, .at = START};
    struct job_energy energy = {
        .job_id = id,
        .attempt = 1,
        .pool = "lab",
        .begins = START + id * 1000,
        .ends = START + id * 1000 + 100,
        .gpu_joules = watts_per_gpu < 0 ? JOB_ENERGY_UNKNOWN : 200 * watts_per_gpu,
        .cpu_joules = 5,
    };

    job.gpus = 2;
    job.gpus_min = 2;
    job.gpus_max = 2;
    assert_int_equal(job_apply(&job, &submitted, NULL), 0);
    store_batch_add_job(batch, &job, &spec);
    stores_write(stores, batch);
    stores_finish(stores, &job, JOB_DONE, START + id * 1000, START + id * 1000 + 100);
    batch = store_batch_create();
    store_batch_add_energy(batch, &energy);
    stores_write(stores, batch);
}

static int64_t median_power(struct stores *stores, uint32_t uid, const char *name,
                            int32_t gpus)
{
    int64_t watts = -1;

    assert_int_equal(store_median_power(stores->reader, uid, name, gpus, &watts, NULL),
                     0);
    return watts;
}

static void power_is_the_median_of_like_runs_from_three_on(void **state)
{
    struct stores *stores = *state;

    add_run(stores, 1, 200);
    add_run(stores, 2, 400);
    assert_int_equal(median_power(stores, 1000, "train", 2), 0);
    add_run(stores, 3, 250);
    assert_int_equal(median_power(stores, 1000, "train", 2), 250);
    assert_int_equal(median_power(stores, 1001, "train", 2), 0);
    assert_int_equal(median_power(stores, 1000, "other", 2), 0);
    assert_int_equal(median_power(stores, 1000, "train", 1), 0);
}

static void runs_whose_gpus_were_not_measured_teach_nothing(void **state)
{
    struct stores *stores = *state;

    add_run(stores, 1, 200);
    add_run(stores, 2, -1);
    add_run(stores, 3, 300);
    assert_int_equal(median_power(stores, 1000, "train", 2), 0);
}

static void only_the_last_twenty_runs_count(void **state)
{
    struct stores *stores = *state;

    for (int64_t id = 1; id <= 30; id++)
        add_run(stores, id, id <= 10 ? 1000 : 100);
    assert_int_equal(median_power(stores, 1000, "train", 2), 100);
}

static void power_stays_within_what_a_job_may_say(void **state)
{
    struct stores *stores = *state;

    for (int64_t id = 1; id <= 3; id++)
        add_run(stores, id, INT64_C(10) * JOB_POWER_MAX);
    assert_int_equal(median_power(stores, 1000, "train", 2), JOB_POWER_MAX);
}

struct rows {
    struct job_energy items[8];
    size_t count;
};

static int on_energy(const struct job_energy *energy, void *context, struct error *err)
{
    struct rows *rows = context;

    (void)err;
    assert_true(rows->count < 8);
    rows->items[rows->count++] = *energy;
    return 0;
}

static void what_was_not_measured_is_read_as_such(void **state)
{
    struct stores *stores = *state;
    struct rows rows = {.count = 0};

    add_run(stores, 1, -1);
    assert_int_equal(store_load_energy(stores->reader, 1, on_energy, &rows, NULL), 0);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0].gpu_joules, JOB_ENERGY_UNKNOWN);
    assert_int_equal(rows.items[0].cpu_joules, 5);
    assert_int_equal(rows.items[0].idle_joules, 0);
    assert_int_equal(rows.items[0].ends - rows.items[0].begins, 100);
    assert_string_equal(rows.items[0].pool, "lab");
}

static void the_energy_of_a_period_comes_in_the_order_of_its_jobs(void **state)
{
    struct stores *stores = *state;
    struct rows rows = {.count = 0};

    for (int64_t id = 1; id <= 4; id++)
        add_run(stores, id, id);
    assert_int_equal(store_load_period_energy(stores->reader, START + 1500,
                                              START + 3500, on_energy, &rows, NULL),
                     0);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.items[0].job_id, 2);
    assert_int_equal(rows.items[1].job_id, 3);
}

static void energy_goes_with_its_job(void **state)
{
    struct stores *stores = *state;
    struct rows rows = {.count = 0};
    size_t deleted = 0;

    add_run(stores, 1, 100);
    assert_int_equal(
        store_prune(stores->store, START + 10 * DAY, 0, 100, &deleted, NULL), 0);
    assert_int_equal(deleted, 1);
    assert_int_equal(store_load_energy(stores->reader, 1, on_energy, &rows, NULL), 0);
    assert_int_equal(rows.count, 0);
}

struct hours {
    int64_t joules[8];
    instant begins[8];
    size_t count;
};

static int on_hour(const char *pool, instant begins, int64_t joules, void *context,
                   struct error *err)
{
    struct hours *hours = context;

    (void)err;
    assert_string_equal(pool, "lab");
    assert_true(hours->count < 8);
    hours->joules[hours->count] = joules;
    hours->begins[hours->count++] = begins;
    return 0;
}

static struct hours load_hours(struct stores *stores)
{
    struct hours hours = {.count = 0};

    assert_int_equal(store_load_idle_energy(stores->reader, START, START + DAY, on_hour,
                                            &hours, NULL),
                     0);
    return hours;
}

static void idle_energy_adds_up_hour_by_hour(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();
    struct hours hours;
    size_t deleted = 0;

    store_batch_add_idle_energy(batch, "lab", START + 10, 100);
    store_batch_add_idle_energy(batch, "lab", START + 3599, 20);
    store_batch_add_idle_energy(batch, "lab", START + 3600, 3);
    store_batch_add_idle_energy(batch, "lab", START + DAY, 7);
    stores_write(stores, batch);
    hours = load_hours(stores);
    assert_int_equal(hours.count, 2);
    assert_int_equal(hours.joules[0], 120);
    assert_int_equal(hours.begins[0], START);
    assert_int_equal(hours.joules[1], 3);
    assert_int_equal(store_prune(stores->store, 0, START + 3600, 100, &deleted, NULL),
                     0);
    assert_int_equal(deleted, 1);
    assert_int_equal(load_hours(stores).count, 1);
}

static void an_hour_holds_no_more_than_a_number_can(void **state)
{
    struct stores *stores = *state;
    struct store_batch *batch = store_batch_create();

    store_batch_add_idle_energy(batch, "lab", START, INT64_MAX - 1);
    store_batch_add_idle_energy(batch, "lab", START, 100);
    stores_write(stores, batch);
    assert_true(load_hours(stores).joules[0] == INT64_MAX);
}

#define STORE_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(power_is_the_median_of_like_runs_from_three_on),
        STORE_TEST(runs_whose_gpus_were_not_measured_teach_nothing),
        STORE_TEST(only_the_last_twenty_runs_count),
        STORE_TEST(power_stays_within_what_a_job_may_say),
        STORE_TEST(what_was_not_measured_is_read_as_such),
        STORE_TEST(the_energy_of_a_period_comes_in_the_order_of_its_jobs),
        STORE_TEST(energy_goes_with_its_job),
        STORE_TEST(idle_energy_adds_up_hour_by_hour),
        STORE_TEST(an_hour_holds_no_more_than_a_number_can),
    };

    return cmocka_run_group_tests_name("store of energy", tests, NULL, NULL);
}

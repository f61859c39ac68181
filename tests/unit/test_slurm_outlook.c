/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/slurm/outlook.h"
#include "tests/support/slurm_scene.h"

#define NOW ((instant)10000)

/* Two nodes of two GPUs in partition "gpu", and one of another. */
struct cluster {
    struct slurm_scene scene;
    struct slurm_node items[3];
    struct slurm_reservation reservations[2];
    struct slurm_nodes nodes;
    struct slurm_outlook *outlook;
};

static int setup(void **state)
{
    static char mine[] = ",gpu,all,";
    static char other[] = ",cpu,";
    struct cluster *cluster = xcalloc(1, sizeof(*cluster));

    for (int i = 0; i < 3; i++)
        cluster->items[i] = (struct slurm_node){
            .partitions = i < 2 ? mine : other,
            .capacity = {2, 8, 4096},
            .is_up = true,
        };
    cluster->nodes.items = cluster->items;
    cluster->nodes.count = 3;
    cluster->nodes.reservations = cluster->reservations;
    cluster->outlook = xcalloc(1, sizeof(*cluster->outlook));
    *state = cluster;
    return 0;
}

static int teardown(void **state)
{
    struct cluster *cluster = *state;

    scene_release(&cluster->scene);
    free(cluster->outlook);
    free(cluster);
    return 0;
}

/* Ours are the jobs from 100 on. */
static bool is_ours(const struct slurm_unit *unit, void *context)
{
    (void)context;
    return unit->id >= 100;
}

static struct slurm_view look(struct cluster *cluster)
{
    return (struct slurm_view){.partition = "gpu",
                               .nodes = &cluster->nodes,
                               .units = scene_list(&cluster->scene),
                               .now = NOW};
}

static const struct slurm_outlook *make(struct cluster *cluster)
{
    struct slurm_view view = look(cluster);

    view.unseen = slurm_outlook_unseen(&view, NOW);
    slurm_outlook_make(cluster->outlook, &view, is_ours, NULL);
    return cluster->outlook;
}

static void assert_use(const struct slurm_outlook *outlook, size_t index,
                       instant begins, instant ends, int64_t gpus)
{
    assert_true(index < outlook->count);
    assert_int_equal(begins, outlook->uses[index].begins);
    assert_int_equal(ends, outlook->uses[index].ends);
    assert_int_equal(gpus, outlook->uses[index].taken.gpus);
}

static void only_nodes_of_the_partition_that_are_up_count(void **state)
{
    struct cluster *cluster = *state;

    assert_int_equal(4, make(cluster)->capacity.gpus);
    assert_int_equal(16, cluster->outlook->capacity.cpus);
    assert_int_equal(0, cluster->outlook->count);
    cluster->items[1].is_up = false;
    assert_int_equal(2, make(cluster)->capacity.gpus);
}

static void others_hold_what_they_run_on_until_their_limits(void **state)
{
    struct cluster *cluster = *state;
    struct slurm_job *record = scene_add(&cluster->scene, 1);

    scene_run(record, NOW - 600);
    record = scene_add(&cluster->scene, 2);
    scene_run(record, NOW - 2 * HOUR); /* past its limit */
    record = scene_add(&cluster->scene, 3);
    scene_run(record, NOW);
    record->limit = 0;
    record = scene_add(&cluster->scene, 100);
    scene_run(record, NOW);
    record = scene_add(&cluster->scene, 4);
    record->state = SLURM_COMPLETED;
    make(cluster);
    assert_int_equal(3, cluster->outlook->count);
    assert_use(cluster->outlook, 0, NOW, NOW + HOUR - 600, 1);
    assert_use(cluster->outlook, 1, NOW, NOW + 5 * MINUTE, 1);
    assert_use(cluster->outlook, 2, NOW, NOW + SLURM_UNLIMITED, 1);
}

static void those_that_wait_come_first_come_first_served(void **state)
{
    struct cluster *cluster = *state;
    struct slurm_job *record = scene_add(&cluster->scene, 100);

    scene_run(record, NOW);
    record->wanted.gpus = 3;
    record = scene_add(&cluster->scene, 1);
    record->submitted = 3000;
    record->wanted.gpus = 1;
    record = scene_add(&cluster->scene, 2);
    record->submitted = 2000;
    record->wanted.gpus = 2;
    make(cluster);
    assert_int_equal(2, cluster->outlook->count);
    /* Ours ends in an hour, and the first of them has waited for that. */
    assert_use(cluster->outlook, 0, NOW + HOUR, NOW + 2 * HOUR, 2);
    assert_use(cluster->outlook, 1, NOW + HOUR, NOW + 2 * HOUR, 1);
}

static void what_waits_for_its_own_array_holds_what_it_asks_for(void **state)
{
    struct cluster *cluster = *state;

    scene_add(&cluster->scene, 1)->reason = SLURM_REASON_ARRAY_LIMIT;
    assert_int_equal(1, make(cluster)->count);
}

static void what_is_kept_from_starting_holds_nothing(void **state)
{
    struct cluster *cluster = *state;

    scene_add(&cluster->scene, 1)->begin = NOW + 1;
    scene_add(&cluster->scene, 2)->reason = SLURM_REASON_HELD_USER;
    scene_add(&cluster->scene, 3)->reason = SLURM_REASON_DEPENDENCY;
    scene_add(&cluster->scene, 4)->wanted.gpus = 5; /* more than there are */
    scene_add(&cluster->scene, 100);
    assert_int_equal(0, make(cluster)->count);
}

static void what_other_partitions_hold_of_shared_nodes_is_seen(void **state)
{
    struct cluster *cluster = *state;
    static char other[] = "all";
    struct slurm_job *record = scene_add(&cluster->scene, 1);

    record->partition = other;
    scene_run(record, NOW);
    record = scene_add(&cluster->scene, 100);
    scene_run(record, NOW);
    cluster->items[0].used = (struct resources){2, 2, 2048};
    make(cluster);
    assert_int_equal(1, cluster->outlook->count);
    assert_use(cluster->outlook, 0, NOW, NOW + HOUR, 1);
}

static void what_ends_while_both_are_listed_is_nobody_elses(void **state)
{
    struct cluster *cluster = *state;
    struct slurm_job *record = scene_add(&cluster->scene, 1);
    struct slurm_view view;

    scene_run(record, NOW - HOUR);
    cluster->items[0].used = (struct resources){2, 2, 2048};
    view = look(cluster);
    assert_int_equal(1, slurm_outlook_unseen(&view, NOW).gpus);
    record->state = SLURM_COMPLETED;
    record->ended = NOW;
    assert_int_equal(1, slurm_outlook_unseen(&view, NOW).gpus);
    record->ended = NOW - 1;
    assert_int_equal(2, slurm_outlook_unseen(&view, NOW).gpus);
    record->ended = NOW;
    record->started = 0; /* it was cancelled before it ran */
    assert_int_equal(2, slurm_outlook_unseen(&view, NOW).gpus);
    cluster->items[0].is_up = false;
    assert_int_equal(0, slurm_outlook_unseen(&view, NOW).gpus);
}

static void a_job_that_ends_after_the_nodes_were_listed_leaves_no_gap(void **state)
{
    struct cluster *cluster = *state;
    struct slurm_job *record = scene_add(&cluster->scene, 1);
    struct slurm_view view;

    scene_run(record, NOW - HOUR);
    cluster->items[0].used = (struct resources){1, 1, 1024};
    view = look(cluster);
    view.unseen = slurm_outlook_unseen(&view, NOW);
    record->state = SLURM_COMPLETED;
    record->ended = NOW + MINUTE;
    view.now = NOW + 2 * MINUTE;
    slurm_outlook_make(cluster->outlook, &view, is_ours, NULL);
    assert_int_equal(0, cluster->outlook->count);
    assert_int_equal(4, cluster->outlook->capacity.gpus);
}

static void reservations_count_from_their_begin(void **state)
{
    struct cluster *cluster = *state;

    cluster->nodes.reservation_count = 2;
    cluster->reservations[0] = (struct slurm_reservation){
        .begins = NOW + HOUR, .ends = NOW + 2 * HOUR, .taken = {2, 8, 4096}};
    cluster->reservations[1] = (struct slurm_reservation){
        .begins = NOW - HOUR, .ends = NOW - 1, .taken = {2, 8, 4096}};
    make(cluster);
    assert_int_equal(1, cluster->outlook->count);
    assert_use(cluster->outlook, 0, NOW + HOUR, NOW + 2 * HOUR, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_nodes_of_the_partition_that_are_up_count),
        TEST(others_hold_what_they_run_on_until_their_limits),
        TEST(those_that_wait_come_first_come_first_served),
        TEST(what_waits_for_its_own_array_holds_what_it_asks_for),
        TEST(what_is_kept_from_starting_holds_nothing),
        TEST(what_other_partitions_hold_of_shared_nodes_is_seen),
        TEST(what_ends_while_both_are_listed_is_nobody_elses),
        TEST(a_job_that_ends_after_the_nodes_were_listed_leaves_no_gap),
        TEST(reservations_count_from_their_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

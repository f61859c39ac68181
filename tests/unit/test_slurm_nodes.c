/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/file.h"
#include "base/time.h"
#include "nodes/slurm/fault.h"
#include "nodes/slurm/hostlist.h"
#include "nodes/slurm/record.h"

#define DATA "tests/data/slurm/"

static struct slurm_nodes load(const char *path)
{
    struct slurm_nodes nodes = {0};
    struct text text = TEXT_EMPTY;

    assert_int_equal(0, file_load(path, 1 << 20, &text, NULL));
    assert_int_equal(0, slurm_nodes_parse(text.bytes, text.length, &nodes, NULL));
    text_release(&text);
    return nodes;
}

static void check(const struct resources *is, int64_t gpus, int64_t cpus,
                  int64_t memory)
{
    assert_int_equal(gpus, is->gpus);
    assert_int_equal(cpus, is->cpus);
    assert_int_equal(memory, is->memory);
}

static void recorded_nodes_of_22_05_are_read(void **state)
{
    struct slurm_nodes nodes = load(DATA "nodes-22.05.json");

    (void)state;
    assert_int_equal(3, nodes.count);
    assert_string_equal("cn1", nodes.items[0].name);
    assert_string_equal(",main,green,", nodes.items[0].partitions);
    assert_string_equal("a100", nodes.items[0].gpu_type);
    check(&nodes.items[0].capacity, 2, 2, 1000);
    check(&nodes.items[0].used, 2, 2, 1000);
    check(&nodes.items[1].used, 0, 2, 200);
    assert_true(nodes.items[0].is_up);
    assert_false(nodes.items[2].is_up);
    assert_string_equal("broken \"fan", nodes.items[2].reason);
    slurm_nodes_release(&nodes);
}

static void nodes_of_newer_versions_are_read(void **state)
{
    struct slurm_nodes nodes = load(DATA "nodes-24.11.json");

    (void)state;
    assert_int_equal(4, nodes.count);
    assert_true(nodes.items[0].is_up);
    check(&nodes.items[0].capacity, 8, 64, 512000);
    check(&nodes.items[0].used, 3, 16, 1000);
    assert_string_equal("a100", nodes.items[0].gpu_type);
    assert_false(nodes.items[1].is_up);
    check(&nodes.items[1].capacity, 8, 64, 512000);
    assert_string_equal("", nodes.items[1].gpu_type);
    assert_string_equal(",", nodes.items[1].partitions);
    /* A job would wake it. */
    assert_true(nodes.items[2].is_up);
    assert_string_equal(",cloud,gpu,", nodes.items[2].partitions);
    assert_false(nodes.items[3].is_up);
    check(&nodes.items[3].capacity, 0, 0, 0);
    slurm_nodes_release(&nodes);
}

static instant at(const char *text)
{
    instant when = 0;

    assert_int_equal(0, instant_parse(text, &when, NULL));
    return when;
}

static void a_reservation_takes_its_nodes_or_some_of_their_cores(void **state)
{
    struct slurm_nodes nodes = load(DATA "nodes-22.05.json");
    struct text text = TEXT_EMPTY;

    (void)state;
    file_load(DATA "reservations-22.05.txt", 1 << 20, &text, NULL);
    assert_int_equal(0,
                     slurm_reservations_parse(text.bytes, text.length, &nodes, NULL));
    assert_int_equal(2, nodes.reservation_count);
    assert_string_equal("soon", nodes.reservations[0].name);
    assert_string_equal("cn[1-2]", nodes.reservations[0].nodes);
    assert_int_equal(at("2026-11-27T22:55:35Z"), nodes.reservations[0].begins);
    assert_int_equal(at("2026-11-27T23:55:35Z"), nodes.reservations[0].ends);
    check(&nodes.reservations[0].taken, 4, 4, 2000);
    assert_string_equal("part", nodes.reservations[1].name);
    check(&nodes.reservations[1].taken, 0, 1, 0);
    text_release(&text);
    slurm_nodes_release(&nodes);
}

static void the_order_of_what_is_said_of_a_reservation_does_not_matter(void **state)
{
    static const char line[] =
        "ReservationName=a TRES=cpu=1,gres/gpu=1 Nodes=(null) EndTime=x\n"
        "ReservationName=b TRES=cpu=1,gres/gpu=1 CoreCnt=1 Nodes=cn1 "
        "EndTime=2026-01-01T01:00:00 Comment=StartTime=9 StartTime=2026-01-01T00:00:00";
    struct slurm_nodes nodes = load(DATA "nodes-22.05.json");

    (void)state;
    assert_int_equal(0, slurm_reservations_parse(line, strlen(line), &nodes, NULL));
    assert_int_equal(1, nodes.reservation_count);
    assert_string_equal("b", nodes.reservations[0].name);
    assert_int_equal(at("2026-01-01T00:00:00Z"), nodes.reservations[0].begins);
    check(&nodes.reservations[0].taken, 1, 1, 0);
    slurm_nodes_release(&nodes);
}

static void reservations_are_read_from_json_too(void **state)
{
    static const char json[] =
        "{\"reservations\": [{\"name\": \"a\", \"node_list\": \"cn[2-3,9]\","
        " \"start_time\": {\"set\": true, \"number\": 100}, \"end_time\": 200,"
        " \"tres\": \"cpu=4\"}, {\"name\": \"licences\", \"node_list\": \"\","
        " \"start_time\": 100, \"end_time\": 200}], \"errors\": []}";
    struct slurm_nodes nodes = load(DATA "nodes-22.05.json");

    (void)state;
    assert_int_equal(
        0, slurm_reservations_parse_json(json, sizeof(json) - 1, &nodes, NULL));
    assert_int_equal(1, nodes.reservation_count);
    assert_int_equal(100, nodes.reservations[0].begins);
    check(&nodes.reservations[0].taken, 4, 4, 2000);
    slurm_nodes_release(&nodes);
}

static void what_is_no_reservation_is_refused(void **state)
{
    static const char *const bad[] = {
        "slurm_load_reservations error",
        "ReservationName=a StartTime=2026-01-01T00:00:00 EndTime=2026-01-01T01:00:00 "
        "Nodes=cn[1 NodeCnt=1",
    };
    static const char none[] = "No reservations in the system\n";
    struct slurm_nodes nodes = {0};
    struct error err = {0};

    (void)state;
    assert_int_equal(0, slurm_reservations_parse(none, strlen(none), &nodes, &err));
    assert_int_equal(0, nodes.reservation_count);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            -1, slurm_reservations_parse(bad[i], strlen(bad[i]), &nodes, &err));
        assert_int_equal(ERROR_INVALID, err.code);
    }
}

static void on_host(const char *name, void *context)
{
    text_add_format(context, "%s ", name);
}

static void a_hostlist_is_told_host_by_host(void **state)
{
    static const struct {
        const char *list;
        const char *told; /* from the last to the first; NULL: refused */
    } rows[] = {
        {"", ""},
        {"login,cn1", "cn1 login "},
        {"cn[1-3,007-009]x", "cn009x cn008x cn007x cn3x cn2x cn1x "},
        {"r[1-2]n[08-10]", "r2n10 r2n09 r2n08 r1n10 r1n09 r1n08 "},
        {"a,,b", NULL},
        {"a,", NULL},
        {"cn[1", NULL},
        {"cn1]", NULL},
        {"cn[]", NULL},
        {"cn[3-1]", NULL},
        {"cn[1-2", NULL},
        {"cn[a]", NULL},
        {"cn[1;2]", NULL},
        {"cn[[1]]", NULL},
        {"cn[99999999999]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text told = TEXT_EMPTY;
        int status = hostlist_each(rows[i].list, 100, on_host, &told, NULL);

        assert_int_equal(rows[i].told ? 0 : -1, status);
        if (rows[i].told)
            assert_string_equal(rows[i].told, told.bytes);
        text_release(&told);
    }
}

static void a_hostlist_of_too_many_hosts_is_refused(void **state)
{
    static const char *const lists[] = {"a[1-4]", "a[1-2]b[1-2]", "a,b,c,d"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct text told = TEXT_EMPTY;
        struct error err = {0};

        assert_int_equal(0, hostlist_each(lists[i], 4, on_host, &told, &err));
        assert_int_equal(-1, hostlist_each(lists[i], 3, on_host, &told, &err));
        assert_int_equal(ERROR_TOO_LARGE, err.code);
        text_release(&told);
    }
}

static void what_slurm_says_becomes_an_error_to_act_on(void **state)
{
    static const struct {
        const char *said;
        enum error_code code;
    } rows[] = {
        {"slurm_update error: Invalid job id specified", ERROR_MISSING},
        {"scancel: error: Kill job error on job id 1: Job/step already completing or "
         "completed",
         ERROR_CONFLICT},
        {"Access/permission denied for job 1", ERROR_FORBIDDEN},
        {"squeue: error: Unable to contact slurm controller (connect failure)",
         ERROR_UNAVAILABLE},
        {"Socket timed out on send/recv operation", ERROR_UNAVAILABLE},
        {"Unexpected message received for job 8", ERROR_UNAVAILABLE},
        {"Invalid time specification (pos=0): 1", ERROR_INVALID},
        {"something new", ERROR_IO},
        {" \n", ERROR_IO},
    };
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(-1, slurm_fault("scontrol", rows[i].said, &err));
        assert_int_equal(rows[i].code, err.code);
    }
    slurm_fault("scontrol", "\n a\tb\x1b \nmore", &err);
    assert_string_equal("scontrol: a?b?", err.text);
    slurm_fault("scontrol", "1_1,3: No error\n1_2: Invalid job id specified\n", &err);
    assert_string_equal("scontrol: 1_2: Invalid job id specified", err.text);
    slurm_fault("squeue", "squeue: error: broken\n", &err);
    assert_string_equal("squeue: broken", err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_nodes_of_22_05_are_read),
        cmocka_unit_test(nodes_of_newer_versions_are_read),
        cmocka_unit_test(a_reservation_takes_its_nodes_or_some_of_their_cores),
        cmocka_unit_test(the_order_of_what_is_said_of_a_reservation_does_not_matter),
        cmocka_unit_test(reservations_are_read_from_json_too),
        cmocka_unit_test(what_is_no_reservation_is_refused),
        cmocka_unit_test(a_hostlist_is_told_host_by_host),
        cmocka_unit_test(a_hostlist_of_too_many_hosts_is_refused),
        cmocka_unit_test(what_slurm_says_becomes_an_error_to_act_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/text.h"
#include "queue/trace.h"

static struct trace trace;
static struct trace_faults faults;

static int parse(const char *text, duration unit)
{
    trace_release(&trace);
    faults.count = 0;
    return trace_parse(text, strlen(text), unit, &trace, &faults);
}

static void assert_fault(size_t at, int line, const char *words)
{
    assert_true(at < faults.count);
    assert_int_equal(line, faults.items[at].line);
    if (!strstr(faults.items[at].text, words))
        fail_msg("'%s' does not say '%s'", faults.items[at].text, words);
}

static int release(void **state)
{
    (void)state;
    trace_release(&trace);
    return 0;
}

static void a_row_is_a_job(void **state)
{
    (void)state;
    assert_int_equal(0,
                     parse("arrival_time,length,cpus\n0.0,6302.9,1\n68,1000,4.0\n", 1));
    assert_int_equal(2, trace.count);
    assert_int_equal(0, trace.jobs[0].arrives);
    assert_int_equal(6302, trace.jobs[0].length);
    assert_int_equal(6302, trace.jobs[0].estimate);
    assert_int_equal(TRACE_NOT_SET, trace.jobs[0].max_wait);
    assert_int_equal(TRACE_NOT_SET, trace.jobs[0].deadline);
    assert_int_equal(68, trace.jobs[1].arrives);
    assert_int_equal(4, trace.jobs[1].gpus);
    assert_int_equal(3, trace.jobs[1].line);
    assert_false(trace.has_interruptible);
}

static void hours_are_read_without_the_noise_of_their_last_digits(void **state)
{
    (void)state;
    assert_int_equal(0, parse("arrival_time,length,cpus\n"
                              "8759.450277777776,25.408055555555556,1\n",
                              HOUR));
    assert_int_equal(31534021, trace.jobs[0].arrives);
    assert_int_equal(91469, trace.jobs[0].length);
}

static void columns_stand_in_any_order_and_others_are_not_looked_at(void **state)
{
    (void)state;
    assert_int_equal(
        0, parse("user, power ,gpus,length,interruptible,priority,deadline,max_wait,"
                 "estimate,\"arrival_time\"\r\n"
                 "ada,250,2,100,yes,-3,900,60,120,7\r\n"
                 "bob,,1,100,no,,,,,8\r\n",
                 1));
    assert_int_equal(250, trace.jobs[0].power);
    assert_int_equal(2, trace.jobs[0].gpus);
    assert_true(trace.jobs[0].interruptible);
    assert_int_equal(-3, trace.jobs[0].priority);
    assert_int_equal(900, trace.jobs[0].deadline);
    assert_int_equal(60, trace.jobs[0].max_wait);
    assert_int_equal(120, trace.jobs[0].estimate);
    assert_int_equal(7, trace.jobs[0].arrives);
    assert_int_equal(0, trace.jobs[1].power);
    assert_int_equal(100, trace.jobs[1].estimate);
    assert_int_equal(TRACE_NOT_SET, trace.jobs[1].max_wait);
    assert_true(trace.has_interruptible);
}

static void jobs_come_in_the_order_of_their_arrival(void **state)
{
    (void)state;
    assert_int_equal(0, parse("arrival_time,length,cpus\n9,1,1\n3,2,1\n9,3,1\n", 1));
    assert_int_equal(2, trace.jobs[0].length);
    assert_int_equal(1, trace.jobs[1].length);
    assert_int_equal(3, trace.jobs[2].length);
}

static void every_fault_is_found_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(-1, parse("arrival_time,length,cpus,interruptible\n"
                               "1,2,3,no\n"
                               "x,2,3,no\n"
                               "1,-2,0,no\n"
                               "\n"
                               "1,2\n"
                               "1,99999999,1,maybe\n",
                               1));
    assert_int_equal(0, trace.count);
    assert_int_equal(6, faults.count);
    assert_fault(0, 3, "arrival_time");
    assert_fault(1, 4, "length");
    assert_fault(2, 4, "cpus");
    assert_fault(3, 6, "fewer fields");
    assert_fault(4, 7, "length must be from 0 to 2592000 seconds");
    assert_fault(5, 7, "neither yes nor no");
}

static void a_table_without_a_needed_column_or_a_job_is_refused(void **state)
{
    (void)state;
    assert_int_equal(-1, parse("arrival_time,cpus\n1,2\n", 1));
    assert_int_equal(1, faults.count);
    assert_fault(0, 1, "no column length");
    assert_int_equal(-1, parse("arrival_time,length,cpus\n", 1));
    assert_fault(0, 0, "no jobs");
    assert_int_equal(-1, parse("", 1));
    assert_fault(0, 0, "no jobs");
}

static void more_faults_than_are_kept_are_counted(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add(&text, "arrival_time,length,cpus\n");
    for (int i = 0; i < TRACE_FAULTS + 5; i++)
        text_add(&text, "a,1,1\n");
    assert_int_equal(-1, parse(text.bytes, 1));
    text_release(&text);
    assert_int_equal(TRACE_FAULTS + 5, faults.count);
}

static void a_part_is_kept_and_counted_from_its_beginning(void **state)
{
    (void)state;
    assert_int_equal(0, parse("arrival_time,length,cpus,deadline\n"
                              "99,1,1,\n100,1,1,500\n199,1,1,\n200,1,1,\n",
                              1));
    trace_keep(&trace, 100, 100);
    assert_int_equal(2, trace.count);
    assert_int_equal(0, trace.jobs[0].arrives);
    assert_int_equal(400, trace.jobs[0].deadline);
    assert_int_equal(99, trace.jobs[1].arrives);
    trace_move(&trace, 1000);
    assert_int_equal(1000, trace.jobs[0].arrives);
    assert_int_equal(1400, trace.jobs[0].deadline);
    assert_int_equal(TRACE_NOT_SET, trace.jobs[1].deadline);
}

static void times_are_cut_to_slots_and_no_job_to_nothing(void **state)
{
    (void)state;
    assert_int_equal(0, parse("arrival_time,length,cpus,estimate\n"
                              "599,4,9,\n601,899,64,901\n",
                              1));
    trace_cut(&trace, 300);
    trace_cap(&trace, 16);
    assert_int_equal(300, trace.jobs[0].arrives);
    assert_int_equal(300, trace.jobs[0].length);
    assert_int_equal(300, trace.jobs[0].estimate);
    assert_int_equal(9, trace.jobs[0].gpus);
    assert_int_equal(600, trace.jobs[1].arrives);
    assert_int_equal(600, trace.jobs[1].length);
    assert_int_equal(1200, trace.jobs[1].estimate);
    assert_int_equal(16, trace.jobs[1].gpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_a_job),
        cmocka_unit_test(hours_are_read_without_the_noise_of_their_last_digits),
        cmocka_unit_test(columns_stand_in_any_order_and_others_are_not_looked_at),
        cmocka_unit_test(jobs_come_in_the_order_of_their_arrival),
        cmocka_unit_test(every_fault_is_found_with_its_line),
        cmocka_unit_test(a_table_without_a_needed_column_or_a_job_is_refused),
        cmocka_unit_test(more_faults_than_are_kept_are_counted),
        cmocka_unit_test(a_part_is_kept_and_counted_from_its_beginning),
        cmocka_unit_test(times_are_cut_to_slots_and_no_job_to_nothing),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, release);
}

/* SPDX-License-Identifier: MIT */
#include "nodes/local/cpu_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "nodes/local/run_process.h"

/* The figures of the line "cpu", as proc(5) orders them. */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, FIGURES };

#define TICKS_MAX (INT64_C(1) << 50)

/* How far up a process's parents are followed. */
#define DEPTH_MAX 1024

int cpu_time_parse(const char *stat, int64_t ticks_per_second, int64_t *busy_ms,
                   struct error *err)
{
    int64_t figures[FIGURES];
    const char *at = stat + 3;

    if (strncmp(stat, "cpu ", 4) != 0 || ticks_per_second <= 0)
        return error_set(err, ERROR_INVALID, "a malformed /proc/stat");
    for (int i = 0; i < FIGURES; i++) {
        char digits[NUMBER_TEXT_SIZE];
        size_t length;

        at += strspn(at, " ");
        length = strcspn(at, " \n");
        if (length >= sizeof(digits))
            return error_set(err, ERROR_INVALID, "a malformed /proc/stat");
        memcpy(digits, at, length);
        digits[length] = '\0';
        if (number_parse(digits, 0, TICKS_MAX, &figures[i], err) < 0)
            return -1;
        at += length;
    }
    *busy_ms = (figures[USER] + figures[NICE] + figures[SYSTEM] + figures[IRQ]
                + figures[SOFTIRQ])
               * 1000 / ticks_per_second;
    return 0;
}

int cpu_time_busy(int64_t *busy_ms, struct error *err)
{
    char text[CPU_TIME_STAT_MAX + 1];

    if (run_process_read("/proc/stat", text, sizeof(text), err) < 0)
        return -1;
    return cpu_time_parse(text, sysconf(_SC_CLK_TCK), busy_ms, err);
}

struct processes {
    struct run_process_stat *items;
    size_t count;
    size_t room;
};

static void on_process(const struct run_process_stat *stat, void *context)
{
    struct processes *processes = context;

    processes->items = xgrow(processes->items, processes->count, &processes->room,
                             sizeof(*processes->items));
    processes->items[processes->count++] = *stat;
}

static int compare_pids(const void *a, const void *b)
{
    const struct run_process_stat *left = a;
    const struct run_process_stat *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

static int compare_roots(const void *a, const void *b)
{
    const struct cpu_time_tree *left = *(struct cpu_time_tree *const *)a;
    const struct cpu_time_tree *right = *(struct cpu_time_tree *const *)b;

    return (left->root > right->root) - (left->root < right->root);
}

static struct cpu_time_tree *find_tree(struct cpu_time_tree **sorted, size_t count,
                                       pid_t root)
{
    struct cpu_time_tree key = {root, 0};
    const struct cpu_time_tree *wanted = &key;
    struct cpu_time_tree **found =
        bsearch(&wanted, sorted, count, sizeof(wanted), compare_roots);

    return found ? *found : NULL;
}

/* Give a process's time to the tree that it is in. */
static void add_process(const struct processes *processes,
                        const struct run_process_stat *process,
                        struct cpu_time_tree **sorted, size_t count)
{
    const struct run_process_stat *at = process;

    for (int depth = 0; at && depth < DEPTH_MAX; depth++) {
        struct cpu_time_tree *tree = find_tree(sorted, count, at->pid);
        struct run_process_stat parent = {.pid = at->parent};

        if (tree) {
            if (tree->cpu_ms < 0)
                tree->cpu_ms = 0;
            tree->cpu_ms += process->cpu_ms;
            return;
        }
        at = bsearch(&parent, processes->items, processes->count, sizeof(parent),
                     compare_pids);
    }
}

int cpu_time_of_trees(struct cpu_time_tree *trees, size_t count, struct error *err)
{
    struct processes processes = {NULL, 0, 0};
    struct cpu_time_tree **sorted = xcalloc(count + 1, sizeof(struct cpu_time_tree *));
    int result = run_process_each(on_process, &processes, err);

    for (size_t i = 0; i < count; i++) {
        trees[i].cpu_ms = -1;
        sorted[i] = &trees[i];
    }
    qsort(sorted, count, sizeof(struct cpu_time_tree *), compare_roots);
    if (processes.count)
        qsort(processes.items, processes.count, sizeof(*processes.items), compare_pids);
    for (size_t i = 0; i < processes.count; i++)
        add_process(&processes, &processes.items[i], sorted, count);
    free(sorted);
    free(processes.items);
    return result;
}

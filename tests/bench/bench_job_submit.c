/* SPDX-License-Identifier: MIT */
#include <stdio.h>

/*
 * What slurmctld spends in the job_submit plugin per job: the plugin as it is built, in
 * a program that stands in for slurmctld. 10 000 submissions each of jobs that are made
 * to wait, of jobs that the lease is not for, and without a lease, after as many to
 * warm up.
 */
#if __has_include(<slurm/slurm.h>)

#include <dlfcn.h>
#include <libgen.h>
#include <slurm/slurm.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nodes/slurm/lease.h"

#define SUBMISSIONS 10000

/* Slurm's side, as the plugin finds it by name. */
void *slurm_xcalloc(size_t count, size_t size, bool clear, bool may_fail,
                    const char *file, int line, const char *function);
void slurm_xfree(void **memory);
void slurm_info(const char *format, ...);
void slurm_verbose(const char *format, ...);
void slurm_debug(const char *format, ...);

void *slurm_xcalloc(size_t count, size_t size, bool clear, bool may_fail,
                    const char *file, int line, const char *function)
{
    (void)clear;
    (void)may_fail;
    (void)file;
    (void)line;
    (void)function;
    return calloc(count, size);
}

void slurm_xfree(void **memory)
{
    free(*memory);
    *memory = NULL;
}

void slurm_info(const char *format, ...)
{
    (void)format;
}

void slurm_verbose(const char *format, ...)
{
    (void)format;
}

void slurm_debug(const char *format, ...)
{
    (void)format;
}

struct bench {
    int (*submit)(job_desc_msg_t *job, uint32_t uid, char **err_msg);
    char directory[32];
    char lease[LEASE_PATH_SIZE];
    char wake[LEASE_PATH_SIZE];
    int socket;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare(const void *one, const void *other)
{
    const int64_t *a = one, *b = other;

    return (*a > *b) - (*a < *b);
}

/* The lease of a large site: this job's row is the last. */
static void write_lease(const struct bench *bench)
{
    static char text[LEASE_SIZE_MAX];
    struct lease lease = {.written = time(NULL),
                          .valid = LEASE_VALID_MAX,
                          .margin = 60,
                          .tells_users = true,
                          .row_count = LEASE_ROWS_MAX};
    FILE *file;

    memcpy(lease.wake, bench->wake, sizeof(lease.wake));
    for (size_t i = 0; i < LEASE_ROWS_MAX; i++) {
        lease.rows[i] = (struct lease_row){LEASE_PARTITION, false, HOUR, DAY, 60, ""};
        snprintf(lease.rows[i].name, LEASE_NAME_SIZE, "partition-%02zu", i);
    }
    file = fopen(bench->lease, "w");
    if (!file || lease_format(&lease, text, sizeof(text), NULL) < 0
        || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

/* One submission: how long the plugin took for it. */
static int64_t submit(const struct bench *bench, const char *partition, bool *is_active)
{
    char name[LEASE_NAME_SIZE],
        script[] = "#!/bin/sh\n", comment[] = "run 7 of ice",
        wait[] = "_SLURM_SPANK_OPTION_penstock_carbon_max_wait=2h",
        other[] = "SLURM_SPANK_OTHER=1";
    char *variables[] = {other, wait};
    char *err_msg = NULL, word[16];
    job_desc_msg_t job;
    int64_t begun, ended;

    memset(&job, 0, sizeof(job));
    snprintf(name, sizeof(name), "%s", partition);
    job.partition = name;
    job.script = script;
    job.comment = comment;
    job.spank_job_env = variables;
    job.spank_job_env_size = 2;
    job.time_limit = 60;
    job.deadline = time(NULL) + DAY;
    job.priority = NO_VAL;
    job.het_job_offset = NO_VAL;
    begun = now_ns();
    bench->submit(&job, 1000, &err_msg);
    ended = now_ns();
    *is_active = job.begin_time > 0 && job.admin_comment && err_msg;
    free(job.admin_comment);
    free(err_msg);
    while (recv(bench->socket, word, sizeof(word), MSG_DONTWAIT) > 0)
        ;
    return ended - begun;
}

static void measure(const struct bench *bench, const char *name, const char *partition,
                    bool must_be_active, int median_max_us)
{
    static int64_t times[SUBMISSIONS];
    int64_t p50, p999;
    bool is_active;

    for (int i = 0; i < SUBMISSIONS; i++)
        submit(bench, partition, &is_active);
    for (int i = 0; i < SUBMISSIONS; i++) {
        times[i] = submit(bench, partition, &is_active);
        if (is_active != must_be_active)
            abort();
    }
    qsort(times, SUBMISSIONS, sizeof(times[0]), compare);
    p50 = times[SUBMISSIONS / 2];
    p999 = times[SUBMISSIONS - SUBMISSIONS / 1000];
    printf("job_submit_%s_p50 %.2f us (at most %d)\n", name, (double)p50 / 1000,
           median_max_us);
    printf("job_submit_%s_p999 %.2f us (at most 1000)\n", name, (double)p999 / 1000);
    printf("job_submit_%s_max %.2f us\n", name, (double)times[SUBMISSIONS - 1] / 1000);
}

static bool open_plugin(struct bench *bench)
{
    char program[4096] = "", path[sizeof(program) + 64];
    int (*start)(void);
    void *library;

    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        return false;
    snprintf(path, sizeof(path), "%s/../slurm/job_submit_penstock.so",
             dirname(program));
    setenv("PENSTOCK_LEASE", bench->lease, 1);
    library = dlopen(path, RTLD_NOW);
    if (!library)
        return false;
    *(void **)&start = dlsym(library, "init");
    *(void **)&bench->submit = dlsym(library, "job_submit");
    return start && bench->submit && start() == 0;
}

static void open_socket(struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, bench->wake, sizeof(address.sun_path));
    bench->socket = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(bench->socket, (const struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
}

int main(void)
{
    struct bench bench = {.directory = "/dev/shm/penstock-bench.XXXXXX"};

    if (!mkdtemp(bench.directory))
        return 1;
    snprintf(bench.lease, sizeof(bench.lease), "%s/lease", bench.directory);
    snprintf(bench.wake, sizeof(bench.wake), "%s/wake", bench.directory);
    if (!open_plugin(&bench)) {
        fprintf(stderr, "bench_job_submit: %s: left out\n", dlerror());
        return 0;
    }
    open_socket(&bench);
    measure(&bench, "no_lease", "partition-63", false, 3);
    write_lease(&bench);
    measure(&bench, "active", "partition-63", true, 10);
    measure(&bench, "not_for_it", "elsewhere", false, 3);
    unlink(bench.lease);
    unlink(bench.wake);
    rmdir(bench.directory);
    return 0;
}

#else

int main(void)
{
    fprintf(stderr, "bench_job_submit: no slurm/slurm.h: left out\n");
    return 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Loads a running daemon through its socket and prints what it measured, one figure a
 * line: `name value unit`.
 *
 * Usage: bench_api SOCKET submit|list
 */

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#define JOBS        100000
#define BATCH       10000
#define SINGLES_MAX 100000
#define PAGES       200

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void send_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t sent = write(fd, bytes, size);

        if (sent <= 0) {
            perror("write");
            exit(EXIT_FAILURE);
        }
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* Read one answer with a Content-Length. Returns its status. */
static int read_answer(int fd, struct text *answer)
{
    static const char field[] = "content-length: ";
    size_t wanted = SIZE_MAX;
    char chunk[65536];

    text_clear(answer);
    while (answer->length < wanted) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        const char *body;

        if (got <= 0) {
            fprintf(stderr, "the daemon hung up\n");
            exit(EXIT_FAILURE);
        }
        text_add_bytes(answer, chunk, (size_t)got);
        body = wanted == SIZE_MAX ? strstr(answer->bytes, "\r\n\r\n") : NULL;
        if (body) {
            const char *length = strcasestr(answer->bytes, field);

            assert(length && length < body);
            wanted = (size_t)(body + 4 - answer->bytes)
                     + strtoul(length + sizeof(field) - 1, NULL, 10);
        }
    }
    return (int)strtol(answer->bytes + sizeof("HTTP/1.1 ") - 1, NULL, 10);
}

static int call(int fd, const char *method, const char *target, const struct text *body,
                struct text *answer)
{
    struct text head = TEXT_EMPTY;

    text_add_format(&head,
                    "%s %s HTTP/1.1\r\nHost: penstock\r\nContent-Length: %zu\r\n\r\n",
                    method, target, body ? body->length : 0);
    send_all(fd, head.bytes, head.length);
    if (body)
        send_all(fd, body->bytes, body->length);
    text_release(&head);
    return read_answer(fd, answer);
}

/* None of them starts while it is measured: they begin some hours from now. */
static void add_job(struct text *body, int number, const char *begin)
{
    text_add_format(body,
                    "{\"command\":[\"python3\",\"train.py\",\"--seed\",\"%d\"],"
                    "\"directory\":\"/home/ada\",\"name\":\"train-%d\",\"gpus\":%d,"
                    "\"time\":%d,\"max_wait\":%d,\"begin\":\"%s\","
                    "\"environment\":[\"PATH=/usr/bin:/bin\",\"HOME=/home/ada\"]}",
                    number, number % 50, 1 + number % 4, 600 + number % 97 * 120,
                    36000 + number % 53 * 3600, begin);
}

struct singles {
    const char *socket;
    char begin[INSTANT_TEXT_SIZE];
    atomic_bool stop;
    double *times;
    size_t count;
};

static void *submit_singles(void *argument)
{
    struct singles *singles = argument;
    struct text answer = TEXT_EMPTY;
    struct text body = TEXT_EMPTY;
    int fd = connect_to(singles->socket);

    while (!atomic_load(&singles->stop) && singles->count < SINGLES_MAX) {
        const struct timespec pause = {.tv_nsec = 1000000};
        double begun;

        text_clear(&body);
        add_job(&body, (int)singles->count, singles->begin);
        begun = seconds_now();
        if (call(fd, "POST", "/v1/jobs", &body, &answer) != 201) {
            fprintf(stderr, "refused: %s\n", answer.bytes);
            exit(EXIT_FAILURE);
        }
        singles->times[singles->count++] = seconds_now() - begun;
        nanosleep(&pause, NULL);
    }
    close(fd);
    text_release(&body);
    text_release(&answer);
    return NULL;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static void print_times(const char *name, double *times, size_t count)
{
    qsort(times, count, sizeof(*times), by_value);
    printf("%s_p50 %.2f ms\n", name, 1e3 * times[count / 2]);
    printf("%s_p99 %.2f ms\n", name, 1e3 * times[count * 99 / 100]);
    printf("%s_max %.2f ms\n", name, 1e3 * times[count - 1]);
}

static void bench_submit(const char *socket)
{
    struct singles singles = {.socket = socket};
    struct text bodies[JOBS / BATCH];
    struct text answer = TEXT_EMPTY;
    int fd = connect_to(socket);
    pthread_t thread;
    double begun;
    double spent;

    instant_format((instant)time(NULL) + 8 * HOUR, singles.begin);
    for (int i = 0; i < JOBS / BATCH; i++) {
        bodies[i] = TEXT_EMPTY;
        text_add(&bodies[i], "[");
        for (int j = 0; j < BATCH; j++) {
            if (j)
                text_add(&bodies[i], ",");
            add_job(&bodies[i], i * BATCH + j, singles.begin);
        }
        text_add(&bodies[i], "]");
    }
    singles.times = xcalloc(SINGLES_MAX, sizeof(double));
    pthread_create(&thread, NULL, submit_singles, &singles);
    begun = seconds_now();
    for (int i = 0; i < JOBS / BATCH; i++) {
        if (call(fd, "POST", "/v1/jobs", &bodies[i], &answer) != 201) {
            fprintf(stderr, "refused: %.300s\n", answer.bytes);
            exit(EXIT_FAILURE);
        }
    }
    spent = seconds_now() - begun;
    atomic_store(&singles.stop, true);
    pthread_join(thread, NULL);
    printf("batch_submit %.0f jobs/s\n", JOBS / spent);
    printf("single_submits_meanwhile %zu\n", singles.count);
    print_times("single_submit_meanwhile", singles.times, singles.count);
    for (int i = 0; i < JOBS / BATCH; i++)
        text_release(&bodies[i]);
    text_release(&answer);
    free(singles.times);
    close(fd);
}

static void bench_list(const char *socket)
{
    struct text answer = TEXT_EMPTY;
    double times[PAGES];
    char target[64] = "/v1/jobs?limit=100";
    int fd = connect_to(socket);

    for (int i = 0; i < PAGES; i++) {
        double begun = seconds_now();
        const char *next;

        if (call(fd, "GET", target, NULL, &answer) != 200) {
            fprintf(stderr, "refused: %.300s\n", answer.bytes);
            exit(EXIT_FAILURE);
        }
        times[i] = seconds_now() - begun;
        next = strstr(answer.bytes, "\"next\":");
        snprintf(target, sizeof(target), "/v1/jobs?limit=100&after=%lld",
                 next ? strtoll(next + 7, NULL, 10) : 0);
    }
    print_times("list_page", times, PAGES);
    text_release(&answer);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[2], "submit") == 0)
        bench_submit(argv[1]);
    else if (argc == 3 && strcmp(argv[2], "list") == 0)
        bench_list(argv[1]);
    else
        return 2;
    return 0;
}

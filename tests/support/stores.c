/* SPDX-License-Identifier: MIT */
#include "tests/support/stores.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/cmocka.h"

void stores_make_directory(char directory[200])
{
    const char *parent = getenv("TMPDIR");

    snprintf(directory, 200, "%s/penstock-test.XXXXXX",
             parent && parent[0] ? parent : "/tmp");
    if (!mkdtemp(directory))
        fail_msg("cannot make %s", directory);
}

void stores_remove_directory(const char *directory)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries)
        closedir(entries);
    rmdir(directory);
}

const char *stores_path(const struct stores *stores, const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s", stores->directory, name);
    return path;
}

void stores_open(struct stores *stores)
{
    struct store_identity identity = {.clock_rate = 1};
    struct error err = {0};

    stores->store = store_open(stores->directory, &identity, &err);
    if (!stores->store)
        fail_msg("%s", err.text);
    stores->reader = store_reader_open(stores->directory, &err);
    if (!stores->reader)
        fail_msg("%s", err.text);
}

void stores_close(struct stores *stores)
{
    store_reader_close(stores->reader);
    store_close(stores->store);
    stores->reader = NULL;
    stores->store = NULL;
}

int stores_setup(void **state)
{
    struct stores *stores = xcalloc(1, sizeof(*stores));

    stores_make_directory(stores->directory);
    stores_open(stores);
    *state = stores;
    return 0;
}

int stores_teardown(void **state)
{
    struct stores *stores = *state;

    stores_close(stores);
    stores_remove_directory(stores->directory);
    free(stores);
    return 0;
}

struct job stores_job(int64_t id, uint32_t uid, instant submitted)
{
    return (struct job){
        .id = id,
        .uid = uid,
        .gpus = 1,
        .gpus_min = 1,
        .gpus_max = 1,
        .cpus = 2,
        .memory = 1024,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = DAY,
        .submitted = submitted,
        .grace = 30,
        .signal = 15,
    };
}

struct job_spec stores_spec(const char *user, const char *name)
{
    return (struct job_spec){
        .name = xstrdup(name),
        .user = xstrdup(user),
        .queue = xstrdup("training"),
        .arguments = xmemdup("python3\0train.py", 17),
        .arguments_size = 17,
        .environment = xmemdup("PATH=/usr/bin:/bin\0LANG=C", 26),
        .environment_size = 26,
        .directory = xstrdup("/home/ada"),
        .output = xstrdup("penstock-%j.out"),
    };
}

void stores_write(struct stores *stores, struct store_batch *batch)
{
    struct error err = {0};

    if (store_write(stores->store, batch, &err) < 0)
        fail_msg("%s", err.text);
    store_batch_destroy(batch);
}

void stores_apply(struct stores *stores, struct job *job, const struct job_event *event)
{
    struct store_batch *batch = store_batch_create();
    struct error err = {0};

    if (store_batch_add_event(batch, job, event, &err) < 0)
        fail_msg("%s", err.text);
    stores_write(stores, batch);
    assert_int_equal(job_apply(job, event, NULL), 0);
}

struct job stores_add(struct stores *stores, int64_t id, uint32_t uid, const char *user,
                      instant submitted)
{
    struct store_batch *batch = store_batch_create();
    struct job job = stores_job(id, uid, submitted);
    struct job_spec spec = stores_spec(user, "train");
    struct job_event event = {
        .job_id = id, .kind = JOB_EVENT_SUBMITTED, .at = submitted};

    assert_int_equal(job_apply(&job, &event, NULL), 0);
    store_batch_add_job(batch, &job, &spec);
    stores_write(stores, batch);
    return job;
}

void stores_finish(struct stores *stores, struct job *job, enum job_state end,
                   instant started, instant ended)
{
    struct job_event event = {.job_id = job->id,
                              .kind = JOB_EVENT_STARTING,
                              .at = started,
                              .attempt = job->attempt + 1,
                              .pool = "lab"};

    stores_apply(stores, job, &event);
    event.kind = JOB_EVENT_STARTED;
    stores_apply(stores, job, &event);
    event.kind = end == JOB_DONE     ? JOB_EVENT_FINISHED
                 : end == JOB_FAILED ? JOB_EVENT_BROKE
                                     : JOB_EVENT_CANCELLED;
    event.at = ended;
    event.cause = JOB_CAUSE_EXIT;
    stores_apply(stores, job, &event);
}

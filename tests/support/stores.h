/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_STORES_H
#define TESTS_SUPPORT_STORES_H

#include "queue/store.h"

/* A store in a directory of its own below TMPDIR, and jobs to put into it. */
struct stores {
    char directory[200];
    struct store *store;
    struct store_reader *reader;
};

/* Setup and teardown of cmocka: `*state` is a struct stores. */
int stores_setup(void **state);
int stores_teardown(void **state);

/* Make an empty directory below TMPDIR; remove one with all that is in it. */
void stores_make_directory(char directory[200]);
void stores_remove_directory(const char *directory);

/* "DIRECTORY/NAME", valid until the next call with the same buffer. */
const char *stores_path(const struct stores *stores, const char *name, char path[300]);

/* Open what a teardown closes; fails the test if that fails. */
void stores_open(struct stores *stores);
void stores_close(struct stores *stores);

/* A job of a user as it is submitted at a moment, with words that do not say much. */
struct job stores_job(int64_t id, uint32_t uid, instant submitted);
struct job_spec stores_spec(const char *user, const char *name);

/* Write and destroy a batch; fails the test if that fails. */
void stores_write(struct stores *stores, struct store_batch *batch);

/* Let an event happen to a job, in the store and to `job`. */
void stores_apply(struct stores *stores, struct job *job,
                  const struct job_event *event);

/* Add one waiting job. */
struct job stores_add(struct stores *stores, int64_t id, uint32_t uid, const char *user,
                      instant submitted);

/* Bring a waiting job to its end at a moment. */
void stores_finish(struct stores *stores, struct job *job, enum job_state end,
                   instant started, instant ended);

#endif

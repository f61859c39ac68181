/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUN_DIRECTORY_H
#define NODES_LOCAL_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "nodes/local/run_files.h"

/*
 * Reading and writing the files of a run, in an open directory. Links are not followed,
 * and what is not a plain file is refused: the job, which runs as the directory's
 * owner, may have put anything there.
 */

/* Of the files that a runner writes. The daemon reads them by the directory's group. */
#define RUN_FILE_MODE 0640

/*
 * Add a file's bytes. ERROR_MISSING if there is none, ERROR_TOO_LARGE over `most`,
 * ERROR_FORBIDDEN if its owner does not let us, ERROR_INVALID if it is no plain file,
 * or its owner holds a lease on it or has mounted something there.
 */
int run_directory_load(int directory, const char *name, size_t most, struct text *bytes,
                       struct error *err);

/*
 * Write a new file, without waiting for the disk. ERROR_CONFLICT if there is one
 * already.
 */
int run_directory_store(int directory, const char *name, unsigned int mode,
                        const struct text *bytes, struct error *err);

/*
 * Take the lock: the file appears at once with its content and is on the disk before
 * this returns. ERROR_CONFLICT if it was taken before, by whomever.
 */
int run_directory_lock(int directory, const struct run_lock *lock, struct error *err);

/*
 * Whether the open directory is the one that the path leads to. A runner asks once it
 * has the lock: the lock of a run that was removed means nothing.
 */
bool run_directory_is_at(int directory, const char *path);

/* What a directory's name ends with while it is being removed. */
#define RUN_DIRECTORY_GONE ".gone"

/*
 * Remove the directory `name` in `parent` with the plain files in it. It is renamed
 * first: whoever still holds it open, and finds its lock free, can tell by its path
 * that it is no more. Directories in it are left, as is all in one that is another
 * user's, and then it is too, under its other name.
 */
void run_directory_remove(int parent, const char *name);

/*
 * Make and open the directory of all runs; if it `is_shared`, others may pass through
 * it to runs of theirs. -1 with ERROR_IO.
 */
int run_directory_open_root(const char *path, bool is_shared, struct error *err);

/* The same path, from the root on. The caller frees. */
char *run_directory_absolute(const char *path);

/* Remove what is left of removals that were cut short. */
void run_directory_sweep(int parent);

#endif

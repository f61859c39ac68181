/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_RECORD_H
#define NODES_LOCAL_RUNNER_RECORD_H

#include "base/error.h"
#include "base/text.h"

/*
 * A file of RUN_RECORD_SIZE bytes whose room on the disk is had before it is needed: it
 * can be written when the disk is full. It bears its name only once it is complete.
 */
struct runner_record {
    int directory;
    const char *name;
    char temporary[64];
    int file;
};

/* ERROR_IO, and nothing left behind, if there is no room. */
int runner_record_open(struct runner_record *record, int directory, const char *name,
                       struct error *err);

/* Write the content, see that it is on the disk, and give it its name. */
int runner_record_store(struct runner_record *record, const struct text *bytes,
                        struct error *err);

/* Remove what was never stored. */
void runner_record_close(struct runner_record *record);

#endif

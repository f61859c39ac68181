/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_METER_FILES_H
#define NODES_LOCAL_METER_FILES_H

#include "base/error.h"
#include "nodes/meter_record.h"

/* The records of meters as files ID.ATTEMPT in a directory. Only the daemon writes it;
 * nothing of a job's fate hangs on them. */

/* Make and open STATE/meters, and remove what is left of runs that are no more. */
int meter_files_open(const char *state_dir, int runs, struct error *err);

/* The new one replaces the old one at once; it need not outlive a crash of the machine.
 */
int meter_files_store(int directory, const struct meter_record *record,
                      struct error *err);

/* ERROR_MISSING if there is none, ERROR_INVALID if it is damaged or of another. */
int meter_files_load(int directory, int64_t job_id, int32_t attempt,
                     struct meter_record *record, struct error *err);

void meter_files_remove(int directory, int64_t job_id, int32_t attempt);

#endif

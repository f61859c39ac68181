/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_JOB_JSON_FIELDS_H
#define QUEUE_JOB_JSON_FIELDS_H

#include <jansson.h>

#include "queue/job_json.h"

/*
 * The members that a submission may have, and how their values are read. Private to
 * queue/job_json.
 */

/* Read one object into an empty submission; on failure it still wants its release. */
int submission_read(json_t *object, struct submission *submission, struct error *err);

/* Single values. `field` names the member in errors. */
int json_fail_type(const char *field, const char *wanted, struct error *err);
int json_read_integer(const json_t *value, const char *field, int64_t least,
                      int64_t most, int64_t *number, struct error *err);
/* 90 or "90%": whole per cents from 1 to 100. */
int json_read_percent(const json_t *value, const char *field, int32_t *percent,
                      struct error *err);
int json_read_instant(const json_t *value, const char *field, instant *when,
                      struct error *err);
int json_read_bool(const json_t *value, const char *field, bool *truth,
                   struct error *err);
int json_read_string(const json_t *value, const char *field, char **string,
                     struct error *err);

/* An array of names as "a,b"; NULL if it is empty. */
int json_read_names(const json_t *value, const char *field, char **names,
                    struct error *err);

/* An array of strings, each with its NUL, one after the other. */
int json_read_strings(const json_t *value, const char *field, size_t size_max,
                      char **strings, size_t *size, struct error *err);

#endif

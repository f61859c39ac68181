/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_BODY_H
#define GRID_PROVIDERS_BODY_H

#include <jansson.h>

#include "grid/provider.h"

/* What the parsers of JSON services have in common. */

/*
 * The document in a body: the caller's, to be released by json_decref(). NULL with
 * ERROR_INVALID for a body that is too long, of another content type, not JSON, or that
 * names a member twice.
 */
json_t *body_load_json(const struct provider_body *body, struct error *err);

/*
 * A number that may be null or left out, which leaves `value` as it is and `is_known`
 * false. `what` and `i` say in errors where it stands.
 */
int body_number(const json_t *json, const char *what, size_t i, double *value,
                bool *is_known, struct error *err);

/* A time written as text. */
int body_instant(const json_t *json, const char *what, size_t i, instant *when,
                 struct error *err);

/*
 * Put the address of a request together: the base URL of the settings, or else
 * `standard`, without a slash at its end, and the formatted rest. ERROR_INVALID names
 * the setting if the base is not an http or https URL, or all of it is too long.
 */
int body_format_target(struct provider_request *request,
                       const struct provider_settings *settings, const char *standard,
                       struct error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif

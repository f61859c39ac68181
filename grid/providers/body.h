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

/* A text that may be null or left out: then NULL. Borrowed from the document. */
const char *body_text(const json_t *object, const char *name);

/*
 * When the provider says it made a document, in a member of that name: an hour may pass
 * before we see it. `now` if it does not say, or what it says is not from the last
 * three days.
 */
instant body_issued(const json_t *object, const char *name, instant now);

/*
 * The length of each step by its name ("hourly", "15_minutes", "5_minutes"), or 0 if
 * there is none, or another.
 */
duration body_granularity(const json_t *object, const char *name);

/*
 * What the service calls the zone: the region of the settings, or else the zone's name,
 * borrowed. NULL with ERROR_INVALID naming `region` if that cannot stand in a URL.
 */
const char *body_zone(const struct provider_settings *settings, const char *zone,
                      struct error *err);

/* ERROR_INVALID naming `signal` unless the provider has the signal of the settings. */
int body_check_signal(const struct provider *provider,
                      const struct provider_settings *settings, struct error *err);

/* "Name: prefix secret" as the secret header; "" if there is no secret. */
void body_add_secret(struct provider_request *request, const char *name,
                     const char *prefix, const char *secret);

/*
 * What the body of a failure says, of the members named (ends with NULL), the first
 * that is a short, printable text and holds neither the secret nor an address; "" if
 * there is none.
 */
void body_find_message(const struct provider_body *body,
                       const struct provider_settings *settings,
                       const char *const *members, char *text, size_t size);

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

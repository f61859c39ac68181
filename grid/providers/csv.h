/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_CSV_H
#define GRID_PROVIDERS_CSV_H

#include "grid/providers/points.h"

/*
 * Tables of carbon intensity as they are published: a header that names the columns,
 * fields between commas, maybe in double quotes, without line breaks in them.
 *
 * Times stand in the first column whose name begins with "datetime" or "utc time",
 * figures in the first that begins with "carbon_intensity" (or, by what is wanted, with
 * "forecasted_carbon_intensity" or "actual_carbon_intensity"), and renewable per cent
 * in one that begins with "renewable", if there is one. Capitals make no difference. An
 * empty figure is a gap.
 *
 * "Carbon intensity gCO2eq/kWh (direct)" and "(Life cycle)", as Electricity Maps' data
 * portal has them, are figures too, by the signal.
 *
 * Where there is no such column, columns that are called like a fuel of grid/mix.h,
 * with what it generates, stand in: for the renewable share, and for the intensity too,
 * by the factors of the signal. Other columns are not looked at.
 */

#define CSV_FIELDS_MAX 64
#define CSV_FIELD_SIZE 64 /* bytes of a field that we read, with a NUL */

/* A run of rows, closed; released after it. -1 with an error ends the parsing. */
typedef int csv_on_run(const struct points *points, void *context, struct error *err);

/*
 * Hand on a table in runs of rows that ascend: one forecast after the other, each from
 * its time of issue on, say. A run ends where the time goes back. ERROR_INVALID names
 * the line.
 */
int csv_parse_runs(const struct provider_body *body, enum reading_kind wanted,
                   enum signal signal, csv_on_run *on_run, void *context,
                   struct error *err);

/* Add the rows to `points`, closed. ERROR_INVALID names the line. */
int csv_parse(const struct provider_body *body, enum reading_kind wanted,
              enum signal signal, struct points *points, struct error *err);

#endif

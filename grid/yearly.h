/* SPDX-License-Identifier: MIT */
#ifndef GRID_YEARLY_H
#define GRID_YEARLY_H

#include <stdbool.h>

#include "grid/series.h"

/*
 * The mean carbon intensity of electricity by country over a year: what can be said of
 * a zone when nothing else is known. It says nothing of any hour, so nobody waits for
 * it.
 *
 * Average, lifecycle, by production. Source: Ember, Yearly Electricity Data (CC
 * BY 4.0), emissions intensity of 2021.
 */

#define YEARLY_SOURCE "Ember"
#define YEARLY_YEAR   2021

/*
 * Find the country that the name of a zone begins with, by its code of ISO 3166-1 of
 * two or three capitals, alone or before a '-' or '_': "GB", "DE-LU", "US-CAL-CISO",
 * "FRA". False if there is no figure: no country's is put in the place of another's.
 */
bool yearly_find(const char *zone, intensity *level);

#endif

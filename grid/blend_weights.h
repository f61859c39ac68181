/* SPDX-License-Identifier: MIT */
#ifndef GRID_BLEND_WEIGHTS_H
#define GRID_BLEND_WEIGHTS_H

#include <stdbool.h>

/* How forecasts are weighed: for grid/blend.c. */

#define WEIGHTS_MAX 5

/*
 * The weights, none below 0 and 1 in sum, that make w' M w least, for the matrix of the
 * mean products of the errors of WEIGHTS_MAX forecasts; `usable` tells which may have
 * any. M must be positive definite. All 31 sets of forecasts are tried. False, with
 * all weights 0, if none is usable.
 */
bool weights_find(double moments[WEIGHTS_MAX][WEIGHTS_MAX],
                  const bool usable[WEIGHTS_MAX], double weights[WEIGHTS_MAX]);

#endif

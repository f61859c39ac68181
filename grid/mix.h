/* SPDX-License-Identifier: MIT */
#ifndef GRID_MIX_H
#define GRID_MIX_H

#include <stdbool.h>

#include "grid/forecast.h"

/*
 * What a generation mix emits, and how much of it is renewable.
 *
 * Lifecycle factors are the medians of IPCC AR5 WGIII, Annex III, table A.III.2
 * (Schlömer et al., 2014): coal 820, gas 490, biomass 230 (dedicated), geothermal 38,
 * hydropower 24, nuclear 12, solar 48 (utility scale), wind 11 (onshore) g/kWh; oil,
 * for which it has none, 650 (UK Parliamentary Office of Science and Technology, 2014).
 * Direct factors are those that Electricity Maps uses by default: coal 760, gas 370,
 * oil 406, and 0 for the others; what is unknown counts 700 and 575, as there.
 *
 * Renewable are biomass, geothermal, hydro, solar and wind, and what storage gives
 * back, which counts as hydro.
 */
enum fuel {
    FUEL_COAL,
    FUEL_GAS,
    FUEL_OIL,
    FUEL_BIOMASS,
    FUEL_GEOTHERMAL,
    FUEL_HYDRO,
    FUEL_NUCLEAR,
    FUEL_SOLAR,
    FUEL_WIND,
    FUEL_UNKNOWN,
    FUEL_IMPORTS, /* of a mix that is not told */
    FUELS
};

/* Power or energy of each fuel, in any one unit; below 0 (charging) counts as 0. */
struct mix {
    double amounts[FUELS];
};

/*
 * The fuel of that name, in the spellings of NESO, CarbonCast and Electricity Maps,
 * whatever the capitals: "gas", "nat_gas", "hydro discharge", "other". False if it is
 * none of them.
 */
bool mix_find_fuel(const char *name, enum fuel *fuel);

/*
 * The carbon intensity: sum of amount times factor over the sum of amounts. Imports,
 * which have no factor, are left out of both. False if nothing is generated, or the
 * signal is marginal, which no mix tells.
 */
bool mix_intensity(const struct mix *mix, enum signal signal, intensity *level);

/* The renewable part of all there is, imports too; per mille. False if it is nothing.
 */
bool mix_renewable(const struct mix *mix, share *renewable);

#endif

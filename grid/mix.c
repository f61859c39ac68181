/* SPDX-License-Identifier: MIT */
#include "grid/mix.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* g/kWh */
static const struct {
    double lifecycle;
    double direct;
    bool is_renewable;
} fuels[FUELS] = {
    [FUEL_COAL] = {820, 760, false},   [FUEL_GAS] = {490, 370, false},
    [FUEL_OIL] = {650, 406, false},    [FUEL_BIOMASS] = {230, 0, true},
    [FUEL_GEOTHERMAL] = {38, 0, true}, [FUEL_HYDRO] = {24, 0, true},
    [FUEL_NUCLEAR] = {12, 0, false},   [FUEL_SOLAR] = {48, 0, true},
    [FUEL_WIND] = {11, 0, true},       [FUEL_UNKNOWN] = {700, 575, false},
    [FUEL_IMPORTS] = {0, 0, false},
};

static const struct {
    const char *name;
    enum fuel fuel;
} names[] = {
    {"coal", FUEL_COAL},
    {"gas", FUEL_GAS},
    {"nat_gas", FUEL_GAS},
    {"natural gas", FUEL_GAS},
    {"oil", FUEL_OIL},
    {"biomass", FUEL_BIOMASS},
    {"geothermal", FUEL_GEOTHERMAL},
    {"hydro", FUEL_HYDRO},
    {"hydro discharge", FUEL_HYDRO},
    {"battery discharge", FUEL_HYDRO},
    {"nuclear", FUEL_NUCLEAR},
    {"solar", FUEL_SOLAR},
    {"wind", FUEL_WIND},
    {"unknown", FUEL_UNKNOWN},
    {"other", FUEL_UNKNOWN},
    {"imports", FUEL_IMPORTS},
};

bool mix_find_fuel(const char *name, enum fuel *fuel)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i].name, name) == 0) {
            *fuel = names[i].fuel;
            return true;
        }
    }
    return false;
}

/* What is generated: no less than nothing. */
static double amount_of(const struct mix *mix, int fuel)
{
    return mix->amounts[fuel] > 0 ? mix->amounts[fuel] : 0;
}

bool mix_intensity(const struct mix *mix, enum signal signal, intensity *level)
{
    bool is_direct = signal == SIGNAL_AVERAGE_DIRECT;
    double grams = 0;
    double sum = 0;

    if (!is_direct && signal != SIGNAL_AVERAGE_LIFECYCLE)
        return false;
    for (int i = 0; i < FUELS; i++) {
        if (i == FUEL_IMPORTS)
            continue;
        sum += amount_of(mix, i);
        grams += amount_of(mix, i) * (is_direct ? fuels[i].direct : fuels[i].lifecycle);
    }
    if (!(sum > 0) || !isfinite(grams / sum))
        return false;
    *level = llround(1000 * grams / sum);
    return true;
}

bool mix_renewable(const struct mix *mix, share *renewable)
{
    double green = 0;
    double sum = 0;

    for (int i = 0; i < FUELS; i++) {
        sum += amount_of(mix, i);
        green += fuels[i].is_renewable ? amount_of(mix, i) : 0;
    }
    if (!(sum > 0) || !isfinite(green / sum))
        return false;
    *renewable = llround(1000 * green / sum);
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/ascent.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Steps without a better bound before they are made half as long. */
#define PATIENCE 20
/* What the last direction counts in the next. */
#define MEMORY 0.7

struct climb {
    double *prices;
    double *best_prices;
    double *excess;
    double *direction; /* in which prices move */
};

/* Where prices should go; returns its length, squared. */
static double find_direction(struct climb *climb, size_t count)
{
    double square = 0;

    for (size_t i = 0; i < count; i++) {
        double excess = climb->excess[i];

        /* A price of 0 cannot fall. */
        if (climb->prices[i] <= 0 && excess < 0)
            climb->direction[i] = 0;
        else
            climb->direction[i] = excess + MEMORY * climb->direction[i];
        square += climb->direction[i] * climb->direction[i];
    }
    return square;
}

static void move_prices(struct climb *climb, size_t count, double step)
{
    for (size_t i = 0; i < count; i++) {
        climb->prices[i] += step * climb->direction[i];
        if (climb->prices[i] < 0)
            climb->prices[i] = 0;
    }
}

static double evaluate(const struct ascent *ascent, struct climb *climb)
{
    return ascent->evaluate(climb->prices, climb->excess, ascent->context);
}

static double find_best(const struct ascent *ascent, struct climb *climb)
{
    size_t size = ascent->count * sizeof(climb->prices[0]);
    double best = evaluate(ascent, climb);
    double scale = ascent->first_step;
    int waited = 0;

    for (int step = 0; step < ascent->steps; step++) {
        double square = find_direction(climb, ascent->count);
        double found;

        if (square <= 0 || best >= ascent->enough)
            break;
        move_prices(climb, ascent->count, scale * (ascent->upper - best) / square);
        found = evaluate(ascent, climb);
        waited = found > best ? 0 : waited + 1;
        if (found > best) {
            best = found;
            memcpy(climb->best_prices, climb->prices, size);
        } else if (waited == PATIENCE) {
            waited = 0;
            scale /= 2;
            memcpy(climb->prices, climb->best_prices, size);
            memset(climb->direction, 0, size);
            evaluate(ascent, climb);
        }
    }
    return best;
}

double ascent_find(const struct ascent *ascent)
{
    struct climb climb = {
        .prices = xcalloc(ascent->count, sizeof(double)),
        .best_prices = xcalloc(ascent->count, sizeof(double)),
        .excess = xcalloc(ascent->count, sizeof(double)),
        .direction = xcalloc(ascent->count, sizeof(double)),
    };
    size_t size = ascent->count * sizeof(double);
    double best;

    if (ascent->prices) {
        memcpy(climb.prices, ascent->prices, size);
        memcpy(climb.best_prices, ascent->prices, size);
    }
    best = find_best(ascent, &climb);
    if (ascent->prices)
        memcpy(ascent->prices, climb.best_prices, size);
    free(climb.prices);
    free(climb.best_prices);
    free(climb.excess);
    free(climb.direction);
    return best;
}

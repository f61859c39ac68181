/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ASCENT_H
#define SCHEDULER_ASCENT_H

#include <stddef.h>

/*
 * The climb to the best lower bound that prices of capacity give.
 *
 * The capacity is priced: each piece of it, a slot of a pool, has a price, at least 0,
 * and jobs choose what is cheapest with it, heeding nobody. Whatever the prices, the
 * sum of that less the price of all capacity is a lower bound (Lagrangian duality;
 * Fisher, "The Lagrangian relaxation method for solving integer programming problems",
 * Management Science 27, 1981). Prices follow the subgradient, what is wanted too much,
 * by Polyak's step, averaged over steps (Camerini, Fratta and Maffioli, "On improving
 * relaxation methods by modified gradient techniques", 1975). A fixed number of steps,
 * so that the bound is the same wherever it is computed.
 */
struct ascent {
    size_t count;  /* of prices */
    double upper;  /* the cost of a plan: no bound is above it */
    double enough; /* a bound to stop at */
    int steps;
    /* The bound by these prices; writes how much more is wanted of each piece than
     * there is of it. */
    double (*evaluate)(const double *prices, double *excess, void *context);
    void *context;
    double *prices; /* to begin with, and on return the best; NULL: they begin at 0 */
    double first_step; /* as a part of Polyak's: 1, or less where prices are good */
};

/* The best bound found. */
double ascent_find(const struct ascent *ascent);

#endif

/* SPDX-License-Identifier: MIT */
#include "grid/blend_weights.h"

#include <math.h>
#include <string.h>

#define N WEIGHTS_MAX

/* Some of the forecasts, in order. */
struct subset {
    int members[N];
    int count;
};

/*
 * Solve M x = 1 for a subset by Gauss's elimination; M is positive definite, so that no
 * pivoting is needed. False where rounding has left nothing to divide by.
 */
static bool solve(double moments[N][N], const struct subset *subset, double x[N])
{
    double rows[N][N + 1] = {{0}};
    int count = subset->count;

    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++)
            rows[i][j] = moments[subset->members[i]][subset->members[j]];
        rows[i][count] = 1;
    }
    for (int i = 0; i < count; i++) {
        if (!(rows[i][i] > 0))
            return false;
        for (int j = i + 1; j < count; j++) {
            double part = rows[j][i] / rows[i][i];

            for (int k = i; k <= count; k++)
                rows[j][k] -= part * rows[i][k];
        }
    }
    for (int i = count - 1; i >= 0; i--) {
        double rest = rows[i][count];

        for (int j = i + 1; j < count; j++)
            rest -= rows[i][j] * x[j];
        x[i] = rest / rows[i][i];
    }
    return true;
}

/*
 * The least over weights that sum to 1 is 1 / (1' inverse(M) 1), at the weights
 * inverse(M) 1 times that: what solve() gives, scaled. No good if one is below 0: then
 * a smaller set is at least as good.
 */
static bool weigh(double moments[N][N], const struct subset *subset, double x[N],
                  double *least)
{
    double sum = 0;

    if (!solve(moments, subset, x))
        return false;
    for (int i = 0; i < subset->count; i++) {
        if (x[i] < 0)
            return false;
        sum += x[i];
    }
    if (!(sum > 0) || !isfinite(sum))
        return false;
    for (int i = 0; i < subset->count; i++)
        x[i] /= sum;
    *least = 1 / sum;
    return true;
}

static struct subset find_subset(unsigned bits, const bool usable[N])
{
    struct subset subset = {{0}, 0};

    for (int i = 0; i < N; i++)
        if (bits & 1U << i && usable[i])
            subset.members[subset.count++] = i;
    return subset;
}

bool weights_find(double moments[N][N], const bool usable[N], double weights[N])
{
    double best = INFINITY;

    memset(weights, 0, N * sizeof(weights[0]));
    for (unsigned bits = 1; bits < 1U << N; bits++) {
        struct subset subset = find_subset(bits, usable);
        double x[N];
        double least;

        if (subset.count == 0 || !weigh(moments, &subset, x, &least) || least >= best)
            continue;
        best = least;
        memset(weights, 0, N * sizeof(weights[0]));
        for (int i = 0; i < subset.count; i++)
            weights[subset.members[i]] = x[i];
    }
    return isfinite(best);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define FORECAST_HOURS 96
#define ACTUALS_HOURS  48
#define PI             3.14159265358979323846

/* What a kilowatt-hour of each emits where it is burnt, in grams. */
#define GAS_G  400.0
#define COAL_G 900.0

/* The grid never gets cleaner or dirtier than this. */
#define G_MIN 30.0
#define G_MAX 600.0

/*
 * Some plants run whatever the weather, so that what is left to burn comes close to
 * nothing but never gets there, and no two hours are equally clean.
 */
#define MUST_RUN 0.02

/* Noises that must not follow one another. */
enum noise {
    NOISE_WIND_HOURS = 1,
    NOISE_WIND_DAYS,
    NOISE_CLOUDS,
    NOISE_WEATHER,
    NOISE_MODEL,
    NOISE_SOLAR_SIZE,
    NOISE_WIND_SIZE,
    NOISE_BASE_SIZE,
    NOISE_COAL_SIZE,
};

static uint64_t scramble(uint64_t bits)
{
    bits += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

static uint64_t seed_of(const struct provider_settings *settings, const char *zone)
{
    uint64_t seed = scramble((uint64_t)settings->seed);

    for (const char *c = zone; *c; c++)
        seed = scramble(seed ^ (unsigned char)*c);
    return seed;
}

/* From 0 to 1, the same for the same arguments. */
static double chance(uint64_t seed, enum noise noise, int64_t index)
{
    uint64_t bits = scramble(scramble(seed ^ (uint64_t)noise) ^ (uint64_t)index);

    return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

/* A smooth curve from 0 to 1 that changes its mind every `period` hours. */
static double smooth(uint64_t seed, enum noise noise, int64_t hour, int64_t period)
{
    int64_t index = hour / period;
    double along = (double)(hour % period) / (double)period;
    double weight = (1 - cos(PI * along)) / 2;

    return chance(seed, noise, index) * (1 - weight)
           + chance(seed, noise, index + 1) * weight;
}

/* A hill of height 1 around `top`, `width` hours to either side of it. */
static double hill(double hour, double top, double width)
{
    double away = fabs(hour - top) / width;

    return away < 1 ? (1 + cos(PI * away)) / 2 : 0;
}

/* Around 1, with a peak in the morning and a higher one in the evening. */
static double demand_at(int64_t hour)
{
    double of_day = (double)(hour % 24);
    int64_t weekday = (hour / 24 + 4) % 7; /* the epoch began on a Thursday */
    bool is_weekend = weekday == 0 || weekday == 6;
    double demand = 0.8 + 0.12 * hill(of_day, 13, 9);

    demand += (is_weekend ? 0.05 : 0.15) * hill(of_day, 8, 4);
    demand += (is_weekend ? 0.15 : 0.25) * hill(of_day, 19, 4);
    return is_weekend ? demand - 0.08 : demand;
}

/* From 0 to 1: days are long and the sun is high in June. */
static double sun_at(uint64_t seed, int64_t hour)
{
    double day_of_year = fmod((double)hour / 24, 365.25);
    double season = cos(2 * PI * (day_of_year - 171) / 365.25);
    double half_day = 6 + 2 * season;
    double away = fabs((double)(hour % 24) - 12) / half_day;
    double clouds = 0.45 * smooth(seed, NOISE_CLOUDS, hour, 18);

    return away < 1 ? cos(PI / 2 * away) * (0.65 + 0.35 * season) * (1 - clouds) : 0;
}

/* From 0 to 1: hours of gusts on days of calm or storm. */
static double wind_at(uint64_t seed, int64_t hour)
{
    double speed = 0.65 * smooth(seed, NOISE_WIND_DAYS, hour, 30)
                   + 0.35 * smooth(seed, NOISE_WIND_HOURS, hour, 7);

    return speed * speed * (3 - 2 * speed);
}

struct state {
    double g_per_kwh;
    double renewable; /* of demand */
};

/* How it truly was, or will have been. */
static struct state state_at(uint64_t seed, int64_t hour)
{
    double demand = demand_at(hour);
    double sun = (0.3 + 0.3 * chance(seed, NOISE_SOLAR_SIZE, 0)) * sun_at(seed, hour);
    double wind = (0.3 + 0.4 * chance(seed, NOISE_WIND_SIZE, 0)) * wind_at(seed, hour);
    double base = 0.1 + 0.1 * chance(seed, NOISE_BASE_SIZE, 0);
    double coal = 0.1 + 0.3 * chance(seed, NOISE_COAL_SIZE, 0);
    double left = demand - base - sun - wind;
    double residual = (left + sqrt(left * left + MUST_RUN)) / 2;
    double burnt_g = residual * (GAS_G + coal * residual * (COAL_G - GAS_G));
    double supply = fmax(demand, base + sun + wind);

    return (struct state){
        .g_per_kwh = fmin(G_MIN + burnt_g / supply, G_MAX),
        .renewable = (sun + wind) / demand,
    };
}

/*
 * By how much a forecast errs, as a share of the truth. One part is weather that nobody
 * sees coming: the same in every forecast, and the smaller the nearer it is; so that
 * one forecast is much like the next. The other comes with each forecast anew.
 */
static double error_at(uint64_t seed, int64_t issued, int64_t hour)
{
    double spread = 0.4 * (1 - exp(-(double)(hour - issued) / 36));
    uint64_t issue_seed = scramble(seed ^ (uint64_t)issued);

    return spread
           * (0.8 * (smooth(seed, NOISE_WEATHER, hour, 9) - 0.5)
              + 0.6 * (smooth(issue_seed, NOISE_MODEL, hour, 6) - 0.5));
}

static int add_hour(struct points *points, uint64_t seed, int64_t issued, int64_t hour,
                    struct error *err)
{
    struct state state = state_at(seed, hour);
    double wrong = hour > issued ? error_at(seed, issued, hour) : 0;
    struct point point = {hour * HOUR, (hour + 1) * HOUR, 0, 0};

    state.g_per_kwh = fmin(fmax(state.g_per_kwh * (1 + wrong), G_MIN), G_MAX);
    state.renewable *= 1 - wrong / 2;
    if (points_level(points, state.g_per_kwh, &point.level, err) < 0
        || points_renewable(points, 100 * state.renewable, &point.renewable, err) < 0)
        return -1;
    return points_add(points, point, err);
}

static int request_nothing(const struct provider_settings *settings, const char *zone,
                           enum reading_kind wanted, instant now,
                           struct provider_request *request, struct error *err)
{
    (void)settings;
    (void)zone;
    (void)wanted;
    (void)now;
    (void)err;
    *request = (struct provider_request){.fetch = FETCH_NONE};
    return 0;
}

static int parse_nothing(const struct provider_settings *settings, const char *zone,
                         enum reading_kind wanted, const struct provider_body *body,
                         instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, SIGNAL_AVERAGE_DIRECT,
                                         true};
    uint64_t seed = seed_of(settings, zone);
    int64_t issued = now / HOUR;
    int64_t begins = issued;
    int64_t ends = issued + FORECAST_HOURS;
    struct points points = POINTS_EMPTY;
    int status = 0;

    (void)body;
    if (wanted == READING_ACTUALS) {
        begins = issued > ACTUALS_HOURS ? issued - ACTUALS_HOURS : 0;
        ends = issued;
    }
    for (int64_t hour = begins; hour < ends && status == 0; hour++)
        status = add_hour(&points, seed, issued, hour, err);
    if (status == 0)
        status = points_make_reading(&points, &origin, wanted, now, reading, err);
    points_release(&points);
    return status;
}

const struct provider synthetic_provider = {
    .kind = "synthetic",
    .signal = SIGNAL_AVERAGE_DIRECT,
    .signals = SIGNAL_BIT(SIGNAL_AVERAGE_DIRECT),
    .has_forecast = true,
    .has_actuals = true,
    .cadence = HOUR,
    .request = request_nothing,
    .parse = parse_nothing,
};

/* SPDX-License-Identifier: MIT */
#include "cli/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"

#define GRAM_SHOWN_KG 0.0005 /* what is less would be shown as 0 g */

char *figure_format_mass(double kg, char text[FIGURE_TEXT_SIZE])
{
    double size = fabs(kg);

    if (!isfinite(kg))
        snprintf(text, FIGURE_TEXT_SIZE, "?");
    else if (size < GRAM_SHOWN_KG)
        snprintf(text, FIGURE_TEXT_SIZE, "0 g");
    else if (size < 0.9995)
        snprintf(text, FIGURE_TEXT_SIZE, "%.0f g", kg * 1000);
    else if (size < 9.95)
        snprintf(text, FIGURE_TEXT_SIZE, "%.1f kg", kg);
    else if (size < 9999.5)
        snprintf(text, FIGURE_TEXT_SIZE, "%.0f kg", kg);
    else
        snprintf(text, FIGURE_TEXT_SIZE, "%.3g t", kg / 1000);
    return text;
}

char *figure_format_energy(double kwh, char text[FIGURE_TEXT_SIZE])
{
    double wh = kwh * 1000;

    if (!isfinite(kwh))
        snprintf(text, FIGURE_TEXT_SIZE, "?");
    else if (wh < 0.001)
        snprintf(text, FIGURE_TEXT_SIZE, "0 Wh");
    else if (wh < 999.5)
        snprintf(text, FIGURE_TEXT_SIZE, "%.3g Wh", wh);
    else
        snprintf(text, FIGURE_TEXT_SIZE, kwh < 999.5 ? "%.3g kWh" : "%.0f kWh", kwh);
    return text;
}

char *figure_format_memory(int64_t bytes, char text[FIGURE_TEXT_SIZE])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;

    text[0] = '\0';
    if (bytes <= 0)
        return text;
    while (size >= 1024 && unit < 3) {
        size /= 1024;
        unit++;
    }
    snprintf(text, FIGURE_TEXT_SIZE,
             size < 10 && size != floor(size) ? "%.1f %s" : "%.0f %s", size,
             units[unit]);
    return text;
}

char *figure_format_saving(double kg, double percent, char text[FIGURE_TEXT_SIZE * 2])
{
    char mass[FIGURE_TEXT_SIZE];
    size_t size = (size_t)FIGURE_TEXT_SIZE * 2;

    /* A few milligrams of many are what rounding makes of the same run. */
    if (!isfinite(kg) || !isfinite(percent)
        || (fabs(kg) < GRAM_SHOWN_KG && fabs(percent) < 0.05))
        snprintf(text, size, "saves nothing");
    else if (fabs(kg) < GRAM_SHOWN_KG)
        snprintf(text, size, "%s less than 1 g%s (%.0f %%)", kg > 0 ? "saves" : "costs",
                 kg > 0 ? "" : " more", fabs(percent));
    else if (kg > 0)
        snprintf(text, size, "saves %s (%.0f %%)", figure_format_mass(kg, mass),
                 percent);
    else
        snprintf(text, size, "costs %s more (%.0f %%)", figure_format_mass(-kg, mass),
                 -percent);
    return text;
}

char *figure_format_age(int64_t seconds, char text[FIGURE_TEXT_SIZE])
{
    if (seconds < 2 * MINUTE)
        snprintf(text, FIGURE_TEXT_SIZE, "%" PRId64 " s", seconds < 0 ? 0 : seconds);
    else if (seconds < 2 * HOUR)
        snprintf(text, FIGURE_TEXT_SIZE, "%" PRId64 " min", seconds / MINUTE);
    else if (seconds < 2 * DAY)
        snprintf(text, FIGURE_TEXT_SIZE, "%" PRId64 " h", seconds / HOUR);
    else
        snprintf(text, FIGURE_TEXT_SIZE, "%" PRId64 " days", seconds / DAY);
    return text;
}

/* SPDX-License-Identifier: MIT */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include <stdint.h>

/* Quantities as people read them. All return `text`. */

#define FIGURE_TEXT_SIZE 48

/* "350 g", "1.2 kg", "35 kg", "1.25 t"; the sign is kept. */
char *figure_format_mass(double kg, char text[FIGURE_TEXT_SIZE]);

/* "1.2 kWh"; less than one in Wh: "8 Wh". */
char *figure_format_energy(double kwh, char text[FIGURE_TEXT_SIZE]);

/* "8.0 GiB"; "" for none. */
char *figure_format_memory(int64_t bytes, char text[FIGURE_TEXT_SIZE]);

/* "saves 1.2 kg (55 %)", "costs 0.2 kg more (8 %)", "saves nothing". */
char *figure_format_saving(double kg, double percent, char text[FIGURE_TEXT_SIZE * 2]);

/* "45 s", "4 min", "6 h", "3 days": about how long ago. */
char *figure_format_age(int64_t seconds, char text[FIGURE_TEXT_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Semantic versioning 2.0.0. */
#define PENSTOCK_VERSION "0.1.0"

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_VERSION_H
#define DAEMON_VERSION_H

#include "base/version.h"

/* How we name ourselves to forecast providers. */
#define PENSTOCK_USER_AGENT "penstock/" PENSTOCK_VERSION

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_BACKUP_H
#define DAEMON_ROUTES_BACKUP_H

#include "daemon/call.h"

/* GET /v1/backup: a copy of the database. */
void routes_backup(const struct call *call);

#endif

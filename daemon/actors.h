/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACTORS_H
#define DAEMON_ACTORS_H

#include "scheduler/engine.h"

/*
 * Who the users of this machine are: names, and who is an administrator. Answers are
 * kept for a minute, as the system may have to ask a directory over the network.
 */
struct actors;

#define ACTORS_KEPT_MS 60000

struct actors *actors_create(const char *admin_group);
void actors_destroy(struct actors *actors);

/* The group may have changed; what was known is forgotten. "": there is none. */
void actors_set_admin_group(struct actors *actors, const char *admin_group);

/*
 * The user with that id. Administrators are root, the daemon's own user and the members
 * of the group. One without a name is called by the number. `now_ms` is monotonic;
 * actor->user is borrowed until the next call, actor->is_in_group() works as long as
 * there are actors: in which groups a user is, primary or not, and which number a group
 * has, are kept for a minute too. A user without a name is in no group.
 */
void actors_find(struct actors *actors, uint32_t uid, int64_t now_ms,
                 struct engine_actor *actor);

#endif

/* SPDX-License-Identifier: MIT */
#include "daemon/actors.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

#define ACTORS_MAX     256
#define GROUPS_MAX     1024
#define ENTRY_SIZE_MAX (1 << 20)

struct entry {
    char user[64];
    uint32_t uid;
    bool admin;
    int64_t until_ms; /* 0: empty */
};

struct actors {
    struct entry entries[ACTORS_MAX]; /* at uid modulo ACTORS_MAX */
    char admin_group[64];
};

struct actors *actors_create(const char *admin_group)
{
    struct actors *actors = xcalloc(1, sizeof(*actors));

    actors_set_admin_group(actors, admin_group);
    return actors;
}

void actors_destroy(struct actors *actors)
{
    free(actors);
}

void actors_set_admin_group(struct actors *actors, const char *admin_group)
{
    memset(actors->entries, 0, sizeof(actors->entries));
    if (!text_copy(actors->admin_group, sizeof(actors->admin_group), admin_group))
        actors->admin_group[0] = '\0';
}

/* The group's number. Its list of members may be long, so the buffer grows. */
static bool find_group(const char *name, gid_t *gid)
{
    bool found = false;

    for (size_t size = 4096; size <= ENTRY_SIZE_MAX; size *= 4) {
        char *buffer = xcalloc(size, 1);
        struct group group;
        struct group *result = NULL;
        int code = getgrnam_r(name, &group, buffer, size, &result);

        if (result) {
            *gid = group.gr_gid;
            found = true;
        }
        free(buffer);
        if (code != ERANGE)
            break;
    }
    return found;
}

static bool is_member(const char *user, gid_t primary, const char *group)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    gid_t wanted;

    if (!group[0] || !find_group(group, &wanted))
        return false;
    if (getgrouplist(user, primary, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

static void fill_entry(const struct actors *actors, struct entry *entry, uint32_t uid)
{
    char buffer[16384];
    struct passwd found;
    struct passwd *result = NULL;

    entry->uid = uid;
    entry->admin = uid == 0 || uid == getuid();
    snprintf(entry->user, sizeof(entry->user), "%u", uid);
    if (getpwuid_r(uid, &found, buffer, sizeof(buffer), &result) != 0 || !result)
        return;
    if (!text_copy(entry->user, sizeof(entry->user), found.pw_name))
        return;
    entry->admin =
        entry->admin || is_member(found.pw_name, found.pw_gid, actors->admin_group);
}

void actors_find(struct actors *actors, uint32_t uid, int64_t now_ms,
                 struct engine_actor *actor)
{
    struct entry *entry = &actors->entries[uid % ACTORS_MAX];

    if (entry->until_ms <= now_ms || entry->uid != uid) {
        fill_entry(actors, entry, uid);
        entry->until_ms = now_ms + ACTORS_KEPT_MS;
    }
    actor->uid = uid;
    actor->user = entry->user;
    actor->admin = entry->admin;
}

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

#define ACTORS_MAX       256
#define GROUPS_MAX       1024
#define NAMED_GROUPS_MAX 64
#define ENTRY_SIZE_MAX   (1 << 20)

struct entry {
    char user[64];
    uint32_t uid;
    bool admin;
    int64_t until_ms; /* 0: empty */
    gid_t *groups;
    size_t group_count;
};

/* A group that somebody asked for. */
struct named_group {
    char name[64];
    bool exists;
    gid_t gid;
    int64_t until_ms; /* 0: empty */
};

struct actors {
    struct entry entries[ACTORS_MAX]; /* at uid modulo ACTORS_MAX */
    struct named_group groups[NAMED_GROUPS_MAX];
    size_t next_group; /* to be forgotten for another one */
    int64_t now_ms;    /* of the last call */
    char admin_group[64];
};

struct actors *actors_create(const char *admin_group)
{
    struct actors *actors = xcalloc(1, sizeof(*actors));

    actors_set_admin_group(actors, admin_group);
    return actors;
}

static void forget_entries(struct actors *actors)
{
    for (size_t i = 0; i < ACTORS_MAX; i++)
        free(actors->entries[i].groups);
    memset(actors->entries, 0, sizeof(actors->entries));
}

void actors_destroy(struct actors *actors)
{
    if (actors)
        forget_entries(actors);
    free(actors);
}

void actors_set_admin_group(struct actors *actors, const char *admin_group)
{
    forget_entries(actors);
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

/* A group by its name; names that are asked for once are asked for again. */
static const struct named_group *name_group(struct actors *actors, const char *name)
{
    struct named_group *group = NULL;

    for (size_t i = 0; i < NAMED_GROUPS_MAX && !group; i++)
        if (actors->groups[i].until_ms && strcmp(actors->groups[i].name, name) == 0)
            group = &actors->groups[i];
    if (group && group->until_ms > actors->now_ms)
        return group;
    if (!group)
        group = &actors->groups[actors->next_group++ % NAMED_GROUPS_MAX];
    *group = (struct named_group){.until_ms = actors->now_ms + ACTORS_KEPT_MS};
    group->exists = text_copy(group->name, sizeof(group->name), name)
                    && find_group(name, &group->gid);
    return group;
}

static bool is_member(struct actors *actors, const struct entry *entry,
                      const char *name)
{
    const struct named_group *group = name[0] ? name_group(actors, name) : NULL;

    if (!group || !group->exists)
        return false;
    for (size_t i = 0; i < entry->group_count; i++)
        if (entry->groups[i] == group->gid)
            return true;
    return false;
}

static void load_groups(struct entry *entry, const struct passwd *found)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;

    if (getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0 || count <= 0)
        return;
    entry->group_count = (size_t)count;
    entry->groups = xmemdup(groups, entry->group_count * sizeof(*groups));
}

static void fill_entry(struct actors *actors, struct entry *entry, uint32_t uid)
{
    char buffer[16384];
    struct passwd found;
    struct passwd *result = NULL;

    free(entry->groups);
    *entry = (struct entry){
        .uid = uid,
        .admin = uid == 0 || uid == getuid(),
        .until_ms = actors->now_ms + ACTORS_KEPT_MS,
    };
    snprintf(entry->user, sizeof(entry->user), "%u", uid);
    if (getpwuid_r(uid, &found, buffer, sizeof(buffer), &result) != 0 || !result)
        return;
    if (!text_copy(entry->user, sizeof(entry->user), found.pw_name))
        return;
    load_groups(entry, &found);
    entry->admin = entry->admin || is_member(actors, entry, actors->admin_group);
}

static struct entry *find_entry(struct actors *actors, uint32_t uid)
{
    struct entry *entry = &actors->entries[uid % ACTORS_MAX];

    if (entry->until_ms <= actors->now_ms || entry->uid != uid)
        fill_entry(actors, entry, uid);
    return entry;
}

static bool is_in_group(const struct engine_actor *actor, const char *group)
{
    struct actors *actors = actor->groups;

    return is_member(actors, find_entry(actors, actor->uid), group);
}

void actors_find(struct actors *actors, uint32_t uid, int64_t now_ms,
                 struct engine_actor *actor)
{
    const struct entry *entry;

    actors->now_ms = now_ms;
    entry = find_entry(actors, uid);
    *actor = (struct engine_actor){
        .uid = uid,
        .user = entry->user,
        .admin = entry->admin,
        .is_in_group = is_in_group,
        .groups = actors,
    };
}
